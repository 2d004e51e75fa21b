/* Cup anemometer: a switch that closes once or more a turn. */
#ifndef COOEE_DRIVERS_ANEMOMETER_H
#define COOEE_DRIVERS_ANEMOMETER_H

#include "hal/pulse.h"
#include "cooee/fault.h"

struct cooee_anemometer {
    uint16_t mm_per_pulse; /* wind that passes between two pulses: 667 where 1 Hz is 2.4 km/h */
    uint8_t input;         /* of the pulse counters */
};

/* Mean wind since the last reading, and gust: the busiest 3 s (WMO-No. 8). IMPLAUSIBLE: more than 75 m/s, which is a switch
 * that bounces or a loose cable. WARMING_UP: fewer than 3 s were counted. A cut cable is a calm to this sensor. */
enum cooee_fault anemometer_read(const struct cooee_anemometer *anemometer, const struct cooee_pulse *pulse,
                                 int16_t *wind_e2, int16_t *gust_e2);

#endif
