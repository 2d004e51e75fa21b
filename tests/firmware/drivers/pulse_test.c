/* Pulse counter, anemometer and rain gauge: switches that bounce, gusts, and more than there can be. */
#include "drivers/anemometer.h"
#include "drivers/pulse_counter.h"
#include "drivers/rain_gauge.h"

#include "../check.h"

static struct cooee_pulse_counter counter;
static uint32_t now_ms;

/* Time goes on with the switch as it is. */
static void pass(uint32_t ms, bool closed)
{
    while (ms-- > 0) {
        if (pulse_unsettled(&counter)) {
            pulse_settle(&counter, closed);
        }
        if (++now_ms % 1000 == 0) {
            pulse_second(&counter);
        }
    }
}

/* The switch moves, `bounces` times there and back, each within `bounce_ms`. */
static void move(bool closed, int bounces, uint32_t bounce_ms)
{
    for (int i = 0; i < bounces; i++) {
        pulse_edge(&counter);
        pass(bounce_ms, closed);
        pulse_edge(&counter);
        pass(bounce_ms, !closed);
    }
    pulse_edge(&counter);
}

static struct cooee_pulses taken(void)
{
    struct cooee_pulses pulses;
    pulse_take(&counter, &pulses);
    return pulses;
}

static void a_bouncing_switch_counts_once(void)
{
    pulse_start(&counter, 5);
    for (int tip = 0; tip < 40; tip++) {
        move(true, tip % 8, 1);
        pass(60, true);
        move(false, tip % 5, 2);
        pass(400, false);
    }
    CHECK_EQUAL(taken().count, 40);
    CHECK_EQUAL(taken().count, 0);
}

static void a_spike_is_no_pulse(void)
{
    pulse_start(&counter, 5);
    for (int spike = 0; spike < 100; spike++) {
        move(true, 0, 0);
        pass(2, true);
        move(false, 0, 0);
        pass(50, false);
    }
    CHECK_EQUAL(taken().count, 0);
}

static void turn(uint32_t turns, uint32_t period_ms)
{
    while (turns-- > 0) {
        move(true, 1, 0);
        pass(period_ms / 2, true);
        move(false, 1, 0);
        pass(period_ms - period_ms / 2, false);
    }
}

static void the_fastest_wind_is_counted_whole(void)
{
    pulse_start(&counter, 2);
    turn(1120, 9); /* 111 Hz: 74 m/s */
    CHECK_EQUAL(taken().count, 1120);
}

static void the_gust_is_the_busiest_three_seconds(void)
{
    now_ms = 0;
    pulse_start(&counter, 2);
    turn(10, 1000);
    turn(60, 50); /* 3 s of 20 Hz */
    turn(10, 1000);
    struct cooee_pulses pulses = taken();
    CHECK_EQUAL(pulses.count, 80);
    CHECK(pulses.busiest >= 59 && pulses.busiest <= 60);
    turn(3, 1000);
    CHECK(taken().busiest <= 3);
}

static struct cooee_pulses fixed;

static void take_fixed(void *context, uint8_t input, struct cooee_pulses *pulses)
{
    (void)context;
    CHECK_EQUAL(input, 1);
    *pulses = fixed;
}

static const struct cooee_pulse pulse = {0, take_fixed};
static int16_t wind, gust, rain;

static enum cooee_fault blow(uint32_t count, uint16_t busiest, uint16_t seconds)
{
    static const struct cooee_anemometer anemometer = {.mm_per_pulse = 667, .input = 1};

    wind = gust = -1;
    fixed = (struct cooee_pulses){count, busiest, seconds};
    return anemometer_read(&anemometer, &pulse, &wind, &gust);
}

static void wind_is_distance_in_time(void)
{
    CHECK_EQUAL(blow(6000, 60, 600), COOEE_FAULT_NONE);
    CHECK_EQUAL(wind, 667);
    CHECK_EQUAL(gust, 1334);
    CHECK_EQUAL(blow(0, 0, 600), COOEE_FAULT_NONE);
    CHECK_EQUAL(wind, 0);
    CHECK_EQUAL(gust, 0);
    CHECK_EQUAL(blow(112UL * 65535, 336, 65535), COOEE_FAULT_NONE); /* no product overflows */
    CHECK_EQUAL(wind, 7470);
    CHECK_EQUAL(blow(2, 0, 2), COOEE_FAULT_WARMING_UP);
    CHECK_EQUAL(wind, -1);
}

static void more_than_75_m_s_is_no_wind(void)
{
    CHECK_EQUAL(blow(600, 337, 600), COOEE_FAULT_IMPLAUSIBLE);
    CHECK_EQUAL(blow(113UL * 600, 336, 600), COOEE_FAULT_IMPLAUSIBLE);
    CHECK_EQUAL(gust, -1);
}

static enum cooee_fault pour(uint32_t count, uint16_t busiest, uint16_t um)
{
    const struct cooee_rain_gauge gauge = {.um_per_tip = um, .input = 1};

    rain = -1;
    fixed = (struct cooee_pulses){count, busiest, 600};
    return rain_gauge_read(&gauge, &pulse, &rain);
}

static void rain_is_tips(void)
{
    CHECK_EQUAL(pour(0, 0, 200), COOEE_FAULT_NONE);
    CHECK_EQUAL(rain, 0);
    CHECK_EQUAL(pour(25, 1, 200), COOEE_FAULT_NONE);
    CHECK_EQUAL(rain, 500);
    CHECK_EQUAL(pour(7, 1, 279), COOEE_FAULT_NONE);
    CHECK_EQUAL(rain, 195); /* 1.953 mm */
    CHECK_EQUAL(pour(500, 3, 200), COOEE_FAULT_NONE); /* 10 mm a minute for 10 minutes */
    CHECK_EQUAL(rain, 10000);
}

static void more_than_10_mm_a_minute_is_no_rain(void)
{
    CHECK_EQUAL(pour(4, 4, 200), COOEE_FAULT_IMPLAUSIBLE);
    CHECK_EQUAL(pour(1601, 3, 200), COOEE_FAULT_IMPLAUSIBLE); /* more than a reading holds */
    CHECK_EQUAL(rain, -1);
}

static void a_switch_that_stands_for_nothing_is_no_sensor(void)
{
    const struct cooee_anemometer anemometer = {.mm_per_pulse = 0, .input = 1};

    CHECK_EQUAL(pour(1, 1, 0), COOEE_FAULT_CALIBRATION);
    CHECK_EQUAL(anemometer_read(&anemometer, &pulse, &wind, &gust), COOEE_FAULT_CALIBRATION);
}

int main(void)
{
    a_bouncing_switch_counts_once();
    a_spike_is_no_pulse();
    the_fastest_wind_is_counted_whole();
    the_gust_is_the_busiest_three_seconds();
    wind_is_distance_in_time();
    more_than_75_m_s_is_no_wind();
    rain_is_tips();
    more_than_10_mm_a_minute_is_no_rain();
    a_switch_that_stands_for_nothing_is_no_sensor();
    return 0;
}
