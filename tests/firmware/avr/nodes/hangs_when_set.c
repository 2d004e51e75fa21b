/* Sensors whose driver never comes back once the board wakes every 20 minutes. */
#include "cooee/node.h"
#include "hal/sensors.h"

void hal_sensors_read(void *context, int16_t raw[COOEE_CHANNEL_COUNT])
{
    const struct cooee_node *node = context;

    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        raw[id] = COOEE_MISSING;
    }
    raw[COOEE_CHANNEL_BATTERY] = 3300;
    for (volatile bool hung = node->settings.wake_interval_s == 1200; hung;) {
    }
}
