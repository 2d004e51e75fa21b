/* Sensirion SHT31: single shot without clock stretching. */
#include <math.h>

#include "parts.h"

/* The data sheet's checksum, one bit of the message after the other. */
static uint8_t checksum(uint8_t high, uint8_t low)
{
    unsigned message = (unsigned)(high << 8 | low), value = 0xFF;

    for (int bit = 15; bit >= 0; bit--) {
        unsigned feed = (value >> 7 & 1) ^ (message >> bit & 1);
        value = (value << 1 & 0xFF) ^ (feed ? 0x31 : 0);
    }
    return (uint8_t)value;
}

static void put_word(uint8_t *bytes, double share)
{
    long word = lround(fmin(fmax(share, 0), 1) * 65535);

    bytes[0] = (uint8_t)(word >> 8);
    bytes[1] = (uint8_t)word;
    bytes[2] = checksum(bytes[0], bytes[1]);
}

static bool start(void *state, bool reading)
{
    struct sht31 *sensor = state;

    sensor->at = 0;
    if (sensor->absent || (reading && parts_now_us < sensor->ready_us)) {
        return false;
    }
    if (reading && sensor->spoilt > 0) {
        sensor->spoilt--;
        sensor->answer[1] ^= 0x10;
    }
    return true;
}

static bool write(void *state, uint8_t byte)
{
    struct sht31 *sensor = state;

    if (sensor->at == 2) {
        return false;
    }
    sensor->command[sensor->at++] = byte;
    if (sensor->at == 2 && sensor->command[0] == 0x24 && sensor->command[1] == 0x00) {
        put_word(sensor->answer, (sensor->temperature + 45) / 175);
        put_word(sensor->answer + 3, sensor->humidity / 100);
        sensor->ready_us = parts_now_us + 15000;
    }
    return true;
}

static uint8_t read(void *state)
{
    struct sht31 *sensor = state;

    return sensor->at < sizeof sensor->answer ? sensor->answer[sensor->at++] : 0xFF;
}

struct i2c_part sht31_part(struct sht31 *sensor)
{
    sensor->ready_us = UINT64_MAX;
    return (struct i2c_part){sensor, 0x44, start, write, read};
}
