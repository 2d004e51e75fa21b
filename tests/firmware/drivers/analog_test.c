/* Soil probe, pyranometer, ethylene cell, metal-oxide sensor and battery: what is made of voltages, and of lines that are cut or shorted. */
#include <math.h>
#include <stdlib.h>

#include "../check.h"
#include "drivers/battery.h"
#include "drivers/ethylene_cell.h"
#include "drivers/metal_oxide.h"
#include "drivers/pyranometer.h"
#include "drivers/soil_probe.h"
#include "fake_adc.h"

static struct fake_adc bench;
static const struct cooee_adc adc = FAKE_ADC(&bench);
static int16_t value;

static void plug(double mv)
{
    bench = (struct fake_adc){.part = {.mv = mv, .ohm = 10000, .powered = true}};
    value = 0;
}

static double line_through(const struct cooee_curve *curve, double x)
{
    int i = 0;
    while (i < curve->count - 2 && x > curve->point[i + 1].x) {
        i++;
    }
    const struct cooee_point *p = curve->point + i;
    return p[0].y + (x - p[0].x) * (p[1].y - p[0].y) / (p[1].x - p[0].x);
}

static void a_curve_is_straight_between_its_points_and_beyond(void)
{
    static const struct cooee_point points[] = {{-3000, 900}, {-10, -16384}, {0, 16383}, {1234, -7}, {16383, 4000}};

    for (uint8_t count = 2; count <= 5; count++) {
        const struct cooee_curve curve = {points, count};
        CHECK(curve_valid(&curve));
        for (int x = -16384; x <= 16383; x += 7) {
            double wanted = line_through(&curve, x);
            CHECK(fabs(wanted) > 1e8 || fabs(curve_at(&curve, (int16_t)x) - wanted) <= 0.5 + 1e-6);
        }
    }
}

static void a_curve_that_turns_back_is_none(void)
{
    static const struct cooee_point same_x[] = {{0, 0}, {0, 5}}, back[] = {{0, 0}, {9, 5}, {3, 9}}, far[] = {{0, 0}, {16384, 9}};

    CHECK(!curve_valid(&(struct cooee_curve){same_x, 2}));
    CHECK(!curve_valid(&(struct cooee_curve){back, 3}));
    CHECK(!curve_valid(&(struct cooee_curve){far, 2}));
    CHECK(!curve_valid(&(struct cooee_curve){back, 1}));
}

static const struct cooee_point falling[] = {{1200, 4500}, {1600, 3000}, {2000, 1800}, {2400, 900}, {2800, 300}};

static struct cooee_soil_probe probe_of(const struct cooee_point *points, uint8_t count)
{
    return (struct cooee_soil_probe){.calibration = {points, count}, .settle_ms = 100, .input = 2};
}

static enum cooee_fault read_soil(const struct cooee_soil_probe *probe, double mv)
{
    plug(mv);
    bench.part.powered = false;
    bench.part.settle_us = 90000;
    enum cooee_fault fault = soil_probe_read(probe, &adc, &value);
    CHECK(!bench.part.powered); /* whatever happened, its power is off */
    return fault;
}

static void a_soil_probe_reads_its_calibration(void)
{
    for (uint8_t count = 2; count <= 5; count++) {
        const struct cooee_soil_probe probe = probe_of(falling, count);
        for (double mv = 1150; mv < 2790; mv += 3.3) {
            double wanted = line_through(&probe.calibration, mv);
            if (wanted < -190 || wanted > 6490) {
                continue;
            }
            CHECK_EQUAL(read_soil(&probe, mv), COOEE_FAULT_NONE);
            /* 3.75 e4 a millivolt at most, and the mean of 16 conversions is within a millivolt and a half. */
            CHECK(fabs(value - fmax(wanted, 0)) <= 3.75 * 2.5);
        }
    }
}

static void a_probe_in_the_air_or_without_power_is_not_in_dry_soil(void)
{
    struct cooee_soil_probe probe = probe_of(falling, 5);

    CHECK_EQUAL(read_soil(&probe, 3200), COOEE_FAULT_IMPLAUSIBLE);
    CHECK_EQUAL(read_soil(&probe, 500), COOEE_FAULT_IMPLAUSIBLE);
    CHECK_EQUAL(read_soil(&probe, 3040), COOEE_FAULT_NONE); /* 60 e4 below zero: dry */
    CHECK_EQUAL(value, 0);
    probe.settle_ms = 10; /* half of its voltage so early: 1000 mV of 2000, which would be a wet soil */
    CHECK_EQUAL(read_soil(&probe, 1000), COOEE_FAULT_IMPLAUSIBLE);
}

