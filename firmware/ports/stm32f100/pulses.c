/* Switches to ground on PIN_WIND and PIN_RAIN, looked at each millisecond: this processor never sleeps for longer. */
#include "board.h"
#include "drivers/pulse_counter.h"
#include "hal/clock.h"
#include "registers.h"

/* A cup anemometer closes for 4 ms in the strongest wind; a bucket's switch bounces for longer, and has time. */
#define WIND_SETTLE_MS 2
#define RAIN_SETTLE_MS 10

static struct cooee_pulse_counter counter[PULSES_COUNT];
static const uint8_t pins[PULSES_COUNT] = {PIN_WIND, PIN_RAIN};
static bool closed[PULSES_COUNT];
static uint32_t taken_s[PULSES_COUNT];

void pulses_start(void)
{
    pulse_start(&counter[PULSES_WIND], WIND_SETTLE_MS);
    pulse_start(&counter[PULSES_RAIN], RAIN_SETTLE_MS);
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
            pulse_edge(&counter[i]);
        }
        pulse_settle(&counter[i], closed_now);
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
    interrupts_off();
    pulse_take(&counter[input], pulses);
    interrupts_on();
    pulses->seconds = (uint16_t)(seconds < UINT16_MAX ? seconds : UINT16_MAX);
    taken_s[input] = now_s;
}

const struct cooee_pulse board_pulse = {0, take};
