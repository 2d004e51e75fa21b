/* Maxim DS18B20, alone on its line, with a supply of its own. */
#include <math.h>
#include <string.h>

#include "parts.h"

uint64_t parts_now_us;

static uint8_t checksum(const uint8_t *bytes, int count)
{
    unsigned value = 0;

    for (int i = 0; i < 8 * count; i++) {
        unsigned feed = (value ^ bytes[i / 8] >> i % 8) & 1;
        value = value >> 1 ^ (feed ? 0x8C : 0);
    }
    return (uint8_t)value;
}

static void put_temperature(struct ds18b20 *sensor, double temperature)
{
    uint16_t sixteenths = (uint16_t)lround(temperature * 16);

    sensor->scratchpad[0] = (uint8_t)sixteenths;
    sensor->scratchpad[1] = (uint8_t)(sixteenths >> 8);
    sensor->scratchpad[8] = checksum(sensor->scratchpad, 8);
}

void ds18b20_start(struct ds18b20 *sensor)
{
    static const uint8_t fresh[9] = {0x50, 0x05, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10};

    memcpy(sensor->scratchpad, fresh, sizeof fresh);
    put_temperature(sensor, 85);
}

bool ds18b20_reset(struct ds18b20 *sensor)
{
    sensor->commands = 0;
    sensor->command = 0;
    return !sensor->absent;
}

void ds18b20_write(struct ds18b20 *sensor, uint8_t byte)
{
    if (sensor->commands++ == 0) {
        return; /* skip ROM: there is one sensor */
    }
    sensor->command = byte;
    sensor->at = 0;
    if (byte == 0x44) {
        sensor->ready_us = sensor->slow ? UINT64_MAX : parts_now_us + 740000;
        put_temperature(sensor, sensor->unpowered ? 85 : sensor->temperature);
    } else if (byte == 0xBE) {
        sensor->spoils = sensor->spoilt > 0;
        sensor->spoilt -= sensor->spoils;
    }
}

uint8_t ds18b20_read_byte(struct ds18b20 *sensor)
{
    if (sensor->shorted) {
        return 0;
    }
    if (sensor->command == 0x44) {
        return parts_now_us < sensor->ready_us ? 0 : 0xFF;
    }
    if (sensor->command != 0xBE || sensor->at == 9) {
        return 0xFF;
    }
    uint8_t byte = sensor->scratchpad[sensor->at++];
    return sensor->spoils && sensor->at == 1 ? byte ^ 0x04 : byte;
}
