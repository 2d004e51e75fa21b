/* The STM32's two switches, looked at each millisecond. */
#define COOEE_REGISTERS_H /* the pins are ours */
#define COOEE_INTERRUPTS_H
#include <stdbool.h>
#include <stdint.h>

#include "check.h"
#include "pins.h"

enum pin_mode { PIN_PULLED = 8 };
#define GPIOB 0

static bool closed_now[16];
static uint32_t now_s;

static void pin_set_mode(uint32_t port, uint8_t pin, enum pin_mode mode)
{
    CHECK(port == GPIOB && (pin == PIN_WIND || pin == PIN_RAIN) && mode == PIN_PULLED);
}

static bool pin_is_high(uint32_t port, uint8_t pin)
{
    (void)port;
    return !closed_now[pin];
}

static void pin_write(uint32_t port, uint8_t pin, bool high)
{
    (void)port, (void)pin;
    CHECK(high); /* the resistor is to the supply */
}

static void interrupts_off(void)
{
}

static void interrupts_on(void)
{
}

uint32_t hal_clock_now_s(void *context);
uint32_t hal_clock_now_s(void *context)
{
    (void)context;
    return now_s;
}

#include "ports/bare_metal/pulse_counters.c"
#include "ports/stm32f100/pulses.c"

static void wait(uint8_t pin, bool is_closed, int ms)
{
    closed_now[pin] = is_closed;
    for (int i = 0; i < ms; i++) {
        pulses_millisecond();
    }
}

/* Its contact bounces both ways. */
static void pulse(uint8_t pin, int closed_ms, int open_ms, int bounces)
{
    for (int i = 0; i < bounces; i++) {
        wait(pin, true, 1);
        wait(pin, false, 1);
    }
    wait(pin, true, closed_ms);
    for (int i = 0; i < bounces; i++) {
        wait(pin, false, 1);
        wait(pin, true, 1);
    }
    wait(pin, false, open_ms);
}

int main(void)
{
    struct cooee_pulses taken;

    pulses_start();
    for (int second = 0; second < 10; second++) {
        for (int i = 0; i < (second == 4 ? 112 : 20); i++) { /* a gust of 75 m/s by 0.667 m a pulse, 4 ms closed */
            pulse(PIN_WIND, 4, 4, 0);
        }
        if (second % 5 == 0) {
            pulse(PIN_RAIN, 60, 40, 4);
        }
        pulses_second();
        now_s++;
    }
    board_pulse.take(0, PULSES_WIND, &taken);
    CHECK_EQUAL(taken.count, 9 * 20 + 112);
    CHECK_EQUAL(taken.busiest, 112 + 2 * 20);
    CHECK_EQUAL(taken.seconds, 10);
    board_pulse.take(0, PULSES_RAIN, &taken);
    CHECK_EQUAL(taken.count, 2);
    wait(PIN_RAIN, true, 5); /* a spark */
    wait(PIN_RAIN, false, 50);
    board_pulse.take(0, PULSES_RAIN, &taken);
    CHECK_EQUAL(taken.count, 0);
    CHECK_EQUAL(taken.seconds, 0);
    return 0;
}
