/* 1-Wire on PIN_ONEWIRE, with 4.7 kOhm to the supply; standard speed (Maxim, application note 126). */
#include <avr/io.h>
#include <util/atomic.h>

#include "board.h"

#include <util/delay.h>

#define MASK (1 << PIN_ONEWIRE)

static void pull_low(void)
{
    DDRD |= MASK; /* PORTD's bit stays 0 */
}

static void let_go(void)
{
    DDRD &= (uint8_t)~MASK;
}

static bool is_high(void)
{
    return (PIND & MASK) != 0;
}

static enum cooee_fault reset(void *context)
{
    bool present;

    (void)context;
    let_go();
    _delay_us(20);
    if (!is_high()) {
        return COOEE_FAULT_SHORT;
    }
    pull_low();
    _delay_us(480);
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        let_go();
        _delay_us(70);
        present = !is_high();
    }
    _delay_us(410);
    return present ? COOEE_FAULT_NONE : COOEE_FAULT_ABSENT;
}

/* One bit out; a 1 is also how a bit is read. */
static bool slot(bool bit)
{
    bool read;

    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        pull_low();
        _delay_us(6);
        if (bit) {
            let_go();
        }
        _delay_us(9);
        read = is_high();
        _delay_us(45);
        let_go();
    }
    _delay_us(10);
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
