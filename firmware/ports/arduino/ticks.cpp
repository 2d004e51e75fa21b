/* Milliseconds for the pulse counters, from the second interrupt of the timer behind millis(), which comes every 1.024 ms. */
#include "sketch.h"

#include <avr/interrupt.h>

#define TICKS_PER_S 977

ISR(TIMER0_COMPA_vect)
{
    static uint16_t ticks;

    pulses_millisecond();
    if (++ticks == TICKS_PER_S) {
        ticks = 0;
        pulses_second();
    }
}

void cooee_count_pulses()
{
    pulses_start();
    TIMSK0 |= 1 << OCIE0A;
}
