#include "cooee/feature.h"
#include "cooee/water.h"

#include "check.h"

#define BIT(name) (1U << COOEE_CHANNEL_##name)
#define WAKE_S 600
#define DAY 144

/* Loam and a crop in its middle stage: 0.7 m of roots, 91 mm available. */
static struct cooee_site site = {.field_capacity_e4 = 2500, .wilting_point_e4 = 1200, .saturation_e4 = 4600,
                                 .depletion_fraction_e3 = 400, .planted_days = 75, .stage_days = {30, 40, 45, 30},
                                 .kcb_e2 = {15, 110, 70}, .root_cm = {25, 70}, .drainage_h = 30};
static struct cooee_probe probe[COOEE_CHANNEL_COUNT];
static struct cooee_probes probes;
static struct cooee_water water;
static int16_t raw[COOEE_CHANNEL_COUNT];

#define GET(name) feature_get(&probes, &site, COOEE_FEATURE_WATER_##name)

static void begin(uint16_t channels)
{
    for (int i = 0; i < COOEE_CHANNEL_COUNT; i++) {
        raw[i] = COOEE_MISSING;
    }
    probes_start(&probes, probe, channels, WAKE_S);
    water_start(&water, site.planted_days);
    probes.water = &water;
}

/* Wakes with what both probes read, m3/m3 * 10000, each moving by `change_e1` tenths of that a wake; noise keeps them from sticking. */
static void live(int wakes, int upper, int lower, int change_e1)
{
    for (int i = 0; i < wakes; i++) {
        raw[COOEE_CHANNEL_SOIL_MOISTURE_10CM] = (int16_t)(upper + i * change_e1 / 10 + i % 3);
        raw[COOEE_CHANNEL_SOIL_MOISTURE_30CM] = (int16_t)(lower + i * change_e1 / 10 + i % 3);
        probes_push(&probes, raw, WAKE_S);
        water_push(&water, &probes, &site, WAKE_S);
    }
}

static void without_a_reading_or_a_site_there_is_no_feature(void)
{
    begin(BIT(SOIL_MOISTURE_10CM) | BIT(SOIL_MOISTURE_30CM));
    CHECK_EQUAL(GET(DEPLETION), COOEE_MISSING);
    site.drainage_h = 0;
    live(DAY, 2400, 2400, 0);
    CHECK_EQUAL(GET(DEPLETION), COOEE_MISSING);
    site.drainage_h = 30;
    live(1, 2400, 2400, 0);
    CHECK(GET(DEPLETION) != COOEE_MISSING);
    probes.water = 0;
    CHECK_EQUAL(GET(AIR), COOEE_MISSING);
    CHECK_EQUAL(feature_channels(COOEE_FEATURE_WATER_AIR), BIT(SOIL_MOISTURE_10CM) | BIT(SOIL_MOISTURE_30CM));
}

/* From field capacity 0.05 m3/m3 are lost in ten days: 10 mm above, 25 below, of the 91 * 0.4. */
static void a_soil_that_dries_runs_out_of_water(void)
{
    begin(BIT(SOIL_MOISTURE_10CM) | BIT(SOIL_MOISTURE_30CM));
    live(DAY, 2500, 2500, 0);
    CHECK(GET(DEPLETION) < 150);
    int16_t left = GET(HOURS_LEFT);
    live(10 * DAY, 2500, 2500, -3);
    CHECK(GET(DEPLETION) > 700);
    CHECK(GET(DEPLETION) < 1200);
    CHECK(GET(HOURS_LEFT) < left - 100);
    CHECK(GET(HOURS_DRY) >= 240);
}

/* Both probes read 0.04 too much: a soaking that drains away shows it. */
static void a_soaking_tells_the_probes_offsets(void)
{
    begin(BIT(SOIL_MOISTURE_10CM) | BIT(SOIL_MOISTURE_30CM));
    live(2 * DAY, 2600, 2600, 0);
    for (int hours = 0; hours < 12 * 24; hours++) {
        static const uint8_t left_e2[] = {100, 82, 67, 55, 45, 37, 30, 25, 20, 16, 13, 11, 9, 7, 6, 5, 4, 3, 3, 2};
        int high = hours / 6 < 20 ? left_e2[hours / 6] : 0;
        live(6, 2900 + 12 * high, 2900 + 12 * high, 0);
    }
    CHECK(water.state[COOEE_WATER_OFFSET_UPPER] > 200 * 16);
    CHECK(water.state[COOEE_WATER_OFFSET_LOWER] > 200 * 16);
    CHECK(water.state[COOEE_WATER_OFFSET_LOWER] < 500 * 16);
    int16_t wet = GET(DEPLETION);
    live(5 * DAY, 2900, 2900, -3);
    CHECK(GET(DEPLETION) > wet + 250);
}

