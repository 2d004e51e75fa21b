/* Pyranometer: solar radiation by a sensor with an amplified voltage, on an ADC input. */
#ifndef COOEE_DRIVERS_PYRANOMETER_H
#define COOEE_DRIVERS_PYRANOMETER_H

#include "drivers/curve.h"
#include "hal/adc.h"

struct cooee_pyranometer {
    struct cooee_curve calibration; /* of this very sensor: x in mV, y in W/m2, both rising */
    uint8_t input;                  /* of the ADC */
};

/* Noise and the offset of a cold sensor by night, down to -20 W/m2, are said as 0. In the dark it holds its line at ground, as a short
 * to ground does: SHORT is said of the supply, or of ground where the calibration has a live zero; else that it stands still is for the
 * core to find. IMPLAUSIBLE: darker than that, or more than 1800 W/m2. CALIBRATION: its points break the rule above. */
enum cooee_fault pyranometer_read(const struct cooee_pyranometer *pyranometer, const struct cooee_adc *adc, int16_t *watt_m2);

#endif