static void a_cut_and_a_shorted_line_differ(void)
{
    static const enum cooee_fault wanted[] = {COOEE_FAULT_NONE, COOEE_FAULT_OPEN, COOEE_FAULT_SHORT, COOEE_FAULT_SHORT};
    const struct cooee_soil_probe probe = probe_of(falling, 5);

    for (int line = LINE_SOUND; line <= LINE_SUPPLY; line++) {
        plug(2000);
        bench.part.line = (enum analog_line)line;
        CHECK_EQUAL(soil_probe_read(&probe, &adc, &value), wanted[line]);
        CHECK_EQUAL(value, line == LINE_SOUND ? value : 0);
    }
    plug(2000);
    bench.hangs = true;
    CHECK_EQUAL(soil_probe_read(&probe, &adc, &value), COOEE_FAULT_TIMEOUT);
}

static void a_soil_calibration_goes_one_way(void)
{
    static const struct cooee_point rising[] = {{400, 0}, {1100, 5000}}, turns[] = {{400, 0}, {500, 90}, {600, 80}},
                                    flat[] = {{400, 70}, {500, 70}};
    struct cooee_soil_probe probe = probe_of(rising, 2);

    CHECK_EQUAL(read_soil(&probe, 750), COOEE_FAULT_NONE);
    CHECK(abs(value - 2500) <= 20);
    probe = probe_of(turns, 3);
    CHECK_EQUAL(read_soil(&probe, 500), COOEE_FAULT_CALIBRATION);
    probe = probe_of(flat, 2);
    CHECK_EQUAL(read_soil(&probe, 450), COOEE_FAULT_CALIBRATION);
    probe = probe_of(falling, 1);
    CHECK_EQUAL(read_soil(&probe, 1500), COOEE_FAULT_CALIBRATION);
}

/* 2 mV a W/m2, as an amplified pyranometer has; and one with a live zero of 400 mV and 1.6 mV a W/m2. */
static const struct cooee_point amplified[] = {{0, 0}, {2500, 1250}}, live_zero[] = {{400, 0}, {2000, 1000}};

static enum cooee_fault read_sun(const struct cooee_point *points, uint8_t count, double mv, enum analog_line line)
{
    const struct cooee_pyranometer pyranometer = {.calibration = {points, count}, .input = 2};

    plug(mv);
    bench.part.line = line;
    bench.part.ohm = 100; /* an amplifier's */
    return pyranometer_read(&pyranometer, &adc, &value);
}

static void a_pyranometer_reads_its_calibration_from_night_to_noon(void)
{
    for (double mv = 0; mv < 2600; mv += 7.7) {
        CHECK_EQUAL(read_sun(amplified, 2, mv, LINE_SOUND), COOEE_FAULT_NONE);
        CHECK(fabs(value - mv / 2) <= 1.5);
        CHECK_EQUAL(read_sun(live_zero, 2, 400 + mv * 0.7, LINE_SOUND), COOEE_FAULT_NONE);
        CHECK(fabs(value - mv * 0.7 / 1.6) <= 2);
    }
    CHECK_EQUAL(read_sun(live_zero, 2, 375, LINE_SOUND), COOEE_FAULT_NONE);
    CHECK_EQUAL(value, 0); /* -16 W/m2: its offset on a clear night */
    CHECK_EQUAL(read_sun(live_zero, 2, 350, LINE_SOUND), COOEE_FAULT_IMPLAUSIBLE);
    CHECK_EQUAL(read_sun(amplified, 2, 3700, LINE_SOUND), COOEE_FAULT_IMPLAUSIBLE);
}

static void a_pyranometers_cut_line_is_no_night(void)
{
    CHECK_EQUAL(read_sun(amplified, 2, 800, LINE_OPEN), COOEE_FAULT_OPEN);
    CHECK_EQUAL(read_sun(amplified, 2, 800, LINE_SUPPLY), COOEE_FAULT_SHORT);
    CHECK_EQUAL(read_sun(live_zero, 2, 800, LINE_GROUND), COOEE_FAULT_SHORT);
    CHECK_EQUAL(read_sun(amplified, 2, 800, LINE_GROUND), COOEE_FAULT_NONE); /* which nobody can tell from night */
    CHECK(value <= 1); /* half a step of the converter */
    bench.hangs = true;
    CHECK_EQUAL(pyranometer_read(&(struct cooee_pyranometer){{amplified, 2}, 2}, &adc, &value), COOEE_FAULT_TIMEOUT);
}

