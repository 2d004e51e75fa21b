/* ADC: a board's analogue inputs, as drivers are handed them. */
#ifndef COOEE_HAL_ADC_H
#define COOEE_HAL_ADC_H

#include <stdbool.h>
#include <stdint.h>

#include "cooee/fault.h"

/* The input that reads the board's own supply. */
#define COOEE_ADC_SUPPLY 0xFF

struct cooee_adc {
    void *context;
    /* One conversion, with or without the input's pull-up resistor (10 to 100 kOhm to the supply), after it has taken effect.
     * TIMEOUT: the conversion does not end. */
    enum cooee_fault (*read_mv)(void *context, uint8_t input, bool pull_up, uint16_t *mv);
    /* Switches the power of the soil probe behind an input. */
    void (*power)(void *context, uint8_t input, bool on);
    void (*wait_ms)(void *context, uint16_t ms);
};

#endif
