#include "drivers/bmp280.h"

#include <stdbool.h>

#include "cooee/channels.h"
#include "cooee/flash.h"

#define REGISTER_CALIBRATION 0x88
#define REGISTER_H1 0xA1
#define REGISTER_ID 0xD0
#define REGISTER_H2 0xE1
#define REGISTER_CTRL_HUM 0xF2
#define REGISTER_STATUS 0xF3
#define REGISTER_CTRL_MEAS 0xF4
#define REGISTER_DATA 0xF7

#define ID_BMP280 0x58
#define ID_BME280 0x60
#define HUMIDITY_ONCE 0x01
#define MEASURE 0x55 /* temperature twice, pressure 16 times, once on demand */
#define MEASURING 0x08
#define MEASURE_MS 50 /* 46.1 ms at most with humidity */
#define POLL_MS 5
#define NOT_MEASURED 0x80000L

#define CALIBRATION_BYTES 24
#define HUMIDITY_BYTES 7

/* The data sheets' names without "dig_". The first 24 bytes are as the sensor has them: low byte first, as every processor that this
 * runs on has it. */
struct calibration {
    uint16_t t1;
    int16_t t2, t3;
    uint16_t p1;
    int16_t p2, p3, p4, p5, p6, p7, p8, p9;
    uint8_t h1, h3;
    int16_t h2, h4, h5;
    int8_t h6;
};

static enum cooee_fault get(const struct cooee_i2c *i2c, uint8_t address, uint8_t first, uint8_t *bytes, uint8_t count)
{
    return i2c->transfer(i2c->context, address, &first, 1, bytes, count);
}

static enum cooee_fault set(const struct cooee_i2c *i2c, uint8_t address, uint8_t where, uint8_t value)
{
    uint8_t bytes[2] = {where, value};
    return i2c->transfer(i2c->context, address, bytes, sizeof bytes, 0, 0);
}

/* Two's complement of 32 bits, as the data sheets' code takes for granted: wraps where a damaged calibration overflows. */
static int32_t mul(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a * (uint32_t)b);
}

static int32_t add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

/* value / 2^bits, towards nought */
static COOEE_SHARED int32_t part(int32_t value, uint8_t bits)
{
    uint32_t size = (value < 0 ? -(uint32_t)value : (uint32_t)value) >> bits;
    return value < 0 ? -(int32_t)size : (int32_t)size;
}

static int32_t square(int32_t a)
{
    return mul(a, a);
}

static enum cooee_fault read_calibration(const struct cooee_i2c *i2c, uint8_t address, bool humid, struct calibration *c)
{
    uint8_t b[HUMIDITY_BYTES];
    enum cooee_fault fault = get(i2c, address, REGISTER_CALIBRATION, (uint8_t *)c, CALIBRATION_BYTES);

    if (!humid || fault != COOEE_FAULT_NONE) {
        return fault;
    }
    fault = get(i2c, address, REGISTER_H1, &c->h1, 1);
    if (fault == COOEE_FAULT_NONE) {
        fault = get(i2c, address, REGISTER_H2, b, HUMIDITY_BYTES);
    }
    c->h2 = (int16_t)(uint16_t)(b[0] | (uint16_t)b[1] << 8);
    c->h3 = b[2];
    c->h4 = (int16_t)((int8_t)b[3] * 16 + (b[4] & 15));
    c->h5 = (int16_t)((int8_t)b[5] * 16 + (b[4] >> 4));
    c->h6 = (int8_t)b[6];
    return fault;
}

/* Temperature in 1/5120 degC ("t_fine"; BMP280 data sheet 8.2, BME280 4.2.3). */
static int32_t fine_temperature(const struct calibration *c, int32_t adc)
{
    int32_t linear = part(mul(adc / 8 - (int32_t)c->t1 * 2, c->t2), 11);
    int32_t square_term = part(mul(part(square(adc / 16 - c->t1), 12), c->t3), 14);
    return add(linear, square_term);
}

/* Pressure in Pa, 32-bit arithmetic (BMP280 data sheet 8.2); 0 for a calibration that cannot be. */
static uint32_t pressure(const struct calibration *c, int32_t fine, int32_t adc)
{
    int32_t half = part(fine, 1) - 64000;
    int32_t quarter_square = square(part(half, 2));
    int32_t offset = add(mul(part(quarter_square, 11), c->p6), mul(mul(half, c->p5), 2));
    offset = add(part(offset, 2), mul(c->p4, 65536L));
    int32_t scale = part(add(part(mul(c->p3, part(quarter_square, 13)), 3), part(mul(c->p2, half), 1)), 18);
    scale = part(mul(add(32768L, scale), c->p1), 15);
    if (scale <= 0 || adc > 1048576L) {
        return 0;
    }
    uint32_t raw = ((uint32_t)(1048576L - adc) - (uint32_t)part(offset, 12)) * 3125U;
    raw = raw < 0x80000000UL ? raw * 2 / (uint32_t)scale : raw / (uint32_t)scale * 2;
    int32_t ninth = part(mul(c->p9, (int32_t)((raw / 8) * (raw / 8) / 8192)), 12);
    int32_t eighth = part(mul((int32_t)(raw / 4), c->p8), 13);
    return (uint32_t)add((int32_t)raw, part(add(add(ninth, eighth), c->p7), 4));
}

