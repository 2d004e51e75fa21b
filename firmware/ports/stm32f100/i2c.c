/* I2C by two open-drain pins, some 50 kHz: the interface of this processor locks up in ways that its errata list. */
#include "board.h"
#include "registers.h"

#define QUARTER 30      /* turns of a loop: 5 us */
#define STRETCH 20000UL /* how long a sensor may hold the clock: 20 ms */

static void pause(void)
{
    for (volatile uint8_t i = 0; i < QUARTER; i++) {
    }
}

static void sda(bool high)
{
    pin_write(GPIOB, PIN_SDA, high);
    pause();
}

/* False when somebody holds the clock. */
static bool scl(bool high)
{
    pin_write(GPIOB, PIN_SCL, high);
    pause();
    for (uint32_t i = 0; high && !pin_is_high(GPIOB, PIN_SCL); i++) {
        if (i == STRETCH) {
            return false;
        }
    }
    return true;
}

static bool clock_bit(bool out, bool *in)
{
    sda(out);
    bool free = scl(true);
    *in = pin_is_high(GPIOB, PIN_SDA);
    return scl(false) && free;
}

static bool start(void)
{
    sda(true);
    bool free = scl(true) && pin_is_high(GPIOB, PIN_SDA);
    sda(false);
    return scl(false) && free;
}

static void stop(void)
{
    sda(false);
    scl(true);
    sda(true);
}

static enum cooee_fault put(uint8_t byte)
{
    bool in, free = true;

    for (uint8_t bit = 0; bit < 8; bit++) {
        free = clock_bit((byte & 0x80 >> bit) != 0, &in) && free;
    }
    free = clock_bit(true, &in) && free;
    return !free ? COOEE_FAULT_TIMEOUT : in ? COOEE_FAULT_ABSENT : COOEE_FAULT_NONE;
}

static bool get(uint8_t *byte, bool last)
{
    bool in, free = true;

    *byte = 0;
    for (uint8_t bit = 0; bit < 8; bit++) {
        free = clock_bit(true, &in) && free;
        *byte = (uint8_t)(*byte << 1 | in);
    }
    return clock_bit(last, &in) && free;
}

static enum cooee_fault write_all(uint8_t address, const uint8_t *out, uint8_t count)
{
    enum cooee_fault fault = start() ? put((uint8_t)(address << 1)) : COOEE_FAULT_TIMEOUT;

    for (uint8_t i = 0; i < count && fault == COOEE_FAULT_NONE; i++) {
        fault = put(out[i]);
    }
    return fault;
}

static enum cooee_fault read_all(uint8_t address, uint8_t *in, uint8_t count)
{
    enum cooee_fault fault = start() ? put((uint8_t)(address << 1 | 1)) : COOEE_FAULT_TIMEOUT;

    for (uint8_t i = 0; i < count && fault == COOEE_FAULT_NONE; i++) {
        fault = get(&in[i], i + 1 == count) ? COOEE_FAULT_NONE : COOEE_FAULT_TIMEOUT;
    }
    return fault;
}

/* Clocks a sensor that was interrupted in a byte to its end, so that it lets go of the data line (UM10204 3.1.16). */
static bool free_bus(void)
{
    bool in;

    pin_write(GPIOB, PIN_SDA, true);
    pin_write(GPIOB, PIN_SCL, true);
    pin_set_mode(GPIOB, PIN_SDA, PIN_OPEN_DRAIN);
    pin_set_mode(GPIOB, PIN_SCL, PIN_OPEN_DRAIN);
    for (uint8_t i = 0; i < 9 && !pin_is_high(GPIOB, PIN_SDA); i++) {
        if (!clock_bit(true, &in)) {
            return false;
        }
    }
    return pin_is_high(GPIOB, PIN_SDA);
}

static enum cooee_fault transfer(void *context, uint8_t address, const uint8_t *out, uint8_t out_count, uint8_t *in,
                                 uint8_t in_count)
{
    enum cooee_fault fault = COOEE_FAULT_TIMEOUT;

    (void)context;
    if (free_bus()) {
        fault = out_count > 0 || in_count == 0 ? write_all(address, out, out_count) : COOEE_FAULT_NONE;
        if (fault == COOEE_FAULT_NONE && in_count > 0) {
            fault = read_all(address, in, in_count);
        }
        stop();
    }
    return fault;
}

const struct cooee_i2c board_i2c = {0, transfer, time_wait_ms};
