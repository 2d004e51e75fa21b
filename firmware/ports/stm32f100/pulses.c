/* Switches to ground on PIN_WIND and PIN_RAIN, looked at each millisecond: this processor never sleeps for longer. */
#include "pulses.h"

#include "registers.h"

static const uint8_t pins[PULSES_COUNT] = {PIN_WIND, PIN_RAIN};
static bool closed[PULSES_COUNT];

void pulses_listen(void)
{
    for (uint8_t i = 0; i < PULSES_COUNT; i++) {
        pin_write(GPIOB, pins[i], true);
        pin_set_mode(GPIOB, pins[i], PIN_PULLED);
    }
}

void pulses_millisecond(void)
{
    for (uint8_t i = 0; i < PULSES_COUNT; i++) {
        bool closed_now = !pin_is_high(GPIOB, pins[i]);
        if (closed_now != closed[i]) {
            closed[i] = closed_now;
            pulse_edge(&pulses[i]);
        }
        pulse_settle(&pulses[i], closed_now);
    }
}
