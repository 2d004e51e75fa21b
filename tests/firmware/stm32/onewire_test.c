/* The STM32's 1-Wire pin with one device on it, which answers a reset, takes a byte, and gives it back. */
#define COOEE_REGISTERS_H /* the pins and the clock are ours */
#define COOEE_INTERRUPTS_H
#include <stdbool.h>
#include <stdint.h>

#include "check.h"
#include "hal/onewire.h"
#include "pins.h"

enum pin_mode { PIN_OPEN_DRAIN = 6 };
#define GPIOB 0
#define SYSTICK_CVR tick()
#define TICKS_A_MS (F_CPU / 1000)

static uint64_t now; /* ticks of the processor */
static bool master = true, absent, shorted, giving, gives_0;
static uint64_t fell, rose;
static bool presence;
static uint8_t memory = 0xA5, bit;
static int off;

static double us_since(uint64_t then)
{
    return (double)(now - then) / (F_CPU / 1000000UL);
}

/* Reading the counter takes some ticks. */
static uint32_t tick(void)
{
    now += 7;
    return (uint32_t)(TICKS_A_MS - 1 - now % TICKS_A_MS);
}

static bool device(void)
{
    if (absent) {
        return true;
    }
    if (presence) {
        return us_since(rose) < 30 || us_since(rose) > 120;
    }
    return !gives_0 || us_since(fell) > 30;
}

static void pin_set_mode(uint32_t port, uint8_t pin, enum pin_mode mode)
{
    CHECK(port == GPIOB && pin == PIN_ONEWIRE && mode == PIN_OPEN_DRAIN);
}

static bool pin_is_high(uint32_t port, uint8_t pin)
{
    (void)port, (void)pin;
    return master && !shorted && device();
}

/* The device takes a bit when the line rises: a long low is a 0. */
static void end_slot(void)
{
    double low_us = us_since(fell);

    CHECK(low_us > 1 && (low_us < 15 || (low_us > 60 && low_us < 120) || low_us >= 480));
    presence = low_us >= 480;
    if (presence) {
        bit = 0;
        return;
    }
    CHECK(off > 0); /* an interrupt would spoil it */
    if (!giving) {
        memory = (uint8_t)((memory & ~(1U << bit)) | (low_us < 15 ? 1U << bit : 0));
    }
    bit = (bit + 1) % 8;
}

static void pin_write(uint32_t port, uint8_t pin, bool high)
{
    (void)port, (void)pin;
    now += 12;
    if (master && !high) {
        CHECK(presence || us_since(rose) > 1);
        fell = now;
        presence = false;
        gives_0 = giving && (memory >> bit & 1) == 0;
    } else if (!master && high) {
        end_slot();
        rose = now;
    }
    master = high;
}

static void interrupts_off(void)
{
    off++;
}

static void interrupts_on(void)
{
    off--;
}

void time_wait_ms(void *context, uint16_t ms)
{
    (void)context;
    now += ms * TICKS_A_MS;
}

#include "ports/bare_metal/onewire.c"

int main(void)
{
    now = 5 * TICKS_A_MS; /* the counter wraps within slots */
    for (int i = 0; i < 50; i++) {
        uint8_t byte = (uint8_t)(37 * i + 1);
        now += 1234;
        CHECK(board_onewire.reset(0) == COOEE_FAULT_NONE);
        board_onewire.write(0, byte);
        CHECK(memory == byte);
        giving = true;
        CHECK(board_onewire.read(0) == byte);
        giving = false;
        CHECK(off == 0 && master);
    }
    absent = true;
    CHECK(board_onewire.reset(0) == COOEE_FAULT_ABSENT);
    CHECK(board_onewire.read(0) == 0xFF);
    shorted = true;
    CHECK(board_onewire.reset(0) == COOEE_FAULT_SHORT);
    absent = shorted = false;
    CHECK(board_onewire.reset(0) == COOEE_FAULT_NONE);
    return 0;
}
