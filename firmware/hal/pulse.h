/* Pulses: a board's counters, which count through sleep, as drivers are handed them. */
#ifndef COOEE_HAL_PULSE_H
#define COOEE_HAL_PULSE_H

#include <stdint.h>

struct cooee_pulses {
    uint32_t count;
    uint16_t busiest;   /* most in any 3 s in a row */
    uint16_t seconds;   /* since they were last taken */
};

struct cooee_pulse {
    void *context;
    /* What was counted on an input since it was last taken. */
    void (*take)(void *context, uint8_t input, struct cooee_pulses *pulses);
};

#endif
