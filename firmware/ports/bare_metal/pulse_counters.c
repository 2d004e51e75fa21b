#include "hal/clock.h"
#include "interrupts.h"
#include "pulses.h"

/* A cup anemometer closes for 4 ms in the strongest wind; a bucket's switch bounces for longer, and has time. */
#define WIND_SETTLE_MS 2
#define RAIN_SETTLE_MS 10

struct cooee_pulse_counter pulses[PULSES_COUNT];
static uint32_t taken_s[PULSES_COUNT];

void pulses_start(void)
{
    pulse_start(&pulses[PULSES_WIND], WIND_SETTLE_MS);
    pulse_start(&pulses[PULSES_RAIN], RAIN_SETTLE_MS);
    pulses_listen();
}

void pulses_second(void)
{
    for (uint8_t i = 0; i < PULSES_COUNT; i++) {
        pulse_second(&pulses[i]);
    }
}

static void take(void *context, uint8_t input, struct cooee_pulses *taken)
{
    uint32_t now_s = hal_clock_now_s(0);
    uint32_t seconds = now_s - taken_s[input];

    (void)context;
    interrupts_off();
    pulse_take(&pulses[input], taken);
    interrupts_on();
    taken->seconds = (uint16_t)(seconds < UINT16_MAX ? seconds : UINT16_MAX);
    taken_s[input] = now_s;
}

const struct cooee_pulse board_pulse = {0, take};
