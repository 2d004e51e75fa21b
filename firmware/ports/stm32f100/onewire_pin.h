/* The pin of 1-Wire, and waiting beside it. */
#ifndef COOEE_ONEWIRE_PIN_H
#define COOEE_ONEWIRE_PIN_H

#include "pins.h"
#include "registers.h"

#define TICKS_PER_US (F_CPU / 1000000UL)
#define ONEWIRE_SAMPLE_US 6 /* from the end of the master's low until a bit is read: waiting takes some more */

/* By the counter of the millisecond's tick, which runs down. */
static void onewire_wait_us(uint16_t us)
{
    uint32_t left = us * TICKS_PER_US, before = SYSTICK_CVR;

    for (;;) {
        uint32_t now = SYSTICK_CVR;
        uint32_t passed = before >= now ? before - now : before + F_CPU / 1000 - now;
        if (passed >= left) {
            return;
        }
        left -= passed;
        before = now;
    }
}

static inline void onewire_pull_low(void)
{
    pin_write(GPIOB, PIN_ONEWIRE, false);
}

static inline void onewire_let_go(void)
{
    pin_write(GPIOB, PIN_ONEWIRE, true);
}

static inline void onewire_start(void)
{
    onewire_let_go();
    pin_set_mode(GPIOB, PIN_ONEWIRE, PIN_OPEN_DRAIN);
}

static inline bool onewire_is_high(void)
{
    return pin_is_high(GPIOB, PIN_ONEWIRE);
}

#endif
