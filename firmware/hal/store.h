#ifndef COOEE_HAL_STORE_H
#define COOEE_HAL_STORE_H

#include <stdint.h>

/* Counts this start of the node in memory that outlives power, and returns the count. */
uint16_t hal_store_next_boot(void *context);

#endif