static void a_pyranometers_calibration_rises(void)
{
    static const struct cooee_point falls[] = {{0, 900}, {2500, 0}}, turns[] = {{0, 0}, {1000, 500}, {2000, 400}};

    CHECK_EQUAL(read_sun(falls, 2, 500, LINE_SOUND), COOEE_FAULT_CALIBRATION);
    CHECK_EQUAL(read_sun(turns, 3, 500, LINE_SOUND), COOEE_FAULT_CALIBRATION);
    CHECK_EQUAL(read_sun(amplified, 1, 500, LINE_SOUND), COOEE_FAULT_CALIBRATION);
}

/* Zero 400 mV until 20 degC, then 2 mV a degree more; 0.5 % less of 120 mV a ppm for each degree below 20. */
static const struct cooee_point zero[] = {{-2000, 4000}, {2000, 4000}, {5000, 4600}};
static const struct cooee_point sensitivity[] = {{-2000, 800}, {2000, 1000}, {5000, 1150}};
static struct cooee_ethylene_cell cell = {.zero = {zero, 3}, .sensitivity = {sensitivity, 3}, .clean = {400, 0},
                                          .span = {520, 1000}, .warm_up_min = 60, .life_days = 730, .input = 2};

static enum cooee_fault read_cell(double mv, int16_t air_e2)
{
    plug(mv);
    return ethylene_cell_read(&cell, &adc, air_e2, 3600, 730, &value);
}

static void a_cell_is_compensated_for_temperature(void)
{
    CHECK_EQUAL(read_cell(400 + 12 * 10, 2000), COOEE_FAULT_NONE);
    CHECK(abs(value - 1000) <= 15);
    CHECK_EQUAL(read_cell(400 + 12 * 0.9 * 10, 0), COOEE_FAULT_NONE); /* at 0 degC */
    CHECK(abs(value - 1000) <= 15);
    CHECK_EQUAL(read_cell(420 + 12 * 1.05 * 10, 3000), COOEE_FAULT_NONE); /* at 30 degC */
    CHECK(abs(value - 1000) <= 15);
    CHECK_EQUAL(read_cell(399, 2000), COOEE_FAULT_NONE); /* noise below zero */
    CHECK(value <= 0 && value >= -30);
    cell.clean = (struct cooee_point){430, 0}; /* a cell of its own */
    cell.span = (struct cooee_point){530, 1000};
    CHECK_EQUAL(read_cell(450 + 10 * 1.05 * 10, 3000), COOEE_FAULT_NONE);
    CHECK(abs(value - 1000) <= 15);
    cell.clean = (struct cooee_point){400, 0};
    cell.span = (struct cooee_point){520, 1000};
}

static void a_cell_that_cannot_be_believed_says_why(void)
{
    CHECK_EQUAL(read_cell(300, 2000), COOEE_FAULT_IMPLAUSIBLE);
    plug(500);
    CHECK_EQUAL(ethylene_cell_read(&cell, &adc, 2000, 3599, 1, &value), COOEE_FAULT_WARMING_UP);
    CHECK_EQUAL(ethylene_cell_read(&cell, &adc, 2000, 3600, 731, &value), COOEE_FAULT_EXPIRED);
    cell.span = (struct cooee_point){400, 1000};
    CHECK_EQUAL(read_cell(500, 2000), COOEE_FAULT_CALIBRATION);
    cell.span = (struct cooee_point){401, 16000}; /* 6 uV a ppm */
    CHECK_EQUAL(read_cell(500, 2000), COOEE_FAULT_CALIBRATION);
    cell.span = (struct cooee_point){402, 10000};
    CHECK_EQUAL(read_cell(4000, 2000), COOEE_FAULT_IMPLAUSIBLE); /* 180,000 ppm */
    cell.span = (struct cooee_point){5000, 1};
    CHECK_EQUAL(read_cell(500, 2000), COOEE_FAULT_CALIBRATION);
    cell.span = (struct cooee_point){520, 1000};
    cell.zero.count = 1;
    CHECK_EQUAL(read_cell(500, 2000), COOEE_FAULT_CALIBRATION);
    cell.zero.count = 3;
    bench.part.line = LINE_OPEN;
    CHECK_EQUAL(ethylene_cell_read(&cell, &adc, 2000, 3600, 1, &value), COOEE_FAULT_OPEN);
}

