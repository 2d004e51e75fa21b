/* Tipping bucket: a switch that closes at every tip. */
#ifndef COOEE_DRIVERS_RAIN_GAUGE_H
#define COOEE_DRIVERS_RAIN_GAUGE_H

#include "cooee/fault.h"
#include "hal/pulse.h"

struct cooee_rain_gauge {
    uint16_t um_per_tip; /* rain of one tip: 200 for 0.2 mm, 279 for 0.01 in of many kits */
    uint8_t input;       /* of the pulse counters */
};

/* Rain since the last reading. IMPLAUSIBLE: more than 10 mm a minute within 3 s, which is a switch that bounces or a loose
 * cable; the tips are gone with it. A cut cable is a dry day to this sensor. */
enum cooee_fault rain_gauge_read(const struct cooee_rain_gauge *gauge, const struct cooee_pulse *pulse, int16_t *rain_e2);

#endif
