/* SHT30, SHT31, SHT35: air temperature and humidity (Sensirion, "Datasheet SHT3x-DIS"). The sensor's heater, which dries a
 * sensor that dew has wetted, stays off: while it is on, neither value is the air's. */
#ifndef COOEE_DRIVERS_SHT3X_H
#define COOEE_DRIVERS_SHT3X_H

#include "hal/i2c.h"

#define COOEE_SHT3X_ADDRESS 0x44 /* 0x45 with ADDR high */

/* One measurement of high repeatability; asked once more when there is none. CRC: two answers in a row were spoilt. */
enum cooee_fault sht3x_read(const struct cooee_i2c *i2c, uint8_t address, int16_t *temperature_e2, int16_t *humidity_e2);

#endif
