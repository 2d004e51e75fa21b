#ifndef COOEE_HAL_SENSORS_H
#define COOEE_HAL_SENSORS_H

#include "cooee/channels.h"
#include "hal/fault.h"

/* A sensor that is there and wired wrongly, silent or broken. It lies outside every channel's plausible range, so that the
 * core names the channel faulty at once, where COOEE_MISSING (no reading this time) becomes a fault only with time. */
#define COOEE_FAILED ((int16_t)(-32767))

/* The raw value of what a driver answered. */
static inline int16_t sensor_raw(enum cooee_fault fault, int16_t value)
{
    return fault == COOEE_FAULT_NONE ? value : fault == COOEE_FAULT_WARMING_UP ? COOEE_MISSING : COOEE_FAILED;
}

/* Fills every channel: its raw value, COOEE_FAILED, or COOEE_MISSING. */
void hal_sensors_read(void *context, int16_t raw[COOEE_CHANNEL_COUNT]);

#endif
