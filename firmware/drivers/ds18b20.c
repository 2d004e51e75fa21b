#include "drivers/ds18b20.h"

#include <stdbool.h>

#define SKIP_ROM 0xCC
#define CONVERT 0x44
#define READ_SCRATCHPAD 0xBE
#define SCRATCHPAD_BYTES 9
/* Configuration register: bit 7 is 0, bits 4 to 0 are 1 in every sensor. */
#define CONFIGURATION 4
#define CONFIGURATION_FIXED 0x9F
#define CONFIGURATION_VALUE 0x1F
#define POWER_UP 0x0550 /* 85 degC */
/* A conversion of 12 bits takes 750 ms at most. */
#define CONVERT_MS 750
#define POLL_MS 10

/* Polynomial x8 + x5 + x4 + 1, from 0, bit 0 first. */
static uint8_t crc8(const uint8_t *bytes, uint8_t count)
{
    uint8_t crc = 0;

    while (count-- > 0) {
        crc ^= *bytes++;
        for (uint8_t bit = 0; bit < 8; bit++) {
            crc = (uint8_t)((crc & 1) != 0 ? crc >> 1 ^ 0x8C : crc >> 1);
        }
    }
    return crc;
}

static enum cooee_fault command(const struct cooee_onewire *line, uint8_t byte)
{
    enum cooee_fault fault = line->reset(line->context);

    if (fault == COOEE_FAULT_NONE) {
        line->write(line->context, SKIP_ROM);
        line->write(line->context, byte);
    }
    return fault;
}

/* The sensor answers 0 bits until it has converted. */
static bool await_conversion(const struct cooee_onewire *line)
{
    for (uint16_t ms = 0; ms <= CONVERT_MS; ms += POLL_MS) {
        line->wait_ms(line->context, POLL_MS);
        if (line->read(line->context) != 0) {
            return true;
        }
    }
    return false;
}

static enum cooee_fault read_scratchpad(const struct cooee_onewire *line, uint8_t bytes[SCRATCHPAD_BYTES])
{
    enum cooee_fault fault = command(line, READ_SCRATCHPAD);
    bool low = true;

    if (fault != COOEE_FAULT_NONE) {
        return fault;
    }
    for (uint8_t i = 0; i < SCRATCHPAD_BYTES; i++) {
        bytes[i] = line->read(line->context);
        low = low && bytes[i] == 0;
    }
    if (low) {
        return COOEE_FAULT_SHORT; /* its checksum would match */
    }
    return crc8(bytes, SCRATCHPAD_BYTES) == 0 ? COOEE_FAULT_NONE : COOEE_FAULT_CRC;
}

enum cooee_fault ds18b20_read(const struct cooee_onewire *line, int16_t *temperature_e2)
{
    uint8_t bytes[SCRATCHPAD_BYTES];
    enum cooee_fault fault = command(line, CONVERT);

    if (fault != COOEE_FAULT_NONE) {
        return fault;
    }
    if (!await_conversion(line)) {
        return COOEE_FAULT_TIMEOUT;
    }
    fault = read_scratchpad(line, bytes);
    if (fault == COOEE_FAULT_CRC) {
        fault = read_scratchpad(line, bytes);
    }
    if (fault != COOEE_FAULT_NONE) {
        return fault;
    }
    int16_t sixteenths = (int16_t)(uint16_t)((uint16_t)bytes[1] << 8 | bytes[0]);
    if ((bytes[CONFIGURATION] & CONFIGURATION_FIXED) != CONFIGURATION_VALUE || sixteenths == POWER_UP) {
        return COOEE_FAULT_IMPLAUSIBLE;
    }
    if (sixteenths < -55 * 16 || sixteenths > 125 * 16) {
        return COOEE_FAULT_IMPLAUSIBLE;
    }
    int32_t product = (int32_t)sixteenths * 100;
    *temperature_e2 = (int16_t)((product + (product < 0 ? -8 : 8)) / 16);
    return COOEE_FAULT_NONE;
}
