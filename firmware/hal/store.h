#ifndef COOEE_HAL_STORE_H
#define COOEE_HAL_STORE_H

#include "cooee/node.h"

/* Counts this start of the node in memory that outlives power, and tells who it is. A board that nobody has enrolled draws a
 * random incarnation, keeps it, and has the open key, sixteen zeroes. The core asks it before it reads the board's struct cooee_store. */
void hal_store_start(void *context, struct cooee_start *start);

#endif
