/* Battery: its voltage by a divider on an ADC input, or by the board's own supply. */
#ifndef COOEE_DRIVERS_BATTERY_H
#define COOEE_DRIVERS_BATTERY_H

#include "hal/adc.h"

struct cooee_battery {
    uint16_t ratio_e3; /* battery / input: 2000 for two equal resistors, 1000 without a divider */
    uint8_t input;     /* of the ADC, or COOEE_ADC_SUPPLY */
};

/* ABSENT: less than 0.5 V, on which no node runs. IMPLAUSIBLE: more than 32 V. */
enum cooee_fault battery_read(const struct cooee_battery *battery, const struct cooee_adc *adc, int16_t *volt_e3);

#endif
