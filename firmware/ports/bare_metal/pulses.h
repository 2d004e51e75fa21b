/* Counters of the switches on PIN_WIND and PIN_RAIN; a board's pulses.c feeds them, each millisecond and at edges. */
#ifndef COOEE_PULSES_H
#define COOEE_PULSES_H

#include "board.h"
#include "drivers/pulse_counter.h"

extern struct cooee_pulse_counter pulses[PULSES_COUNT];

void pulses_listen(void); /* from the start */

#endif
