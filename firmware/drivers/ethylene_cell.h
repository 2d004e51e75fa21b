/* Electrochemical ethylene cell with an amplifier, on an ADC input. */
#ifndef COOEE_DRIVERS_ETHYLENE_CELL_H
#define COOEE_DRIVERS_ETHYLENE_CELL_H

#include "drivers/curve.h"
#include "hal/adc.h"

struct cooee_ethylene_cell {
    struct cooee_curve zero;        /* output in clean air: x in degC e2, y in 0.1 mV */
    struct cooee_curve sensitivity; /* x in degC e2, y in 0.001 of the span at 20 degC */
    uint16_t span_uv_per_ppm;       /* at 20 degC, as on the cell's certificate or from a span gas; 10 or more */
    uint16_t warm_up_min;           /* from power to a steady zero */
    uint16_t life_days;             /* the maker's warranted life */
    uint8_t input;                  /* of the ADC */
};

/* `air_e2` is the cell's temperature in 0.01 degC, `powered_s` how long it has had power without a break, `age_days` its age.
 * IMPLAUSIBLE: far below the zero, or beyond what a channel holds. CALIBRATION: a curve or the span cannot be. */
enum cooee_fault ethylene_cell_read(const struct cooee_ethylene_cell *cell, const struct cooee_adc *adc, int16_t air_e2,
                                    uint32_t powered_s, uint16_t age_days, int16_t *ppm_e2);

#endif
