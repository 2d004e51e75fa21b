/* I2C by the two-wire interface, whose interrupt ends each step. */
#include <avr/interrupt.h>
#include <avr/io.h>

#include "board.h"

#include <util/delay.h>

#define CLOCK_HZ 100000UL
#define LIMIT_MS 20 /* the longest transfer, 26 bytes, takes 3 ms */
#define SDA 4       /* of port C */
#define SCL 5

/* Status codes of the data sheet's tables for the master, and one of no table. */
enum {
    STARTED = 0x08, STARTED_AGAIN = 0x10, WRITE_TAKEN = 0x18, BYTE_TAKEN = 0x28, READ_TAKEN = 0x40, BYTE_READ = 0x50,
    LAST_READ = 0x58, WRITE_REFUSED = 0x20, BYTE_REFUSED = 0x30, READ_REFUSED = 0x48, HELD = 0xFF
};

static uint16_t began;

/* A step is done: it asks no more. What comes next is said outside, and the bus waits for it. */
ISR(TWI_vect)
{
    TWCR = 1 << TWEN;
}

/* One step of a transfer; the status that it ends with. */
static uint8_t act(uint8_t control)
{
    TWCR = (uint8_t)(control | 1 << TWINT | 1 << TWEN | 1 << TWIE);
    while ((TWCR & 1 << TWIE) != 0) {
        if ((uint16_t)(time_ms() - began) > LIMIT_MS) {
            TWCR = 0;
            return HELD;
        }
        time_idle();
    }
    return TWSR & 0xF8;
}

static uint8_t put(uint8_t byte)
{
    TWDR = byte;
    return act(0);
}

/* Turns to a sensor; `address` has the direction as its last bit. */
static uint8_t turn_to(uint8_t address)
{
    uint8_t status = act(1 << TWSTA);

    return status == STARTED || status == STARTED_AGAIN ? put(address) : status;
}

static uint8_t put_all(uint8_t address, const uint8_t *out, uint8_t count)
{
    uint8_t status = turn_to((uint8_t)(address << 1));

    for (; count > 0 && (status == WRITE_TAKEN || status == BYTE_TAKEN); count--) {
        status = put(*out++);
    }
    return status;
}

/* The last byte is not acknowledged, which is how a sensor knows. */
static uint8_t get_all(uint8_t address, uint8_t *in, uint8_t count)
{
    uint8_t status = turn_to((uint8_t)(address << 1 | 1));

    for (; count > 0 && (status == READ_TAKEN || status == BYTE_READ); count--) {
        status = act(count > 1 ? 1 << TWEA : 0);
        *in++ = TWDR;
    }
    return status;
}

static bool line_is_high(uint8_t line)
{
    return (PINC & 1 << line) != 0;
}

/* Clocks a sensor that was interrupted in a byte to its end, so that it lets go of the data line (UM10204 3.1.16). */
static bool free_bus(void)
{
    TWCR = 0;
    PORTC |= 1 << SDA | 1 << SCL;
    for (uint8_t i = 0; i < 9 && !line_is_high(SDA); i++) {
        PORTC &= (uint8_t)~(1 << SCL);
        DDRC |= 1 << SCL;
        _delay_us(5);
        DDRC &= (uint8_t)~(1 << SCL);
        PORTC |= 1 << SCL;
        _delay_us(5);
    }
    return line_is_high(SDA) && line_is_high(SCL);
}

/* The stop condition takes a clock or two; the next transfer must not cut it off. */
static void await_stop(void)
{
    for (uint8_t us = 0; us < 100 && (TWCR & 1 << TWSTO) != 0; us++) {
        _delay_us(1);
    }
}

static enum cooee_fault transfer(void *context, uint8_t address, const uint8_t *out, uint8_t out_count, uint8_t *in,
                                 uint8_t in_count)
{
    uint8_t status = BYTE_TAKEN;

    (void)context;
    if (!free_bus()) {
        return COOEE_FAULT_TIMEOUT;
    }
    began = time_ms();
    TWBR = (uint8_t)((F_CPU / CLOCK_HZ - 16) / 2);
    if (out_count > 0) {
        status = put_all(address, out, out_count);
    }
    if (in_count > 0 && status == BYTE_TAKEN) {
        status = get_all(address, in, in_count);
    }
    if (status != HELD) {
        TWCR = 1 << TWINT | 1 << TWEN | 1 << TWSTO;
        await_stop();
    }
    if (status == BYTE_TAKEN || status == LAST_READ) {
        return COOEE_FAULT_NONE;
    }
    /* Else a bus error, or somebody else speaks. */
    return status == WRITE_REFUSED || status == BYTE_REFUSED || status == READ_REFUSED ? COOEE_FAULT_ABSENT : COOEE_FAULT_TIMEOUT;
}

const struct cooee_i2c board_i2c = {0, transfer, time_wait_ms};
