/* Metal-oxide gas sensor: its resistance relative to clean air, and no more. Such a sensor answers to alcohol, solvents, humidity
 * and many gases as it does to ethylene, so that a ratio is no concentration and belongs to no channel. */
#ifndef COOEE_DRIVERS_METAL_OXIDE_H
#define COOEE_DRIVERS_METAL_OXIDE_H

#include "hal/adc.h"

struct cooee_metal_oxide {
    uint32_t clean_ohm;   /* its resistance in clean air: 1000 or more */
    uint16_t load_ohm;    /* from the input to ground; the sensor is between the supply and the input */
    uint16_t warm_up_min; /* of its heater */
    uint8_t input;        /* of the ADC */
};

/* Resistance / resistance in clean air, in thousandths. IMPLAUSIBLE: more than 4 MOhm or 32 times clean air. */
enum cooee_fault metal_oxide_read(const struct cooee_metal_oxide *sensor, const struct cooee_adc *adc, uint32_t powered_s,
                                  int16_t *ratio_e3);

#endif
