/* Electrochemical ethylene cell with an amplifier, on an ADC input. */
#ifndef COOEE_DRIVERS_ETHYLENE_CELL_H
#define COOEE_DRIVERS_ETHYLENE_CELL_H

#include "drivers/curve.h"
#include "hal/adc.h"

struct cooee_ethylene_cell {
    struct cooee_curve zero;        /* output in clean air of this kind of cell: x in degC e2, y in 0.1 mV */
    struct cooee_curve sensitivity; /* x in degC e2, y in 0.001 of the span at 20 degC */
    struct cooee_point clean, span; /* this very cell at 20 degC: x in mV, y in ppm e2; in clean air and in span gas */
    uint16_t warm_up_min;           /* from power to a steady zero */
    uint16_t life_days;             /* the maker's warranted life */
    uint8_t input;                  /* of the ADC */
};

/* `air_e2` is the cell's temperature in 0.01 degC, `powered_s` how long it has had power without a break, `age_days` its age.
 * IMPLAUSIBLE: far below the zero, or beyond what a channel holds. CALIBRATION: a curve cannot be, or span gas gives less than 10 uV a ppm more than clean
 * air does. */
enum cooee_fault ethylene_cell_read(const struct cooee_ethylene_cell *cell, const struct cooee_adc *adc, int16_t air_e2,
                                    uint32_t powered_s, uint16_t age_days, int16_t *ppm_e2);

#endif
