#ifndef COOEE_HAL_SLEEP_H
#define COOEE_HAL_SLEEP_H

#include <stdint.h>

/* Sleeps; the clock goes on. */
void hal_sleep_s(uint16_t seconds);

#endif
