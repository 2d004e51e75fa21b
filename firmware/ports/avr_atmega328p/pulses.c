/* Switches to ground on PIN_WIND and PIN_RAIN. A pin change wakes the processor from power-down, which an edge of INT0 or INT1
 * does not do (data sheet, "External Interrupts"). */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "board.h"
#include "drivers/pulse_counter.h"
#include "hal/clock.h"

/* A cup anemometer closes for 4 ms in the strongest wind; a bucket's switch bounces for longer, and has time. */
#define WIND_SETTLE_MS 2
#define RAIN_SETTLE_MS 10
#define PINS (1 << PIN_WIND | 1 << PIN_RAIN)

static struct cooee_pulse_counter counter[PULSES_COUNT];
static const uint8_t pin_mask[PULSES_COUNT] = {1 << PIN_WIND, 1 << PIN_RAIN};
static uint8_t level;
static uint32_t taken_s[PULSES_COUNT];

void pulses_start(void)
{
    pulse_start(&counter[PULSES_WIND], WIND_SETTLE_MS);
    pulse_start(&counter[PULSES_RAIN], RAIN_SETTLE_MS);
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
            pulse_edge(&counter[i]);
        }
    }
}

bool pulses_unsettled(void)
{
    return pulse_unsettled(&counter[PULSES_WIND]) || pulse_unsettled(&counter[PULSES_RAIN]);
}

void pulses_millisecond(void)
{
    for (uint8_t i = 0; i < PULSES_COUNT; i++) {
        pulse_settle(&counter[i], (PIND & pin_mask[i]) == 0);
    }
}

void pulses_second(void)
{
    for (uint8_t i = 0; i < PULSES_COUNT; i++) {
        pulse_second(&counter[i]);
    }
}

static void take(void *context, uint8_t input, struct cooee_pulses *pulses)
{
    uint32_t now_s = hal_clock_now_s(0);
    uint32_t seconds = now_s - taken_s[input];

    (void)context;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        pulse_take(&counter[input], pulses);
    }
    pulses->seconds = (uint16_t)(seconds < UINT16_MAX ? seconds : UINT16_MAX);
    taken_s[input] = now_s;
}

const struct cooee_pulse board_pulse = {0, take};
