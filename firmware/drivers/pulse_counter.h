/* Pulse counter: what a board keeps of one switch (reed contact) to ground. Its interrupts call this; drivers take the result. */
#ifndef COOEE_DRIVERS_PULSE_COUNTER_H
#define COOEE_DRIVERS_PULSE_COUNTER_H

#include <stdbool.h>

#include "hal/pulse.h"

#define COOEE_PULSE_SPAN_S 3

struct cooee_pulse_counter {
    uint32_t count;
    uint16_t second[COOEE_PULSE_SPAN_S]; /* pulses in this second and the ones before */
    uint16_t busiest;
    uint8_t settle_ms; /* a switch is believed once it has stood still so long; 1 or more */
    uint8_t left_ms;   /* until then */
    bool closed;
};

void pulse_start(struct cooee_pulse_counter *counter, uint8_t settle_ms);

/* The switch has moved: for the pin's interrupt. */
void pulse_edge(struct cooee_pulse_counter *counter);

/* The switch has moved and is not believed yet: pulse_settle must be called every millisecond. */
bool pulse_unsettled(const struct cooee_pulse_counter *counter);

/* A millisecond has passed; a switch that has closed counts. */
void pulse_settle(struct cooee_pulse_counter *counter, bool closed_now);

/* A second has passed. */
void pulse_second(struct cooee_pulse_counter *counter);

/* What was counted since the last time; `pulses->seconds` is left to the board. */
void pulse_take(struct cooee_pulse_counter *counter, struct cooee_pulses *pulses);

#endif
