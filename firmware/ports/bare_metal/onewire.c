/* 1-Wire on PIN_ONEWIRE, with 4.7 kOhm to the supply; standard speed (Maxim, application note 126). */
#include "board.h"
#include "interrupts.h"
#include "onewire_pin.h"

#define SLOT_US 54 /* after the master's low */

static enum cooee_fault reset(void *context)
{
    bool present;

    (void)context;
    onewire_start();
    onewire_wait_us(20);
    if (!onewire_is_high()) {
        return COOEE_FAULT_SHORT;
    }
    onewire_pull_low();
    onewire_wait_us(480);
    interrupts_off();
    onewire_let_go();
    onewire_wait_us(70);
    present = !onewire_is_high();
    interrupts_on();
    onewire_wait_us(410);
    return present ? COOEE_FAULT_NONE : COOEE_FAULT_ABSENT;
}

/* One bit out; a 1 is also how a bit is read. */
static bool slot(bool bit)
{
    bool read;

    interrupts_off();
    onewire_pull_low();
    onewire_wait_us(6);
    if (bit) {
        onewire_let_go();
    }
    onewire_wait_us(ONEWIRE_SAMPLE_US);
    read = onewire_is_high();
    onewire_wait_us(SLOT_US - ONEWIRE_SAMPLE_US);
    onewire_let_go();
    interrupts_on();
    onewire_wait_us(10);
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
