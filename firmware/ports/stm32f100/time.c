/* Clock, waiting, sleep and watchdog. The processor runs by the board's 8 MHz crystal, tripled, and a millisecond's tick counts the
 * time, asleep too: it halts between ticks and stays in milliamperes. */
#include "board.h"
#include "hal/clock.h"
#include "hal/sleep.h"
#include "registers.h"

#define HSE_ON (1UL << 16)
#define HSE_READY (1UL << 17)
#define PLL_ON (1UL << 24)
#define PLL_READY (1UL << 25)
#define PLL_OF_HSE (1UL << 16)
#define PLL_TIMES(n) ((uint32_t)((n) - 2) << 18)
#define BY_PLL 2UL
#define READY_LIMIT 100000UL

#define WATCHDOG_WRITABLE 0x5555
#define WATCHDOG_START 0xCCCC
#define WATCHDOG_FEED 0xAAAA
#define WATCHDOG_BY_64 4
#define WATCHDOG_4_S 2500 /* of 40 kHz / 64 */
#define TICK_ON 7         /* by the processor's clock, with interrupt */
#define REMOVE_FLAGS (1UL << 24)

static volatile uint32_t now_ms_low, now_s;
static volatile uint16_t awake_ms;
static uint32_t due_s;
static uint8_t reset_flags;

void time_tick(void);

void time_tick(void)
{
    awake_ms++;
    pulses_millisecond();
    if (++now_ms_low == 1000) {
        now_ms_low = 0;
        now_s++;
        pulses_second();
    }
}

static bool await(uint32_t ready)
{
    for (uint32_t i = 0; i < READY_LIMIT; i++) {
        if ((RCC_CR & ready) != 0) {
            return true;
        }
    }
    return false;
}

/* Without its crystal the processor takes its own oscillator, which is 1 % wrong. */
static void run_at_24_mhz(void)
{
    RCC_CR |= HSE_ON;
    RCC_CFGR = await(HSE_READY) ? PLL_OF_HSE | PLL_TIMES(3) : PLL_TIMES(6);
    RCC_CR |= PLL_ON;
    if (await(PLL_READY)) {
        RCC_CFGR |= BY_PLL;
    }
}

void time_start(void)
{
    reset_flags = (uint8_t)(RCC_CSR >> 24);
    RCC_CSR |= REMOVE_FLAGS;
    run_at_24_mhz();
    SYSTICK_RVR = F_CPU / 1000 - 1;
    SYSTICK_CVR = 0;
    SYSTICK_CSR = TICK_ON;
    IWDG_KR = WATCHDOG_WRITABLE;
    IWDG_PR = WATCHDOG_BY_64;
    IWDG_RLR = WATCHDOG_4_S;
    IWDG_KR = WATCHDOG_START;
}

uint8_t time_reset_flags(void)
{
    return reset_flags;
}

void watchdog_feed(void)
{
    IWDG_KR = WATCHDOG_FEED;
}

uint16_t time_ms(void)
{
    return awake_ms;
}

void time_idle(void)
{
    __asm__ volatile("wfi");
}

void time_wait_ms(void *context, uint16_t ms)
{
    uint16_t began = awake_ms;

    (void)context;
    while ((uint16_t)(awake_ms - began) <= ms) {
        time_idle();
    }
}

uint32_t hal_clock_now_s(void *context)
{
    (void)context;
    return now_s;
}

/* Wakes at whole intervals, however long a wake took. */
void hal_sleep_s(uint16_t seconds)
{
    due_s += seconds;
    if (due_s <= now_s) {
        due_s = now_s + 1;
    }
    while (now_s < due_s) {
        watchdog_feed();
        time_idle();
    }
}
