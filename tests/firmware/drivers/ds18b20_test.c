#include "drivers/ds18b20.h"

#include "../check.h"
#include "parts.h"

static struct ds18b20 sensor;
static int16_t temperature;

static enum cooee_fault reset(void *context)
{
    return sensor.shorted ? COOEE_FAULT_SHORT : ds18b20_reset(context) ? COOEE_FAULT_NONE : COOEE_FAULT_ABSENT;
}

static void write_byte(void *context, uint8_t byte)
{
    ds18b20_write(context, byte);
}

static uint8_t read_byte(void *context)
{
    return ds18b20_read_byte(context);
}

static void wait_ms(void *context, uint16_t ms)
{
    (void)context;
    parts_now_us += 1000U * ms;
}

static const struct cooee_onewire line = {&sensor, reset, write_byte, read_byte, wait_ms};

static enum cooee_fault read_at(double degc)
{
    sensor.temperature = degc;
    temperature = 0;
    return ds18b20_read(&line, &temperature);
}

/* Table 1 of the data sheet (85 degC apart, below), in hundredths rounded away from zero at the half. */
static void the_data_sheets_table(void)
{
    static const struct {
        double degc;
        uint8_t high, low;
        int16_t wanted;
    } rows[] = {{125, 0x07, 0xD0, 12500}, {25.0625, 0x01, 0x91, 2506}, {10.125, 0x00, 0xA2, 1013}, {0.5, 0x00, 0x08, 50},
                {0, 0x00, 0x00, 0}, {-0.5, 0xFF, 0xF8, -50}, {-10.125, 0xFF, 0x5E, -1013}, {-25.0625, 0xFE, 0x6F, -2506},
                {-55, 0xFC, 0x90, -5500}};

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CHECK_EQUAL(read_at(rows[i].degc), COOEE_FAULT_NONE);
        CHECK_EQUAL(temperature, rows[i].wanted);
        CHECK_EQUAL(sensor.scratchpad[1], rows[i].high);
        CHECK_EQUAL(sensor.scratchpad[0], rows[i].low);
    }
}

/* A scratchpad as the sensor has it after power-up, with its checksum as published for it. */
static void the_checksum_is_the_published_one(void)
{
    static const uint8_t power_up[9] = {0x50, 0x05, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10, 0x1C};

    for (unsigned i = 0; i < sizeof power_up; i++) {
        CHECK_EQUAL(sensor.scratchpad[i], power_up[i]);
    }
}

static void neither_85_nor_all_ones_nor_all_zeros_is_a_reading(void)
{
    sensor.unpowered = true;
    CHECK_EQUAL(read_at(12), COOEE_FAULT_IMPLAUSIBLE);
    sensor.unpowered = false;
    CHECK_EQUAL(read_at(85), COOEE_FAULT_IMPLAUSIBLE);
    CHECK_EQUAL(read_at(84.9375), COOEE_FAULT_NONE);
    sensor.absent = true; /* of which others make -127 degC */
    CHECK_EQUAL(read_at(12), COOEE_FAULT_ABSENT);
    sensor.absent = false;
    sensor.shorted = true;
    CHECK_EQUAL(read_at(12), COOEE_FAULT_SHORT);
    sensor.shorted = false;
}

static uint8_t read_zero(void *context)
{
    return sensor.command == 0x44 ? ds18b20_read_byte(context) : 0;
}

static void a_short_after_the_conversion_is_no_zero_degrees(void)
{
    const struct cooee_onewire shorted = {&sensor, reset, write_byte, read_zero, wait_ms};
    CHECK_EQUAL(ds18b20_read(&shorted, &temperature), COOEE_FAULT_SHORT);
}

static void a_spoilt_answer_is_asked_for_once_more(void)
{
    sensor.spoilt = 1;
    CHECK_EQUAL(read_at(12), COOEE_FAULT_NONE);
    CHECK_EQUAL(temperature, 1200);
    sensor.spoilt = 2;
    CHECK_EQUAL(read_at(12), COOEE_FAULT_CRC);
    CHECK_EQUAL(temperature, 0);
    CHECK_EQUAL(sensor.spoilt, 0);
}

static void another_chip_on_the_line_is_no_thermometer(void)
{
    sensor.scratchpad[4] = 0xFF; /* a DS18S20's configuration; the checksum is made anew */
    CHECK_EQUAL(read_at(12), COOEE_FAULT_IMPLAUSIBLE);
    sensor.scratchpad[4] = 0x7F;
}

static void a_conversion_that_does_not_end_is_not_awaited_for_ever(void)
{
    uint64_t began = parts_now_us;

    sensor.slow = true;
    CHECK_EQUAL(read_at(12), COOEE_FAULT_TIMEOUT);
    CHECK(parts_now_us - began < 1000000);
    sensor.slow = false;
}

int main(void)
{
    ds18b20_start(&sensor);
    the_checksum_is_the_published_one();
    the_data_sheets_table();
    neither_85_nor_all_ones_nor_all_zeros_is_a_reading();
    a_short_after_the_conversion_is_no_zero_degrees();
    a_spoilt_answer_is_asked_for_once_more();
    another_chip_on_the_line_is_no_thermometer();
    a_conversion_that_does_not_end_is_not_awaited_for_ever();
    return 0;
}
