/* I2C by the two-wire interface, driven by its interrupt. */
#include <avr/interrupt.h>
#include <avr/io.h>

#include "board.h"

#include <util/delay.h>

#define CLOCK_HZ 100000UL
#define LIMIT_MS 20 /* the longest transfer, 26 bytes, takes 3 ms */
#define SDA 4       /* of port C */
#define SCL 5
#define GO (1 << TWINT | 1 << TWEN | 1 << TWIE)

/* Status codes of the data sheet's tables for the master. */
enum {
    STARTED = 0x08, STARTED_AGAIN = 0x10, WRITE_TAKEN = 0x18, BYTE_TAKEN = 0x28, READ_TAKEN = 0x40, BYTE_READ = 0x50,
    LAST_READ = 0x58, WRITE_REFUSED = 0x20, BYTE_REFUSED = 0x30, READ_REFUSED = 0x48
};

static struct {
    const uint8_t *out;
    uint8_t *in;
    uint8_t address, out_count, in_count;
    volatile bool busy;
    volatile enum cooee_fault fault;
} job;

static void finish(enum cooee_fault fault)
{
    TWCR = 1 << TWINT | 1 << TWEN | 1 << TWSTO;
    job.fault = fault;
    job.busy = false;
}

static void take_byte(void)
{
    *job.in++ = TWDR;
    job.in_count--;
}

/* The last byte is not acknowledged, which is how a sensor knows. */
static void ask_for_byte(void)
{
    TWCR = (uint8_t)(GO | (job.in_count > 1 ? 1 << TWEA : 0));
}

static void after_write(void)
{
    if (job.out_count > 0) {
        job.out_count--;
        TWDR = *job.out++;
        TWCR = GO;
    } else if (job.in_count > 0) {
        TWCR = GO | 1 << TWSTA;
    } else {
        finish(COOEE_FAULT_NONE);
    }
}

ISR(TWI_vect)
{
    switch (TWSR & 0xF8) {
    case STARTED:
    case STARTED_AGAIN:
        TWDR = (uint8_t)(job.address << 1 | (job.out_count == 0));
        TWCR = GO;
        break;
    case WRITE_TAKEN:
    case BYTE_TAKEN:
        after_write();
        break;
    case BYTE_READ:
        take_byte();
        ask_for_byte();
        break;
    case READ_TAKEN:
        ask_for_byte();
        break;
    case LAST_READ:
        take_byte();
        finish(COOEE_FAULT_NONE);
        break;
    case WRITE_REFUSED:
    case BYTE_REFUSED:
    case READ_REFUSED:
        finish(COOEE_FAULT_ABSENT);
        break;
    default: /* a bus error, or somebody else speaks */
        finish(COOEE_FAULT_TIMEOUT);
    }
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
    uint16_t began = time_ms();

    (void)context;
    if (!free_bus()) {
        return COOEE_FAULT_TIMEOUT;
    }
    job.out = out;
    job.in = in;
    job.address = address;
    job.out_count = out_count;
    job.in_count = in_count;
    job.busy = true;
    TWBR = (uint8_t)((F_CPU / CLOCK_HZ - 16) / 2);
    TWCR = GO | 1 << TWSTA;
    while (job.busy) {
        if ((uint16_t)(time_ms() - began) > LIMIT_MS) {
            TWCR = 0;
            return COOEE_FAULT_TIMEOUT;
        }
        time_idle();
    }
    await_stop();
    return job.fault;
}

const struct cooee_i2c board_i2c = {0, transfer, time_wait_ms};
