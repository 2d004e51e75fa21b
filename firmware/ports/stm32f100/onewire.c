/* 1-Wire on PIN_ONEWIRE, with 4.7 kOhm to the supply; standard speed (Maxim, application note 126). */
#include "board.h"
#include "registers.h"

#define TICKS_PER_US (F_CPU / 1000000UL)

/* By the counter of the millisecond's tick, which runs down. */
static void wait_us(uint16_t us)
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

static void pull_low(void)
{
    pin_write(GPIOB, PIN_ONEWIRE, false);
}

static void let_go(void)
{
    pin_write(GPIOB, PIN_ONEWIRE, true);
}

static bool is_high(void)
{
    return pin_is_high(GPIOB, PIN_ONEWIRE);
}

static enum cooee_fault reset(void *context)
{
    bool present;

    (void)context;
    let_go();
    pin_set_mode(GPIOB, PIN_ONEWIRE, PIN_OPEN_DRAIN);
    wait_us(20);
    if (!is_high()) {
        return COOEE_FAULT_SHORT;
    }
    pull_low();
    wait_us(480);
    interrupts_off();
    let_go();
    wait_us(70);
    present = !is_high();
    interrupts_on();
    wait_us(410);
    return present ? COOEE_FAULT_NONE : COOEE_FAULT_ABSENT;
}

/* One bit out; a 1 is also how a bit is read. */
static bool slot(bool bit)
{
    bool read;

    interrupts_off();
    pull_low();
    wait_us(6);
    if (bit) {
        let_go();
    }
    wait_us(6);
    read = is_high();
    wait_us(48);
    let_go();
    interrupts_on();
    wait_us(10);
    return read;
}

static uint8_t exchange(uint8_t byte)
{
    uint8_t read = 0;

    for (uint8_t i = 0; i < 8; i++, byte >>= 1) {
        read = (uint8_t)(read >> 1 | (slot(byte & 1) ? 0x80 : 0));
    }
    return read;
}

static void write_byte(void *context, uint8_t byte)
{
    (void)context;
    exchange(byte);
}

static uint8_t read_byte(void *context)
{
    (void)context;
    return exchange(0xFF);
}

const struct cooee_onewire board_onewire = {0, reset, write_byte, read_byte, time_wait_ms};
