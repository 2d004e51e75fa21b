/* Clock, sleep and watchdog.
 *
 * Awake, timer 0 ticks every millisecond by the processor's resonator (0.5 %). Asleep only the watchdog's oscillator runs, which is
 * wrong by up to 10 % and drifts with temperature, so before every sleep 64 ms of it are measured with the resonator. The clock
 * counts in steps of 64 cycles. While awake the watchdog resets a board that hangs; while asleep it wakes it. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <util/atomic.h>

#include "board.h"
#include "hal/clock.h"
#include "hal/sleep.h"
#include "node.h"

#define STEPS_PER_S (F_CPU / 64)
/* Timer 0 has 8 bits: above 16.4 MHz its millisecond is a little short, and counted as what it is. */
#define STEPS_PER_MS (F_CPU / 64000 > 256 ? 256 : F_CPU / 64000)
#define PERIOD_64_MS 2 /* the watchdog's setting; each one more doubles the time */
#define PERIOD_8_S 9
#define PERIOD_4_S 8
/* Bits of GPIOR0, which one instruction sets: the watchdog's period has gone; the processor naps. */
#define WOKEN 0
#define NAPPING 1

static uint8_t reset_flags;
static struct {
    volatile uint32_t seconds, steps; /* steps: beyond the seconds */
    volatile uint16_t awake_ms;
    uint32_t due_s; /* the next wake */
} now;

/* One instruction that changes no other register, so that nothing needs to be saved. */
ISR(WDT_vect, ISR_NAKED)
{
    GPIOR0 |= 1 << WOKEN;
    reti();
}

/* With interrupts off. */
static void advance(uint32_t steps)
{
    now.steps += steps;
    while (now.steps >= STEPS_PER_S) {
        now.steps -= STEPS_PER_S;
        now.seconds++;
        pulses_second();
    }
}

ISR(TIMER0_COMPA_vect)
{
    pulses_millisecond();
    if ((GPIOR0 & 1 << NAPPING) == 0) {
        now.awake_ms++;
        advance(STEPS_PER_MS);
    }
}

static void milliseconds(bool on)
{
    TCCR0B = on ? 1 << CS01 | 1 << CS00 : 0; /* the processor's clock / 64 */
}

/* With interrupts off. The second write must follow within four cycles: the setting is ready in a register before the first. */
static void set_watchdog(uint8_t setting)
{
    __asm__ volatile("" : "+r"(setting));
    wdt_reset();
    WDTCSR = 1 << WDCE | 1 << WDE;
    WDTCSR = setting;
    wdt_reset(); /* the whole of the new period begins now */
}

static uint8_t period_bits(uint8_t period)
{
    return (uint8_t)((period & 8) << 2 | (period & 7));
}

uint8_t time_reset_flags(void)
{
    return reset_flags;
}

void time_start(void)
{
    reset_flags = MCUSR;
    MCUSR = 0; /* or the watchdog cannot be turned off */
    TCCR0A = 1 << WGM01;
    OCR0A = STEPS_PER_MS - 1;
    TIMSK0 = 1 << OCIE0A;
    set_watchdog((uint8_t)(1 << WDE | period_bits(PERIOD_4_S)));
    milliseconds(true);
}

void watchdog_feed(void)
{
    wdt_reset();
}

static void sleep_in(uint8_t mode)
{
    set_sleep_mode(mode);
    sleep_enable();
    sei();
    sleep_cpu();
    sleep_disable();
    cli();
}

/* Sleeps until the watchdog's period has gone; pulses wake the processor in between, and keep it up until they are settled. */
static void nap(uint8_t period, uint8_t mode)
{
    cli();
    GPIOR0 &= (uint8_t)~(1 << WOKEN);
    GPIOR0 |= 1 << NAPPING;
    set_watchdog((uint8_t)(1 << WDIE | period_bits(period)));
    while ((GPIOR0 & 1 << WOKEN) == 0) {
        milliseconds(pulses_unsettled());
        sleep_in(pulses_unsettled() ? SLEEP_MODE_IDLE : mode);
    }
    GPIOR0 &= (uint8_t)~(1 << NAPPING);
    set_watchdog((uint8_t)(1 << WDE | period_bits(PERIOD_4_S)));
}

/* Waits for the watchdog's 64 ms, and counts their steps. */
static uint16_t measure_nap(void)
{
    TCCR1A = 0;
    TCNT1 = 0;
    TCCR1B = 1 << CS11 | 1 << CS10; /* the processor's clock / 64 */
    nap(PERIOD_64_MS, SLEEP_MODE_IDLE);
    uint16_t steps = TCNT1;
    TCCR1B = 0;
    return steps;
}

/* Steps to sleep at once: until the next wake, but with an anemometer no further than this second, so that a gust of 3 s is one. */
static uint32_t steps_left(void)
{
    uint32_t seconds = now.due_s - now.seconds;

    seconds = NODE_HAS(ANEMOMETER) ? 1 : seconds > 16 ? 16 : seconds;
    return seconds * STEPS_PER_S - now.steps;
}

static bool is_due(void)
{
    return (int32_t)(now.seconds - now.due_s) >= 0;
}

void hal_sleep_s(uint16_t seconds)
{
    cli();
    now.due_s += seconds;
    if (is_due()) {
        now.due_s = now.seconds; /* a wake that took longer than it may: the next begins at once */
        sei();
        return;
    }
    uint32_t unit = measure_nap();
    advance(unit);
    while (!is_due()) {
        uint32_t left = steps_left(), length = unit;
        uint8_t period = PERIOD_64_MS;
        for (; period < PERIOD_8_S && 2 * length <= left; period++) {
            length *= 2;
        }
        nap(period, SLEEP_MODE_PWR_DOWN);
        advance(length + BOARD_WAKE_UP_CYCLES / 64);
    }
    milliseconds(true);
    sei();
}

uint32_t hal_clock_now_s(void *context)
{
    uint32_t seconds;

    (void)context;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        seconds = now.seconds;
    }
    return seconds;
}

uint16_t time_ms(void)
{
    uint16_t ms;

    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        ms = now.awake_ms;
    }
    return ms;
}

void time_idle(void)
{
    set_sleep_mode(SLEEP_MODE_IDLE);
    sleep_mode();
}

void time_wait_ms(void *context, uint16_t ms)
{
    uint16_t began = time_ms();

    (void)context;
    while ((uint16_t)(time_ms() - began) <= ms) {
        time_idle();
    }
}
