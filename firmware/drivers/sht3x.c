#include "drivers/sht3x.h"

#include <stdbool.h>

#include "cooee/flash.h"

/* A measurement takes 15 ms at most (table 4), 15.5 at the lowest supply. */
#define MEASURE_MS 16
#define WORD_BYTES 3

/* Single shot, high repeatability, no clock stretching (table 9). */
static const uint8_t measure[] = {0x24, 0x00};

/* Polynomial 0x31, from 0xFF, bit 7 first (table 20). */
static uint8_t crc8(const uint8_t *bytes, uint8_t count)
{
    uint8_t crc = 0xFF;

    while (count-- > 0) {
        crc ^= *bytes++;
        for (uint8_t bit = 0; bit < 8; bit++) {
            crc = (uint8_t)((crc & 0x80) != 0 ? crc << 1 ^ 0x31 : crc << 1);
        }
    }
    return crc;
}

/* part * whole / 65535, rounded. */
static COOEE_SHARED uint16_t share(const uint8_t *word, uint16_t whole)
{
    uint32_t part = (uint32_t)word[0] << 8 | word[1];
    return (uint16_t)((part * whole + 32767) / 65535);
}

static enum cooee_fault measure_once(const struct cooee_i2c *i2c, uint8_t address, uint8_t words[2 * WORD_BYTES])
{
    enum cooee_fault fault = i2c->transfer(i2c->context, address, measure, sizeof measure, 0, 0);

    if (fault != COOEE_FAULT_NONE) {
        return fault;
    }
    i2c->wait_ms(i2c->context, MEASURE_MS);
    fault = i2c->transfer(i2c->context, address, 0, 0, words, 2 * WORD_BYTES);
    if (fault != COOEE_FAULT_NONE) {
        return fault;
    }
    bool sound = crc8(words, 2) == words[2] && crc8(words + WORD_BYTES, 2) == words[WORD_BYTES + 2];
    return sound ? COOEE_FAULT_NONE : COOEE_FAULT_CRC;
}

enum cooee_fault sht3x_read(const struct cooee_i2c *i2c, uint8_t address, int16_t *temperature_e2, int16_t *humidity_e2)
{
    uint8_t words[2 * WORD_BYTES];
    enum cooee_fault fault = measure_once(i2c, address, words);

    if (fault != COOEE_FAULT_NONE) {
        fault = measure_once(i2c, address, words);
    }
    if (fault == COOEE_FAULT_NONE) {
        *temperature_e2 = (int16_t)(share(words, 17500) - 4500);
        *humidity_e2 = (int16_t)share(words + WORD_BYTES, 10000);
    }
    return fault;
}
