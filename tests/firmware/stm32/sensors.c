/* Sensors that QEMU has not: moist soil, warm air. */
#include "hal/sensors.h"

#include "node.h"

void hal_sensors_read(void *context, int16_t raw[COOEE_CHANNEL_COUNT])
{
    (void)context;
    for (uint8_t channel = 0; channel < COOEE_CHANNEL_COUNT; channel++) {
        raw[channel] = COOEE_MISSING;
    }
    raw[COOEE_CHANNEL_SOIL_MOISTURE_10CM] = 2500;
    raw[COOEE_CHANNEL_SOIL_MOISTURE_30CM] = 2500;
    raw[COOEE_CHANNEL_AIR_TEMPERATURE] = 2000;
    raw[COOEE_CHANNEL_HUMIDITY] = 6000;
    raw[COOEE_CHANNEL_BATTERY] = 3300;
}
