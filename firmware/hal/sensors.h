#ifndef COOEE_HAL_SENSORS_H
#define COOEE_HAL_SENSORS_H

#include "cooee/channel.h"

/* The raw value of what a driver answered. */
static inline int16_t sensor_raw(enum cooee_fault fault, int16_t value)
{
    return fault == COOEE_FAULT_NONE ? value : fault == COOEE_FAULT_WARMING_UP ? COOEE_MISSING : (int16_t)(COOEE_FAILED + fault);
}

/* Fills every channel: its raw value, COOEE_FAILED and above, or COOEE_MISSING. */
void hal_sensors_read(void *context, int16_t raw[COOEE_CHANNEL_COUNT]);

#endif
