/* BMP280 (air pressure, temperature) and BME280 (and humidity): Bosch, "BMP280 Data sheet" and "BME280 Data sheet". */
#ifndef COOEE_DRIVERS_BMP280_H
#define COOEE_DRIVERS_BMP280_H

#include "hal/i2c.h"

#define COOEE_BMP280_ADDRESS 0x76 /* 0x77 with SDO high */

struct cooee_bmp280_reading {
    int16_t temperature_e2, pressure_e1;
    int16_t humidity_e2; /* COOEE_MISSING where it is not measured */
};

/* One measurement on demand. ABSENT: nobody answers, or not one of these sensors. IMPLAUSIBLE: outside of what the sensor is
 * made for (-40..85 degC, 300..1100 hPa); it has no checksum. Both read both sensors; bme280_read takes a BME280's humidity too,
 * and more flash. */
enum cooee_fault bmp280_read(const struct cooee_i2c *i2c, uint8_t address, struct cooee_bmp280_reading *reading);
enum cooee_fault bme280_read(const struct cooee_i2c *i2c, uint8_t address, struct cooee_bmp280_reading *reading);

#endif
