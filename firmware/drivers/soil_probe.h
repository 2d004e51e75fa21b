/* Soil probe: a capacitive probe at one depth, whose output falls or rises with water, on an ADC input. */
#ifndef COOEE_DRIVERS_SOIL_PROBE_H
#define COOEE_DRIVERS_SOIL_PROBE_H

#include "drivers/curve.h"
#include "hal/adc.h"

#define COOEE_SOIL_POINTS_MAX 5

struct cooee_soil_probe {
    struct cooee_curve calibration; /* 2..5 points: x in mV, y in m3/m3 e4, all rising or all falling */
    uint16_t settle_ms;             /* from power to a steady output */
    uint8_t input;                  /* of the ADC */
};

/* Powers the probe, reads it, and cuts the power. IMPLAUSIBLE: the calibration gives less than no water or more than any soil
 * holds, as for a probe that lies in the air. CALIBRATION: its points break the rule above. */
enum cooee_fault soil_probe_read(const struct cooee_soil_probe *probe, const struct cooee_adc *adc, int16_t *moisture_e4);

#endif