/* Humidity in 1/1024 % (BME280 data sheet 4.2.3). */
static uint32_t humidity(const struct calibration *c, int32_t fine, int32_t adc)
{
    int32_t t = fine - 76800L;
    int32_t measured = part(add(mul(adc, 16384), -add(mul(c->h4, 1048576L), mul(c->h5, t))) + 16384, 15);
    int32_t gain = add(part(mul(part(mul(t, c->h6), 10), add(part(mul(t, c->h3), 11), 32768)), 10), 2097152L);
    int32_t value = mul(measured, part(add(mul(gain, c->h2), 8192), 14));
    value = add(value, -part(mul(part(square(part(value, 15)), 7), c->h1), 4));
    return value < 0 ? 0 : value > 419430400L ? 102400UL : (uint32_t)value / 4096;
}

static enum cooee_fault await_measurement(const struct cooee_i2c *i2c, uint8_t address)
{
    for (uint8_t ms = 0; ms <= MEASURE_MS; ms += POLL_MS) {
        uint8_t status;
        i2c->wait_ms(i2c->context, POLL_MS);
        enum cooee_fault fault = get(i2c, address, REGISTER_STATUS, &status, 1);
        if (fault != COOEE_FAULT_NONE || (status & MEASURING) == 0) {
            return fault;
        }
    }
    return COOEE_FAULT_TIMEOUT;
}

static enum cooee_fault measure(const struct cooee_i2c *i2c, uint8_t address, bool humid, uint8_t bytes[8])
{
    enum cooee_fault fault = humid ? set(i2c, address, REGISTER_CTRL_HUM, HUMIDITY_ONCE) : COOEE_FAULT_NONE;

    if (fault == COOEE_FAULT_NONE) {
        fault = set(i2c, address, REGISTER_CTRL_MEAS, MEASURE);
    }
    if (fault == COOEE_FAULT_NONE) {
        fault = await_measurement(i2c, address);
    }
    return fault == COOEE_FAULT_NONE ? get(i2c, address, REGISTER_DATA, bytes, humid ? 8 : 6) : fault;
}

static COOEE_SHARED int32_t twenty_bits(const uint8_t *bytes)
{
    return (int32_t)((uint32_t)bytes[0] << 12 | (uint16_t)bytes[1] << 4 | bytes[2] >> 4);
}

static enum cooee_fault compensate(const struct calibration *c, const uint8_t bytes[8], bool humid,
                                   struct cooee_bmp280_reading *reading)
{
    int32_t adc_pressure = twenty_bits(bytes), adc_temperature = twenty_bits(bytes + 3);

    if (adc_pressure == NOT_MEASURED || adc_temperature == NOT_MEASURED) {
        return COOEE_FAULT_TIMEOUT;
    }
    int32_t fine = fine_temperature(c, adc_temperature);
    if (fine < -40 * 5120L || fine > 85 * 5120L) {
        return COOEE_FAULT_IMPLAUSIBLE;
    }
    uint32_t pascal = pressure(c, fine, adc_pressure);
    if (pascal < 30000UL || pascal > 110000UL) {
        return COOEE_FAULT_IMPLAUSIBLE;
    }
    reading->temperature_e2 = (int16_t)((fine * 5 + (fine < 0 ? -128 : 128)) / 256);
    reading->pressure_e1 = (int16_t)((pascal + 5) / 10);
    reading->humidity_e2 = COOEE_MISSING;
    if (humid) {
        int32_t adc_humidity = (int32_t)((uint32_t)bytes[6] << 8 | bytes[7]);
        reading->humidity_e2 = (int16_t)((humidity(c, fine, adc_humidity) * 100 + 512) / 1024);
    }
    return COOEE_FAULT_NONE;
}

/* `humid`: humidity too, from a sensor that measures it. */
static enum cooee_fault read(const struct cooee_i2c *i2c, uint8_t address, bool humid, struct cooee_bmp280_reading *reading)
{
    struct calibration calibration;
    uint8_t id, bytes[8];
    enum cooee_fault fault = get(i2c, address, REGISTER_ID, &id, 1);

    if (fault != COOEE_FAULT_NONE) {
        return fault;
    }
    if (id != ID_BMP280 && id != ID_BME280) {
        return COOEE_FAULT_ABSENT;
    }
    humid = humid && id == ID_BME280;
    fault = read_calibration(i2c, address, humid, &calibration);
    if (fault != COOEE_FAULT_NONE) {
        return fault;
    }
    fault = measure(i2c, address, humid, bytes);
    return fault == COOEE_FAULT_NONE ? compensate(&calibration, bytes, humid, reading) : fault;
}

enum cooee_fault bmp280_read(const struct cooee_i2c *i2c, uint8_t address, struct cooee_bmp280_reading *reading)
{
    return read(i2c, address, false, reading);
}

enum cooee_fault bme280_read(const struct cooee_i2c *i2c, uint8_t address, struct cooee_bmp280_reading *reading)
{
    return read(i2c, address, true, reading);
}
