/* Sensors that are sound twice; then their driver never comes back. */
#include "hal/sensors.h"

#include <stdbool.h>

void hal_sensors_read(void *context, int16_t raw[COOEE_CHANNEL_COUNT])
{
    static uint8_t wakes;

    (void)context;
    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        raw[id] = COOEE_MISSING;
    }
    raw[COOEE_CHANNEL_BATTERY] = 3300;
    for (volatile bool hung = ++wakes == 3; hung;) {
    }
}
