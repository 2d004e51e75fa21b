/* The STM32's two pins as a bus with one sensor on it, which takes bytes and gives bytes as UM10204 has it. */
#define COOEE_REGISTERS_H /* the pins are ours */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "hal/i2c.h"
#include "pins.h"

enum pin_mode { PIN_OPEN_DRAIN = 6 };
#define GPIOB 0

#define SENSOR 0x44

static bool master_scl = true, master_sda = true, sensor_sda = true, hold_scl, hold_sda, absent, refused;
static enum { IDLE, ADDRESS, TAKING, GIVING, DEAF } state, next;
static uint8_t bit, byte, taken[8], taken_count, given[8], given_count;

static bool line(uint8_t pin)
{
    return pin == PIN_SCL ? master_scl && !hold_scl : master_sda && sensor_sda && !hold_sda;
}

static void clock_rises(void)
{
    if (bit == 8) {
        refused = line(PIN_SDA);
    } else if (state != GIVING) {
        byte = (uint8_t)(byte << 1 | line(PIN_SDA));
    }
    bit++;
}

static void acknowledge(void)
{
    bool ours = byte >> 1 == SENSOR && !absent;

    sensor_sda = !(state == TAKING || (state == ADDRESS && ours));
    if (state == ADDRESS) {
        next = !ours ? DEAF : (byte & 1) != 0 ? GIVING : TAKING;
    } else if (state == TAKING) {
        taken[taken_count++ % sizeof taken] = byte;
    }
}

static void clock_falls(void)
{
    if (bit == 8) {
        acknowledge();
    } else if (bit == 9) {
        state = state == ADDRESS ? next : state == GIVING && refused ? DEAF : state;
        sensor_sda = true;
        bit = 0;
        byte = state == GIVING ? given[given_count++ % sizeof given] : 0;
    }
    if (state == GIVING && bit < 8) {
        sensor_sda = (byte >> (7 - bit) & 1) != 0;
    }
}

static void pin_set_mode(uint32_t port, uint8_t pin, enum pin_mode mode)
{
    (void)port, (void)pin, (void)mode;
}

static bool pin_is_high(uint32_t port, uint8_t pin)
{
    (void)port;
    return line(pin);
}

static void pin_write(uint32_t port, uint8_t pin, bool high)
{
    bool scl = line(PIN_SCL), sda = line(PIN_SDA);

    (void)port;
    *(pin == PIN_SCL ? &master_scl : &master_sda) = high;
    if (scl && line(PIN_SCL) && sda != line(PIN_SDA)) { /* stop and start */
        state = line(PIN_SDA) ? IDLE : ADDRESS;
        bit = byte = 0;
    } else if (!scl && line(PIN_SCL)) {
        clock_rises();
    } else if (scl && !line(PIN_SCL)) {
        clock_falls();
    }
}

void time_wait_ms(void *context, uint16_t ms)
{
    (void)context, (void)ms;
}

#include "ports/stm32f100/i2c.c"

static enum cooee_fault ask(const char *out, uint8_t out_count, uint8_t *in, uint8_t in_count)
{
    given_count = taken_count = 0;
    return board_i2c.transfer(0, SENSOR, (const uint8_t *)out, out_count, in, in_count);
}

int main(void)
{
    uint8_t in[3];

    memcpy(given, "\x80\x01\xA5", 3);
    CHECK(ask("\x2C\x06", 2, in, 0) == COOEE_FAULT_NONE);
    CHECK(taken_count == 2 && memcmp(taken, "\x2C\x06", 2) == 0);
    CHECK(ask("\xD0", 1, in, 3) == COOEE_FAULT_NONE);
    CHECK(taken[0] == 0xD0 && memcmp(in, "\x80\x01\xA5", 3) == 0);
    CHECK(ask("", 0, in, 2) == COOEE_FAULT_NONE && in[0] == 0x80);
    CHECK(line(PIN_SCL) && line(PIN_SDA));
    absent = true;
    CHECK(ask("\xD0", 1, in, 3) == COOEE_FAULT_ABSENT);
    absent = false;
    hold_scl = true;
    CHECK(ask("\xD0", 1, in, 3) == COOEE_FAULT_TIMEOUT);
    hold_scl = false;
    hold_sda = true;
    CHECK(ask("\xD0", 1, in, 3) == COOEE_FAULT_TIMEOUT);
    hold_sda = false;
    CHECK(ask("\xD0", 1, in, 3) == COOEE_FAULT_NONE && memcmp(in, "\x80\x01\xA5", 3) == 0);
    return 0;
}
