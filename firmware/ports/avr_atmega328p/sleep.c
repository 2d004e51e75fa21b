/* Sleep and clock by the watchdog's oscillator, the only clock that runs in power-down. It is off by up to 10 %: ages of frames
 * are as good as that. The clock counts sleep only; being awake takes less than a tenth of a second. */
#include "hal/sleep.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

#include "hal/clock.h"

static uint32_t slept_s;

ISR(WDT_vect)
{
}

/* Sleeps 1, 2, 4 or 8 seconds: 1 << exponent. */
static void nap(uint8_t exponent)
{
    uint8_t prescaler = (uint8_t)(6 + exponent);

    cli();
    wdt_reset();
    WDTCSR = 1 << WDCE | 1 << WDE;
    WDTCSR = (uint8_t)(1 << WDIE | (prescaler & 8) << 2 | (prescaler & 7));
    set_sleep_mode(SLEEP_MODE_PWR_DOWN);
    sleep_enable();
    sei();
    sleep_cpu();
    sleep_disable();
    slept_s += 1UL << exponent;
}

void hal_sleep_s(uint16_t seconds)
{
    for (uint8_t exponent = 3;; exponent--) {
        for (; seconds >= 1U << exponent; seconds = (uint16_t)(seconds - (1U << exponent))) {
            nap(exponent);
        }
        if (exponent == 0) {
            return;
        }
    }
}

uint32_t hal_clock_now_s(void *context)
{
    (void)context;
    return slept_s;
}