static void a_metal_oxide_sensor_says_a_ratio(void)
{
    const struct cooee_metal_oxide sensor = {.clean_ohm = 50000, .load_ohm = 10000, .warm_up_min = 5, .input = 2};

    plug(1000); /* 4 V over the sensor, 1 V over 10 kOhm: 40 kOhm */
    CHECK_EQUAL(metal_oxide_read(&sensor, &adc, 299, &value), COOEE_FAULT_WARMING_UP);
    CHECK_EQUAL(metal_oxide_read(&sensor, &adc, 300, &value), COOEE_FAULT_NONE);
    CHECK(abs(value - 800) <= 5);
    bench.part.line = LINE_SUPPLY;
    CHECK_EQUAL(metal_oxide_read(&sensor, &adc, 300, &value), COOEE_FAULT_SHORT);
    plug(8);
    CHECK_EQUAL(metal_oxide_read(&sensor, &adc, 300, &value), COOEE_FAULT_IMPLAUSIBLE);
    CHECK_EQUAL(metal_oxide_read(&(struct cooee_metal_oxide){.clean_ohm = 999}, &adc, 300, &value), COOEE_FAULT_CALIBRATION);
}

static void a_battery_is_read_through_its_divider(void)
{
    struct cooee_battery battery = {.ratio_e3 = 2000, .input = 2};

    plug(1900);
    CHECK_EQUAL(battery_read(&battery, &adc, &value), COOEE_FAULT_NONE);
    CHECK(abs(value - 3800) <= 6);
    plug(0);
    CHECK_EQUAL(battery_read(&battery, &adc, &value), COOEE_FAULT_ABSENT);
    battery.ratio_e3 = 11000;
    plug(4000);
    CHECK_EQUAL(battery_read(&battery, &adc, &value), COOEE_FAULT_IMPLAUSIBLE);
    battery = (struct cooee_battery){.ratio_e3 = 1000, .input = COOEE_ADC_SUPPLY};
    CHECK_EQUAL(battery_read(&battery, &adc, &value), COOEE_FAULT_NONE);
    CHECK(abs(value - 5000) <= 3);
}

static void a_converter_that_hangs_hangs_nothing_else(void)
{
    const struct cooee_metal_oxide sensor = {.clean_ohm = 50000, .load_ohm = 10000, .input = 2};
    const struct cooee_battery battery = {.ratio_e3 = 2000, .input = 2};

    plug(1000);
    bench.hangs = true;
    CHECK_EQUAL(battery_read(&battery, &adc, &value), COOEE_FAULT_TIMEOUT);
    CHECK_EQUAL(metal_oxide_read(&sensor, &adc, 0, &value), COOEE_FAULT_TIMEOUT);
    CHECK_EQUAL(ethylene_cell_read(&cell, &adc, 2000, 3600, 1, &value), COOEE_FAULT_TIMEOUT);
    CHECK_EQUAL(value, 0);
}

/* Curves that are sound, but give no sound zero or sensitivity at this temperature. */
static void a_cell_far_beyond_its_tables_is_not_calibrated(void)
{
    static const struct cooee_point steep[] = {{0, 1000}, {1000, 500}};

    plug(500);
    cell.sensitivity = (struct cooee_curve){steep, 2};
    CHECK_EQUAL(ethylene_cell_read(&cell, &adc, 2500, 3600, 1, &value), COOEE_FAULT_CALIBRATION);
    CHECK_EQUAL(ethylene_cell_read(&cell, &adc, 2000, 3600, 1, &value), COOEE_FAULT_CALIBRATION);
    cell.sensitivity = (struct cooee_curve){sensitivity, 3};
}

int main(void)
{
    a_curve_is_straight_between_its_points_and_beyond();
    a_curve_that_turns_back_is_none();
    a_soil_probe_reads_its_calibration();
    a_probe_in_the_air_or_without_power_is_not_in_dry_soil();
    a_cut_and_a_shorted_line_differ();
    a_soil_calibration_goes_one_way();
    a_pyranometer_reads_its_calibration_from_night_to_noon();
    a_pyranometers_cut_line_is_no_night();
    a_pyranometers_calibration_rises();
    a_cell_is_compensated_for_temperature();
    a_cell_that_cannot_be_believed_says_why();
    a_metal_oxide_sensor_says_a_ratio();
    a_battery_is_read_through_its_divider();
    a_converter_that_hangs_hangs_nothing_else();
    a_cell_far_beyond_its_tables_is_not_calibrated();
    return 0;
}
