/* The pin of 1-Wire, and waiting beside it. */
#ifndef COOEE_ONEWIRE_PIN_H
#define COOEE_ONEWIRE_PIN_H

#include <avr/io.h>
#include <stdbool.h>

#include "pins.h"

#include <util/delay.h>

#define ONEWIRE_MASK (1 << PIN_ONEWIRE)
#define ONEWIRE_SAMPLE_US 9 /* from the end of the master's low until a bit is read */
#define onewire_wait_us(us) _delay_us(us)

static inline void onewire_pull_low(void)
{
    DDRD |= ONEWIRE_MASK; /* PORTD's bit stays 0 */
}

static inline void onewire_let_go(void)
{
    DDRD &= (uint8_t)~ONEWIRE_MASK;
}

static inline void onewire_start(void)
{
    onewire_let_go();
}

static inline bool onewire_is_high(void)
{
    return (PIND & ONEWIRE_MASK) != 0;
}

#endif
