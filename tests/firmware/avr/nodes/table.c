/* Sensors that give the rows of a table, one a wake; after the last the processor stops. */
#include "hal/sensors.h"

#include <avr/interrupt.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>

#include "readings.h"

void hal_sensors_read(void *context, int16_t raw[COOEE_CHANNEL_COUNT])
{
    static uint16_t row;

    (void)context;
    if (row == sizeof readings / sizeof readings[0]) {
        cli();
        sleep_enable();
        sleep_cpu();
    }
    memcpy_P(raw, readings[row++], sizeof readings[0]);
}
