/* Switches to ground on PIN_WIND and PIN_RAIN. A pin change wakes the processor from power-down, which an edge of INT0 or INT1
 * does not do (data sheet, "External Interrupts"). */
#include "pulses.h"

#include <avr/interrupt.h>
#include <avr/io.h>

#define PINS (1 << PIN_WIND | 1 << PIN_RAIN)

static const uint8_t pin_mask[PULSES_COUNT] = {1 << PIN_WIND, 1 << PIN_RAIN};
static uint8_t level;

void pulses_listen(void)
{
    PORTD |= PINS;
    level = PINS;
    PCMSK2 = PINS;
    PCICR = 1 << PCIE2;
}

ISR(PCINT2_vect)
{
    uint8_t changed = (uint8_t)((PIND ^ level) & PINS);

    level ^= changed;
    for (uint8_t i = 0; i < PULSES_COUNT; i++) {
        if ((changed & pin_mask[i]) != 0) {
            pulse_edge(&pulses[i]);
        }
    }
}

bool pulses_unsettled(void)
{
    return pulse_unsettled(&pulses[PULSES_WIND]) || pulse_unsettled(&pulses[PULSES_RAIN]);
}

void pulses_millisecond(void)
{
    for (uint8_t i = 0; i < PULSES_COUNT; i++) {
        pulse_settle(&pulses[i], (PIND & pin_mask[i]) == 0);
    }
}