static void a_rise_is_water_and_a_leap_of_one_probe_is_not(void)
{
    begin(BIT(SOIL_MOISTURE_10CM) | BIT(SOIL_MOISTURE_30CM));
    live(6 * DAY, 2300, 2200, -2);
    int16_t before = GET(DEPLETION);
    CHECK(GET(HOURS_DRY) > 100);
    live(6, 1300, 2030, 0);
    CHECK(GET(HOURS_DRY) > 100);
    CHECK(GET(DEPLETION) > before - 120);
    CHECK(GET(DEPLETION) < before + 120);
    live(6, 1420, 2150, 0);
    CHECK(GET(HOURS_DRY) <= 1);
    CHECK(GET(DEPLETION) < before - 150);
    live(6, 4600, 2150, 0); /* beyond belief */
    CHECK(GET(DEPLETION) > before - 600);
}

static void one_probe_is_enough_and_silence_is_not(void)
{
    begin(BIT(SOIL_MOISTURE_10CM) | BIT(SOIL_MOISTURE_30CM) | BIT(AIR_TEMPERATURE));
    raw[COOEE_CHANNEL_AIR_TEMPERATURE] = 2500;
    live(DAY, 2400, 2300, 0);
    raw[COOEE_CHANNEL_SOIL_MOISTURE_10CM] = COOEE_MISSING;
    for (int i = 0; i < DAY; i++) {
        raw[COOEE_CHANNEL_SOIL_MOISTURE_30CM] = (int16_t)(2300 - i);
        probes_push(&probes, raw, WAKE_S);
        water_push(&water, &probes, &site, WAKE_S);
    }
    CHECK(GET(DEPLETION) != COOEE_MISSING);
    raw[COOEE_CHANNEL_SOIL_MOISTURE_30CM] = COOEE_MISSING;
    for (int i = 0; i < DAY; i++) {
        probes_push(&probes, raw, WAKE_S);
        water_push(&water, &probes, &site, WAKE_S);
    }
    CHECK_EQUAL(GET(DEPLETION), COOEE_MISSING);
}

static void a_gauge_counts_what_the_probes_do_not_show_yet(void)
{
    begin(BIT(SOIL_MOISTURE_10CM) | BIT(SOIL_MOISTURE_30CM) | BIT(RAIN));
    raw[COOEE_CHANNEL_RAIN] = 0;
    live(6 * DAY, 2300, 2200, -2);
    int32_t lacked = water.state[COOEE_WATER_UPPER];
    raw[COOEE_CHANNEL_RAIN] = 400;
    live(3, 2130, 2030, 0);
    CHECK(water.state[COOEE_WATER_UPPER] < lacked);
    CHECK(GET(HOURS_DRY) <= 1);
}

static void hear(uint8_t et0_e1, uint16_t rain_e1)
{
    const struct cooee_weather weather = {rain_e1, et0_e1};

    water_hear(&water, &weather);
}

/* What a crop takes in two days, u * 16, when a station says `et0_e1` and the soil is as warm as ever. */
static int32_t taken(uint8_t et0_e1, bool hears)
{
    begin(BIT(SOIL_MOISTURE_10CM) | BIT(SOIL_MOISTURE_30CM) | BIT(SOIL_TEMPERATURE));
    raw[COOEE_CHANNEL_SOIL_TEMPERATURE] = 1600;
    live(DAY, 2300, 2200, 0);
    int32_t before = water.state[COOEE_WATER_UPPER] + water.state[COOEE_WATER_LOWER];
    raw[COOEE_CHANNEL_SOIL_MOISTURE_10CM] = raw[COOEE_CHANNEL_SOIL_MOISTURE_30CM] = COOEE_MISSING;
    for (int i = 0; i < 2 * DAY; i++) {
        if (hears) {
            hear(et0_e1, 65530);
        }
        probes_push(&probes, raw, WAKE_S);
        water_push(&water, &probes, &site, WAKE_S);
    }
    return water.state[COOEE_WATER_UPPER] + water.state[COOEE_WATER_LOWER] - before;
}

static void what_a_station_says_is_what_the_crop_takes(void)
{
    int32_t by_temperature = taken(0, false); /* 16 degC: 3.5 mm a day */

    CHECK(taken(70, true) > by_temperature * 3 / 2);
    CHECK(taken(10, true) < by_temperature / 2);
    CHECK_EQUAL(taken(COOEE_ET0_UNKNOWN, true), by_temperature);
}

