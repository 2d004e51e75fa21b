/* Analog: an averaged input, and what is wrong with its line. */
#ifndef COOEE_DRIVERS_ANALOG_H
#define COOEE_DRIVERS_ANALOG_H

#include "hal/adc.h"

/* Conversions in a mean: the noise of one falls to a quarter. */
#define COOEE_ANALOG_SAMPLES 16

/* A line this near to ground against a pull-up is shorted: of the sensors named in docs/FIRMWARE.md only a pyranometer goes below
 * 0.2 V. */
#define COOEE_ANALOG_GROUND_MV 100U

/* Mean voltage of an input, in tenths of a millivolt. */
enum cooee_fault analog_mean(const struct cooee_adc *adc, uint8_t input, uint16_t *mv_e1);

/* The same for a sensor whose output holds its line, which a pull-up then moves little. OPEN: the pull-up takes the line to
 * the supply. SHORT: it does not move it from ground, or the line is at the supply without it; the voltage is told all the same. */
enum cooee_fault analog_read(const struct cooee_adc *adc, uint8_t input, uint16_t *mv_e1);

#endif
