#include "drivers/bmp280.h"

#include <math.h>

#include "../check.h"
#include "cooee/channels.h"
#include "fake_i2c.h"

static struct bmp280 sensor;
static struct fake_bus bus;
static const struct cooee_i2c i2c = FAKE_I2C(&bus);
static struct cooee_bmp280_reading reading;

static enum cooee_fault read_sensor(void)
{
    return bme280_read(&i2c, COOEE_BMP280_ADDRESS, &reading);
}

static void plug(bool humid)
{
    sensor = (struct bmp280){.humid = humid, .temperature = 20, .pressure = 1013.25, .humidity = 50};
    bus = (struct fake_bus){.part = bmp280_part(&sensor)};
}

static void put_twenty_bits(uint8_t where, uint32_t adc)
{
    sensor.registers[where] = (uint8_t)(adc >> 12);
    sensor.registers[where + 1] = (uint8_t)(adc >> 4);
    sensor.registers[where + 2] = (uint8_t)(adc << 4);
}

static enum cooee_fault as_it_stands(void *context, uint8_t address, const uint8_t *out, uint8_t out_count, uint8_t *in,
                                     uint8_t in_count)
{
    (void)context, (void)address, (void)out_count;
    for (uint8_t i = 0; i < in_count; i++) {
        in[i] = out[0] == 0xF3 ? 0 : sensor.registers[(uint8_t)(out[0] + i)];
    }
    return COOEE_FAULT_NONE;
}

/* BMP280 data sheet 3.12: 519888 and 415148 are 25.08 degC and 100653.27 Pa. */
static void the_data_sheets_example(void)
{
    const struct cooee_i2c fixed = {0, as_it_stands, fake_wait};

    plug(false);
    put_twenty_bits(0xFA, 519888);
    put_twenty_bits(0xF7, 415148);
    CHECK_EQUAL(bmp280_read(&fixed, COOEE_BMP280_ADDRESS, &reading), COOEE_FAULT_NONE);
    CHECK_EQUAL(reading.temperature_e2, 2508);
    CHECK_EQUAL(reading.pressure_e1, 10065);
    CHECK_EQUAL(reading.humidity_e2, COOEE_MISSING);
    double temperature, pressure, humidity;
    bmp280_reckon(&sensor, &temperature, &pressure, &humidity);
    CHECK(fabs(temperature - 25.08) < 0.005 && fabs(pressure - 1006.5327) < 0.0005);
}

static void every_value_is_that_of_the_floating_point_formulas(void)
{
    for (int step = 0; step < 3000; step++) {
        double temperature, pressure, humidity;

        plug(step % 2 == 1);
        sensor.temperature = -39.9 + step % 124;
        sensor.pressure = 301 + step * 37 % 798;
        sensor.humidity = 1 + step * 13 % 99;
        CHECK_EQUAL(read_sensor(), COOEE_FAULT_NONE);
        bmp280_reckon(&sensor, &temperature, &pressure, &humidity);
        CHECK(fabs(reading.temperature_e2 / 100.0 - temperature) <= 0.0105);
        CHECK(fabs(reading.pressure_e1 / 10.0 - pressure) <= 0.11);
        CHECK(!sensor.humid || fabs(reading.humidity_e2 / 100.0 - humidity) <= 0.06);
        CHECK(sensor.humid || reading.humidity_e2 == COOEE_MISSING);
    }
}

static void who_needs_no_humidity_is_given_none(void)
{
    plug(true);
    CHECK_EQUAL(read_sensor(), COOEE_FAULT_NONE);
    int16_t temperature_e2 = reading.temperature_e2, pressure_e1 = reading.pressure_e1;
    CHECK(reading.humidity_e2 != COOEE_MISSING);
    plug(true);
    CHECK_EQUAL(bmp280_read(&i2c, COOEE_BMP280_ADDRESS, &reading), COOEE_FAULT_NONE);
    CHECK_EQUAL(reading.temperature_e2, temperature_e2);
    CHECK_EQUAL(reading.pressure_e1, pressure_e1);
    CHECK_EQUAL(reading.humidity_e2, COOEE_MISSING);
}

static void what_is_wrong_is_told_apart(void)
{
    plug(false);
    sensor.absent = true;
    CHECK_EQUAL(read_sensor(), COOEE_FAULT_ABSENT);
    plug(false);
    sensor.registers[0xD0] = 0x55; /* a BMP180 */
    CHECK_EQUAL(read_sensor(), COOEE_FAULT_ABSENT);
    plug(false);
    sensor.asleep = true;
    CHECK_EQUAL(read_sensor(), COOEE_FAULT_TIMEOUT);
    plug(false);
    bus.held = true;
    CHECK_EQUAL(read_sensor(), COOEE_FAULT_TIMEOUT);
    plug(false);
    sensor.temperature = -41;
    CHECK_EQUAL(read_sensor(), COOEE_FAULT_IMPLAUSIBLE);
    plug(true);
    sensor.pressure = 250;
    CHECK_EQUAL(read_sensor(), COOEE_FAULT_IMPLAUSIBLE);
}

/* There is no checksum: a damaged calibration may give a wrong value within the sensor's range, but never an accident. */
static void any_registers_are_taken_without_an_accident(void)
{
    const struct cooee_i2c fixed = {0, as_it_stands, fake_wait};
    uint32_t state = 20261127;

    for (int round = 0; round < 100000; round++) {
        for (int i = 0x80; i < 0x100; i++) {
            state = state * 1664525 + 1013904223;
            uint8_t byte = (uint8_t)(state >> 24);
            sensor.registers[i] = round % 3 == 0 ? (byte & 1 ? 0xFF : 0x80) : byte;
        }
        sensor.registers[0xD0] = round % 2 ? 0x60 : 0x58;
        if (bme280_read(&fixed, COOEE_BMP280_ADDRESS, &reading) == COOEE_FAULT_NONE) {
            CHECK(reading.temperature_e2 >= -4000 && reading.temperature_e2 <= 8500);
            CHECK(reading.pressure_e1 >= 3000 && reading.pressure_e1 <= 11000);
            CHECK(reading.humidity_e2 == COOEE_MISSING || (reading.humidity_e2 >= 0 && reading.humidity_e2 <= 10000));
        }
    }
}

int main(void)
{
    the_data_sheets_example();
    every_value_is_that_of_the_floating_point_formulas();
    who_needs_no_humidity_is_given_none();
    what_is_wrong_is_told_apart();
    any_registers_are_taken_without_an_accident();
    return 0;
}
