/* Interrupts of the processor, for what nothing may come between. */
#ifndef COOEE_INTERRUPTS_H
#define COOEE_INTERRUPTS_H

#include <avr/interrupt.h>

static inline void interrupts_off(void)
{
    cli();
}

static inline void interrupts_on(void)
{
    sei();
}

#endif
