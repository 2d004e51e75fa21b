/* Bosch BMP280 and BME280. The converters' numbers are found by bisection of the data sheets' floating-point formulas
 * (BMP280 8.1, BME280 8.1), which share nothing with the integer ones of the driver. */
#include <math.h>
#include <string.h>

#include "parts.h"

static double word(const struct bmp280 *sensor, uint8_t where)
{
    return (double)(sensor->registers[where] | sensor->registers[where + 1] << 8);
}

static double signed_word(const struct bmp280 *sensor, uint8_t where)
{
    double value = word(sensor, where);
    return value < 32768 ? value : value - 65536;
}

static double twelve_bits(int high, int low)
{
    return (double)((high < 128 ? high : high - 256) * 16 + low);
}

static double fine_of(const struct bmp280 *s, double adc)
{
    double linear = (adc / 16384 - word(s, 0x88) / 1024) * signed_word(s, 0x8A);
    double square = pow(adc / 131072 - word(s, 0x88) / 8192, 2) * signed_word(s, 0x8C);
    return linear + square;
}

static double pressure_of(const struct bmp280 *s, double fine, double adc)
{
    double half = fine / 2 - 64000;
    double offset = half * half * signed_word(s, 0x98) / 32768 + half * signed_word(s, 0x96) * 2;
    offset = offset / 4 + signed_word(s, 0x94) * 65536;
    double scale = (signed_word(s, 0x92) * half * half / 524288 + signed_word(s, 0x90) * half) / 524288;
    scale = (1 + scale / 32768) * word(s, 0x8E);
    double p = (1048576 - adc - offset / 4096) * 6250 / scale;
    return p + (signed_word(s, 0x9E) * p * p / 2147483648.0 + p * signed_word(s, 0x9C) / 32768 + signed_word(s, 0x9A)) / 16;
}

static double humidity_of(const struct bmp280 *s, double fine, double adc)
{
    const uint8_t *r = s->registers;
    double h4 = twelve_bits(r[0xE4], r[0xE5] & 15), h5 = twelve_bits(r[0xE6], r[0xE5] >> 4);
    double h6 = (double)(int8_t)r[0xE7], t = fine - 76800;
    double value = adc - (h4 * 64 + h5 / 16384 * t);
    value *= signed_word(s, 0xE1) / 65536 * (1 + h6 / 67108864 * t * (1 + (double)r[0xE3] / 67108864 * t));
    value *= 1 - (double)r[0xA1] * value / 524288;
    return fmin(fmax(value, 0), 100);
}

static double adc_at(const struct bmp280 *s, uint8_t where)
{
    return (double)(s->registers[where] << 12 | s->registers[where + 1] << 4 | s->registers[where + 2] >> 4);
}

void bmp280_reckon(const struct bmp280 *s, double *temperature, double *pressure, double *humidity)
{
    double fine = fine_of(s, adc_at(s, 0xFA));

    *temperature = fine / 5120;
    *pressure = pressure_of(s, fine, adc_at(s, 0xF7)) / 100;
    *humidity = humidity_of(s, fine, (double)(s->registers[0xFD] << 8 | s->registers[0xFE]));
}

/* Where a rising (or falling) function of a converter's number reaches a value. */
static uint32_t find(double (*function)(const struct bmp280 *, double, double), const struct bmp280 *s, double fine,
                     uint32_t last, double wanted)
{
    uint32_t low = 0, high = last;
    bool rises = function(s, fine, last) > function(s, fine, 0);

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if ((function(s, fine, middle) < wanted) == rises) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static double fine_only(const struct bmp280 *s, double unused, double adc)
{
    (void)unused;
    return fine_of(s, adc);
}

static void put_twenty_bits(uint8_t *registers, uint32_t adc)
{
    registers[0] = (uint8_t)(adc >> 12);
    registers[1] = (uint8_t)(adc >> 4);
    registers[2] = (uint8_t)(adc << 4);
}

static void measure(struct bmp280 *s)
{
    uint32_t adc_temperature = find(fine_only, s, 0, 0xFFFFF, s->temperature * 5120);
    double fine = fine_of(s, adc_temperature);

    put_twenty_bits(s->registers + 0xFA, adc_temperature);
    put_twenty_bits(s->registers + 0xF7, find(pressure_of, s, fine, 0xFFFFF, s->pressure * 100));
    uint32_t adc_humidity = s->humid ? find(humidity_of, s, fine, 0xFFFF, s->humidity) : 0x8000;
    s->registers[0xFD] = (uint8_t)(adc_humidity >> 8);
    s->registers[0xFE] = (uint8_t)adc_humidity;
}

static bool start(void *state, bool reading)
{
    struct bmp280 *s = state;

    s->pointed = reading && s->pointed;
    return !s->absent;
}

static bool write(void *state, uint8_t byte)
{
    struct bmp280 *s = state;

    if (!s->pointed) {
        s->pointer = byte;
        s->pointed = true;
        return true;
    }
    s->registers[s->pointer] = byte;
    if (s->pointer == 0xF4 && (byte & 3) == 1) {
        s->ready_us = s->asleep ? UINT64_MAX : parts_now_us + 43200;
        measure(s);
    }
    s->pointed = false;
    return true;
}

static uint8_t read(void *state)
{
    struct bmp280 *s = state;

    if (s->pointer == 0xF3) {
        return parts_now_us < s->ready_us ? 0x08 : 0;
    }
    return s->registers[s->pointer++];
}

void bmp280_set_calibration(struct bmp280 *s, const uint16_t words[12])
{
    for (int i = 0; i < 12; i++) {
        s->registers[0x88 + 2 * i] = (uint8_t)words[i];
        s->registers[0x89 + 2 * i] = (uint8_t)(words[i] >> 8);
    }
}

struct i2c_part bmp280_part(struct bmp280 *s)
{
    /* The calibration of the data sheet's example (BMP280 3.12), and that of a BME280 for humidity: h2 370, h3 0, h4 313,
     * h5 50, h6 30, h1 75. */
    static const uint16_t example[12] = {27504, 26435, (uint16_t)-1000, 36477, (uint16_t)-10685, 3024,
                                         2855, 140, (uint16_t)-7, 15500, (uint16_t)-14600, 6000};
    static const uint8_t humidity[7] = {370 & 255, 370 >> 8, 0, 313 >> 4, (313 & 15) | (50 & 15) << 4, 50 >> 4, 30};

    bmp280_set_calibration(s, example);
    memcpy(s->registers + 0xE1, humidity, sizeof humidity);
    s->registers[0xA1] = 75;
    s->registers[0xD0] = s->humid ? 0x60 : 0x58;
    return (struct i2c_part){s, 0x76, start, write, read};
}
