#include "drivers/sht3x.h"

#include <math.h>
#include <string.h>

#include "../check.h"
#include "drivers/fault.h"
#include "fake_i2c.h"

static struct sht31 sensor;
static struct fake_bus bus;
static const struct cooee_i2c i2c = FAKE_I2C(&bus);
static int16_t temperature, humidity;

static enum cooee_fault read_at(double degc, double percent)
{
    sensor.temperature = degc;
    sensor.humidity = percent;
    temperature = humidity = 0;
    return sht3x_read(&i2c, COOEE_SHT3X_ADDRESS, &temperature, &humidity);
}

static void every_value_is_the_data_sheets(void)
{
    for (double degc = -45; degc <= 130; degc += 0.37) {
        double percent = fmod(fabs(degc) * 7, 100);
        CHECK_EQUAL(read_at(degc, percent), COOEE_FAULT_NONE);
        /* The word's own step is 0.0027 degC and 0.0015 %. */
        CHECK(fabs(temperature / 100.0 - degc) <= 0.0064);
        CHECK(fabs(humidity / 100.0 - percent) <= 0.0058);
    }
    CHECK_EQUAL(read_at(-45, 0), COOEE_FAULT_NONE);
    CHECK_EQUAL(temperature, -4500);
    CHECK_EQUAL(humidity, 0);
    CHECK_EQUAL(read_at(130, 100), COOEE_FAULT_NONE);
    CHECK_EQUAL(temperature, 13000);
    CHECK_EQUAL(humidity, 10000);
}

static enum cooee_fault published(void *context, uint8_t address, const uint8_t *out, uint8_t out_count, uint8_t *in,
                                  uint8_t in_count)
{
    static const uint8_t words[6] = {0xBE, 0xEF, 0x92, 0xBE, 0xEF, 0x92};

    (void)context, (void)address, (void)out, (void)out_count;
    for (uint8_t i = 0; i < in_count; i++) {
        in[i] = words[i];
    }
    return COOEE_FAULT_NONE;
}

/* The data sheet's example of the checksum: 0xBEEF gives 0x92. */
static void the_checksum_is_the_published_one(void)
{
    const struct cooee_i2c answers = {0, published, fake_wait};

    CHECK_EQUAL(sht3x_read(&answers, COOEE_SHT3X_ADDRESS, &temperature, &humidity), COOEE_FAULT_NONE);
    CHECK_EQUAL(temperature, 8552); /* 48879 x 175 / 65535 - 45 */
    CHECK_EQUAL(humidity, 7458);
}

static void a_spoilt_answer_is_asked_for_once_more(void)
{
    sensor.spoilt = 1;
    CHECK_EQUAL(read_at(21.5, 60), COOEE_FAULT_NONE);
    CHECK_EQUAL(temperature, 2150);
    sensor.spoilt = 2;
    bus.measurements = 0;
    CHECK_EQUAL(read_at(21.5, 60), COOEE_FAULT_CRC);
    CHECK_EQUAL(bus.measurements, 2);
    CHECK_EQUAL(temperature, 0);
    CHECK_EQUAL(sensor.spoilt, 0);
}

static void silence_and_a_held_bus_differ(void)
{
    sensor.absent = true;
    CHECK_EQUAL(read_at(21.5, 60), COOEE_FAULT_ABSENT);
    sensor.absent = false;
    bus.held = true;
    CHECK_EQUAL(read_at(21.5, 60), COOEE_FAULT_TIMEOUT);
    bus.held = false;
    CHECK_EQUAL(sht3x_read(&i2c, 0x45, &temperature, &humidity), COOEE_FAULT_ABSENT);
    CHECK_EQUAL(read_at(21.5, 60), COOEE_FAULT_NONE);
}

static void every_fault_has_a_text(void)
{
    CHECK(strcmp(fault_text(COOEE_FAULT_CRC), "the checksum does not match") == 0);
    CHECK(strcmp(fault_text((enum cooee_fault)(COOEE_FAULT_STUCK + 1)), "not a fault") == 0);
}

int main(void)
{
    every_fault_has_a_text();
    bus.part = sht31_part(&sensor);
    every_value_is_the_data_sheets();
    the_checksum_is_the_published_one();
    a_spoilt_answer_is_asked_for_once_more();
    silence_and_a_held_bus_differ();
    return 0;
}
