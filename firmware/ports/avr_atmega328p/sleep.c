/* Sleep and clock by the watchdog's oscillator, the only one that runs in power-down. It is wrong by up to 10 % and drifts with
 * temperature, so before every sleep 64 ms of it are measured with the processor's resonator (0.5 %). The time awake, less than
 * a tenth of a second a wake, is not counted. */
#include "hal/sleep.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <stdbool.h>

#include "board.h"
#include "hal/clock.h"

#define TICKS_PER_S (F_CPU / 256)
#define PERIOD_64_MS 2 /* the watchdog's setting; each one more doubles the time */
#define LONGEST 7      /* 64 ms << 7: 8.2 s */

static uint32_t slept_s;
static uint32_t ahead_ticks; /* slept beyond slept_s: less than 64 ms */
static volatile bool woken;

ISR(WDT_vect)
{
    woken = true;
}

static void await_watchdog(uint8_t period, uint8_t mode)
{
    uint8_t setting = (uint8_t)(1 << WDIE | (period & 8) << 2 | (period & 7));

    /* The second write below must follow within four cycles: the setting has to be ready in a register before the first. */
    __asm__ volatile("" : "+r"(setting));
    cli();
    woken = false;
    wdt_reset();
    WDTCSR = 1 << WDCE | 1 << WDE;
    WDTCSR = setting;
    set_sleep_mode(mode);
    while (!woken) {
        sleep_enable();
        sei();
        sleep_cpu();
        sleep_disable();
        cli();
    }
    WDTCSR = 1 << WDCE | 1 << WDE;
    WDTCSR = 0;
    sei();
}

/* Waits for the watchdog's 64 ms; returns how long they are. */
static uint16_t measure_ticks(void)
{
    TCCR1A = 0;
    TCNT1 = 0;
    TCCR1B = 1 << CS12; /* the processor's clock / 256 */
    await_watchdog(PERIOD_64_MS, SLEEP_MODE_IDLE);
    uint16_t ticks = TCNT1;
    TCCR1B = 0;
    return ticks;
}

void hal_sleep_s(uint16_t seconds)
{
    uint32_t until_ticks = seconds * TICKS_PER_S;
    uint32_t unit_ticks = measure_ticks();

    ahead_ticks += unit_ticks;
    while (ahead_ticks < until_ticks) {
        uint8_t exponent = LONGEST;
        while (exponent > 0 && unit_ticks << exponent > until_ticks - ahead_ticks) {
            exponent--;
        }
        await_watchdog((uint8_t)(PERIOD_64_MS + exponent), SLEEP_MODE_PWR_DOWN);
        ahead_ticks += unit_ticks << exponent;
    }
    ahead_ticks -= until_ticks;
    slept_s += seconds;
}

uint32_t hal_clock_now_s(void *context)
{
    (void)context;
    return slept_s;
}
