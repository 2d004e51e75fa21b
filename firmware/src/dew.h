/* Dew point without floating point. */
#ifndef COOEE_DEW_H
#define COOEE_DEW_H

#include <stdint.h>

/* Dew point in 0.01 degC from air temperature -45..60 degC (in 0.01) and relative humidity 1..100 % (in 0.01), within 0.05 degC of
 * FAO-56 eq. 11 and 14. */
int16_t dew_point_e2(int16_t temperature_e2, int16_t humidity_e2);

#endif