/* What a gauge elsewhere has counted since its last word comes in once, across the end of its numbers; the first word is a beginning,
 * and so is one of another gauge, or after a long silence. */
static void rain_elsewhere_comes_in_once(void)
{
    begin(BIT(SOIL_MOISTURE_10CM) | BIT(SOIL_MOISTURE_30CM));
    live(6 * DAY, 2300, 2200, -2);
    hear(30, 65500);
    int32_t lacked = water.state[COOEE_WATER_UPPER];
    live(3, 2130, 2030, 0);
    CHECK(water.state[COOEE_WATER_UPPER] >= lacked - 16);
    hear(30, 44); /* 8 mm */
    live(3, 2130, 2030, 0);
    CHECK(water.state[COOEE_WATER_UPPER] < lacked - 300);
    CHECK(GET(HOURS_DRY) <= 1);
    live(DAY, 2130, 2030, 0);
    CHECK(GET(HOURS_DRY) >= 23);
    hear(30, 20000);
    live(3, 2130, 2030, 0);
    CHECK(GET(HOURS_DRY) >= 23);
    live(3 * DAY, 2130, 2030, 0);
    hear(30, 20100);
    live(3, 2130, 2030, 0);
    CHECK(GET(HOURS_DRY) >= 80);
}

/* A gauge that counts before the probes are in the ground. */
static void rain_before_the_first_reading_is_in_it(void)
{
    begin(BIT(SOIL_MOISTURE_10CM) | BIT(SOIL_MOISTURE_30CM) | BIT(RAIN));
    raw[COOEE_CHANNEL_RAIN] = 500;
    for (int i = 0; i < 20; i++) {
        hear(30, (uint16_t)(50 * i));
        probes_push(&probes, raw, WAKE_S);
        water_push(&water, &probes, &site, WAKE_S);
    }
    raw[COOEE_CHANNEL_RAIN] = 0;
    live(3, 2300, 2300, 0);
    CHECK(GET(AIR) > 1500);
    CHECK(GET(DEPLETION) > 100);
}

static void soaked_soil_has_little_air(void)
{
    begin(BIT(SOIL_MOISTURE_10CM) | BIT(SOIL_MOISTURE_30CM) | BIT(SOIL_TEMPERATURE));
    raw[COOEE_CHANNEL_SOIL_TEMPERATURE] = 1500;
    live(2 * DAY, 2500, 2500, 0);
    CHECK(GET(AIR) > 1900);
    live(DAY, 2500, 2500, 139);
    live(DAY, 4500, 4500, 0);
    CHECK(GET(AIR) < 800);
    live(6 * DAY, 4500, 4500, -23);
    CHECK(GET(AIR) > 1500);
}

/* Hours, and days, between wakes: no number leaves its bounds. */
static void it_wakes_at_any_interval(void)
{
    begin(BIT(SOIL_MOISTURE_10CM) | BIT(SOIL_MOISTURE_30CM));
    for (int i = 0; i < 400; i++) {
        raw[COOEE_CHANNEL_SOIL_MOISTURE_10CM] = (int16_t)(i % 7 == 0 ? 4600 : 600 + 97 * (i % 23));
        raw[COOEE_CHANNEL_SOIL_MOISTURE_30CM] = (int16_t)(i % 11 == 0 ? 6500 : 600 + 89 * (i % 31));
        probes_push(&probes, raw, (uint16_t)(i % 50 == 0 ? 60000 : 43200));
        water_push(&water, &probes, &site, (uint16_t)(i % 50 == 0 ? 60000 : 43200));
        CHECK(water.state[COOEE_WATER_UPPER] >= 0 && water.state[COOEE_WATER_SURPLUS] >= 0);
        CHECK(water.state[COOEE_WATER_UPPER] <= 1900 * 16 && water.state[COOEE_WATER_LOWER] <= 1300 * 16);
    }
}

int main(void)
{
    without_a_reading_or_a_site_there_is_no_feature();
    a_soil_that_dries_runs_out_of_water();
    a_soaking_tells_the_probes_offsets();
    a_rise_is_water_and_a_leap_of_one_probe_is_not();
    one_probe_is_enough_and_silence_is_not();
    a_gauge_counts_what_the_probes_do_not_show_yet();
    what_a_station_says_is_what_the_crop_takes();
    rain_elsewhere_comes_in_once();
    rain_before_the_first_reading_is_in_it();
    soaked_soil_has_little_air();
    it_wakes_at_any_interval();
    return 0;
}
