#ifndef COOEE_HAL_CLOCK_H
#define COOEE_HAL_CLOCK_H

#include <stdint.h>

/* Seconds since any fixed moment, never going back, also through sleep. */
uint32_t hal_clock_now_s(void *context);

#endif
