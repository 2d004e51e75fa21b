/* The functions of firmware/hal, in the fewest lines that work: on a computer with POSIX, serial line on standard input and output.
 * A new board begins as a copy of this folder. Replace one function after the other by what the board has. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cooee/serial.h"
#include "drivers/sht3x.h"
#include "hal/clock.h"
#include "hal/radio.h"
#include "hal/sensors.h"
#include "hal/sleep.h"
#include "hal/store.h"

#define LISTEN_MS 1000
#ifndef NODE_INCARNATION
#define NODE_INCARNATION 1
#define NODE_KEY {0}
#endif

/* On a board: a timer that goes on through sleep. */
uint32_t hal_clock_now_s(void *context)
{
    struct timespec now;

    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)now.tv_sec;
}

/* On a board: the deepest sleep that keeps the clock; watch for hangs while awake. */
void hal_sleep_s(uint16_t seconds)
{
    sleep(seconds);
}

/* On a board: EEPROM or flash, in two places written in turn, so that power lost meanwhile leaves one. Who the node is comes from
 * `cooee enrol`. */
void hal_store_start(void *context, struct cooee_start *start)
{
    static const uint8_t key[COOEE_KEY_SIZE] = NODE_KEY;
    const char *name = context;
    unsigned boot = 0;
    FILE *file = fopen(name, "r");

    if (file != NULL) {
        if (fscanf(file, "%u", &boot) != 1) {
            boot = 0;
        }
        fclose(file);
    }
    file = fopen(name, "w");
    if (file != NULL) {
        fprintf(file, "%u\n", ++boot);
        fclose(file);
    }
    *start = (struct cooee_start){.incarnation = NODE_INCARNATION, .boot = (uint16_t)boot, .reset = COOEE_RESET_POWER};
    memcpy(start->key, key, sizeof key);
}

bool hal_radio_send(void *context, const uint8_t *bytes, uint8_t length)
{
    uint8_t out[COOEE_SERIAL_MAX];
    uint8_t count = serial_wrap(bytes, length, out);

    (void)context;
    return write(STDOUT_FILENO, out, count) == count;
}

/* Listens for a byte at a time: a packet that ends in time is unwrapped. */
uint8_t hal_radio_receive(void *context, uint8_t bytes[COOEE_FRAME_MAX])
{
    static uint8_t packet[COOEE_SERIAL_MAX];
    static uint8_t length;
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    uint8_t byte;

    (void)context;
    while (poll(&input, 1, LISTEN_MS) == 1 && read(STDIN_FILENO, &byte, 1) == 1) {
        if (byte != COOEE_SERIAL_END) {
            packet[length] = byte;
            length = (uint8_t)(length < sizeof packet - 1 ? length + 1 : length); /* what is too long is no packet */
            continue;
        }
        uint8_t found = length > COOEE_FRAME_MAX + 1 ? 0 : serial_unwrap(packet, length);
        length = 0;
        for (uint8_t i = 0; i < found; i++) {
            bytes[i] = packet[i];
        }
        if (found > 0) {
            return found;
        }
    }
    return 0;
}

/* On a board: its I2C, with a limit on every wait. This computer's has nobody on it. */
static enum cooee_fault transfer(void *context, uint8_t address, const uint8_t *out, uint8_t out_count, uint8_t *in,
                                 uint8_t in_count)
{
    (void)context, (void)address, (void)out, (void)out_count, (void)in, (void)in_count;
    return COOEE_FAULT_ABSENT;
}

static void wait_ms(void *context, uint16_t ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};

    (void)context;
    nanosleep(&time, NULL);
}

static const struct cooee_i2c i2c = {0, transfer, wait_ms};

void hal_sensors_read(void *context, int16_t raw[COOEE_CHANNEL_COUNT])
{
    int16_t temperature_e2 = COOEE_FAILED, humidity_e2 = COOEE_FAILED;

    (void)context;
    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        raw[id] = COOEE_MISSING;
    }
    sht3x_read(&i2c, COOEE_SHT3X_ADDRESS, &temperature_e2, &humidity_e2);
    raw[COOEE_CHANNEL_AIR_TEMPERATURE] = temperature_e2;
    raw[COOEE_CHANNEL_HUMIDITY] = humidity_e2;
}
