/* DS18B20: temperature of soil, fruit or water (Maxim, "DS18B20" data sheet). One sensor a line, with its supply pin wired. */
#ifndef COOEE_DRIVERS_DS18B20_H
#define COOEE_DRIVERS_DS18B20_H

#include "hal/onewire.h"

/* SHORT: the line is held low. IMPLAUSIBLE: 85 degC, which is what the sensor says when it has lost power and measured nothing. */
enum cooee_fault ds18b20_read(const struct cooee_onewire *line, int16_t *temperature_e2);

#endif
