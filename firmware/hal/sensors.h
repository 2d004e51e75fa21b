#ifndef COOEE_HAL_SENSORS_H
#define COOEE_HAL_SENSORS_H

#include "cooee/channels.h"

/* Fills every channel: its raw value, or COOEE_MISSING for a probe that is not there or does not answer. */
void hal_sensors_read(void *context, int16_t raw[COOEE_CHANNEL_COUNT]);

#endif
