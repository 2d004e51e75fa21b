/* Clock, waiting and the board's light by the Arduino core's timer. The processor idles between its ticks: power-down
 * would stop them. */
#include "sketch.h"

#include <avr/sleep.h>
#include <avr/wdt.h>

#define PIN_LED 5 /* of port B: D13. The Arduino core's functions for pins take half a kilobyte */

/* millis() wraps after 49 days; called at least once in that time. */
extern "C" uint32_t hal_clock_now_s(void *)
{
    static uint32_t seconds, at_ms;
    uint32_t passed = (millis() - at_ms) / 1000;

    seconds += passed;
    at_ms += passed * 1000;
    return seconds;
}

extern "C" void hal_sleep_s(uint16_t seconds)
{
    static uint32_t due_s;

    due_s += seconds;
    if ((int32_t)(due_s - hal_clock_now_s(0)) < 0) {
        due_s = hal_clock_now_s(0); /* a wake that took longer than it may: the next begins at once */
    }
    while ((int32_t)(due_s - hal_clock_now_s(0)) > 0) {
        set_sleep_mode(SLEEP_MODE_IDLE);
        sleep_mode();
    }
}

extern "C" void time_wait_ms(void *, uint16_t ms)
{
    delay(ms);
}

extern "C" uint16_t time_ms()
{
    return (uint16_t)millis();
}

/* 0 where a boot loader has cleared it: a start like that by power. */
extern "C" uint8_t time_reset_flags()
{
    return MCUSR;
}

/* For a sketch that has turned the watchdog on. */
extern "C" void watchdog_feed()
{
    wdt_reset();
}

void cooee_cannot_start()
{
    DDRB |= 1 << PIN_LED;
    for (;; delay(100)) {
        watchdog_feed();
        PINB = 1 << PIN_LED;
    }
}
