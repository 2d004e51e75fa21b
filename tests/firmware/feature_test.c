#include "cooee/feature.h"

#include "check.h"

#define ONE COOEE_WINDOW_ONE
#define BIT(name) (1U << COOEE_CHANNEL_##name)

static struct cooee_probe probe[COOEE_CHANNEL_COUNT];
static struct cooee_probes probes = {.probe = probe, .channels = COOEE_CHANNELS_ALL, .stale_s = 3600};
static const struct cooee_site site = {.field_capacity_e4 = 2400, .wilting_point_e4 = 1000, .saturation_e4 = 4400,
                                       .depletion_fraction_e3 = 400};

#define GET(name) feature_get(&probes, &site, COOEE_FEATURE_##name)

static void soil_features_are_shares_of_the_available_water(void)
{
    struct cooee_window *soil = &probe[COOEE_CHANNEL_SOIL_MOISTURE_30CM].window;

    *soil = (struct cooee_window){.fast = 1750 * ONE, .slow = 1800 * ONE, .trend = 1900 * ONE, .last = 1700,
                                  .low = {1600, 1500}, .high = {2000, 2100}, .crest = COOEE_MISSING};
    CHECK_EQUAL(GET(SOIL_DEPLETION_30CM), 500);
    CHECK_EQUAL(GET(SOIL_DEPLETION_DAY_30CM), 429);
    CHECK_EQUAL(GET(SOIL_DEFICIT_30CM), 1250);
    CHECK_EQUAL(GET(SOIL_AIR_30CM), 2700);
    CHECK_EQUAL(GET(SOIL_AIR_DAY_30CM), 2600);
    CHECK_EQUAL(GET(SOIL_LOSS_3H_30CM), 36);
    CHECK_EQUAL(GET(SOIL_LOSS_DAY_30CM), 71);
    CHECK_EQUAL(GET(SOIL_LOSS_5D_30CM), 143);
    CHECK_EQUAL(GET(SOIL_MOISTURE_RANGE_30CM), 600);
}

static void a_probe_finds_its_own_field_capacity_near_that_of_the_site(void)
{
    struct cooee_window *soil = &probe[COOEE_CHANNEL_SOIL_MOISTURE_30CM].window;

    CHECK_EQUAL(GET(SOIL_DEFICIT_OWN_30CM), 1250); /* no crest yet: the site's */
    soil->crest = 2500;
    CHECK_EQUAL(GET(SOIL_DEFICIT_OWN_30CM), 1428);
    soil->crest = 4000; /* counts as 3100 */
    CHECK_EQUAL(GET(SOIL_DEFICIT_OWN_30CM), 2500);
    soil->crest = 1000; /* counts as 1700 */
    CHECK_EQUAL(GET(SOIL_DEFICIT_OWN_30CM), 0);
}

static void a_site_that_is_not_valid_has_no_soil_features(void)
{
    static const int16_t wrong[][4] = {{0, 0, 0, 0}, {2400, 2400, 4400, 400}, {2400, 1000, 2300, 400},
                                       {2400, 1000, 4400, 0}, {2400, 1000, 4400, 1001}, {2400, -1, 4400, 400}};

    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct cooee_site such = {.field_capacity_e4 = wrong[i][0], .wilting_point_e4 = wrong[i][1],
                                  .saturation_e4 = wrong[i][2], .depletion_fraction_e3 = wrong[i][3]};
        CHECK_EQUAL(feature_get(&probes, &such, COOEE_FEATURE_SOIL_DEPLETION_30CM), COOEE_MISSING);
        CHECK_EQUAL(feature_get(&probes, &such, COOEE_FEATURE_WATER_DEPLETION), COOEE_MISSING);
    }
}

static void averages_changes_extremes_and_ratios(void)
{
    struct cooee_window *ethylene = &probe[COOEE_CHANNEL_ETHYLENE].window;

    *ethylene = (struct cooee_window){.fast = 450 * ONE, .slow = 400 * ONE, .trend = 200 * ONE, .last = 500,
                                      .low = {100, 90}, .high = {600, 700}};
    CHECK_EQUAL(GET(ETHYLENE), 500);
    CHECK_EQUAL(GET(ETHYLENE_3H), 450);
    CHECK_EQUAL(GET(ETHYLENE_DAY), 400);
    CHECK_EQUAL(GET(ETHYLENE_5D), 200);
    CHECK_EQUAL(GET(ETHYLENE_CHANGE_3H), 50);
    CHECK_EQUAL(GET(ETHYLENE_CHANGE_DAY), 100);
    CHECK_EQUAL(GET(ETHYLENE_DAY_MAX), 700);
    CHECK_EQUAL(GET(ETHYLENE_RATIO_DAY), 111);
    CHECK_EQUAL(GET(ETHYLENE_RATIO_5D), 200);
    ethylene->slow = -100 * ONE;
    CHECK_EQUAL(GET(ETHYLENE_RATIO_DAY), 0);
    probe[COOEE_CHANNEL_AIR_TEMPERATURE].window = (struct cooee_window){.last = 2000, .low = {-150, 300}};
    CHECK_EQUAL(GET(AIR_TEMPERATURE_DAY_MIN), -150);
    probe[COOEE_CHANNEL_HUMIDITY].window = (struct cooee_window){.last = 5000, .above = 0xFF00003FUL};
    CHECK_EQUAL(GET(HUMIDITY_SHARE_ABOVE_90), 250);
    probe[COOEE_CHANNEL_AIR_TEMPERATURE].window.above = 0xF7FFUL;
    CHECK_EQUAL(GET(AIR_TEMPERATURE_HOURS_ABOVE_10), 11);
}

/* Dew points in degC by FAO-56 eq. 11 and 14, within the table's 0.05 degC. */
static void the_dew_point_is_of_temperature_and_humidity(void)
{
    static const int16_t wanted[][3] = {{2000, 5000, 926}, {2000, 10000, 2000}, {3500, 8000, 3101}, {500, 9000, 349}};

    for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        probe[COOEE_CHANNEL_AIR_TEMPERATURE].window.last = wanted[i][0];
        probe[COOEE_CHANNEL_HUMIDITY].window.last = wanted[i][1];
        CHECK(abs(GET(DEW_POINT) - wanted[i][2]) <= 5);
        CHECK_EQUAL(GET(DEW_POINT_DEPRESSION), wanted[i][0] - GET(DEW_POINT));
    }
    probes.faults = BIT(HUMIDITY);
    CHECK_EQUAL(GET(DEW_POINT), COOEE_MISSING);
    CHECK_EQUAL(GET(AIR_TEMPERATURE), 500);
    probes.faults = BIT(AIR_TEMPERATURE);
    CHECK_EQUAL(GET(DEW_POINT), COOEE_MISSING);
    probes.faults = 0;
}

static void the_air_falls_as_it_has_fallen_the_more_the_drier_it_is(void)
{
    struct cooee_window *air = &probe[COOEE_CHANNEL_AIR_TEMPERATURE].window;

    *air = (struct cooee_window){.last = 600, .fast = 900 * ONE, .slow = 1000 * ONE, .low = {300, 500}, .high = {1500, 900}};
    probe[COOEE_CHANNEL_HUMIDITY].window.last = 10000;
    /* 36 * 6 + 25 * 6 - 177 * 9 + 42 * 10 + 47 * 3 + 17 * 15 = -411; / 256 = -1.60; - 0.45 */
    CHECK_EQUAL(GET(AIR_TEMPERATURE_MIN_6H), 600 - 160 - 45);
    probe[COOEE_CHANNEL_HUMIDITY].window.last = 5000;
    CHECK(GET(AIR_TEMPERATURE_MIN_6H) < 600 - 160 - 45 - 80);
    air->fast = 0;
    CHECK_EQUAL(GET(AIR_TEMPERATURE_MIN_6H), 600); /* while it gets warmer it is coldest now */
    air->last = 99;
    CHECK_EQUAL(GET(AIR_TEMPERATURE_MIN_6H), 0); /* but close to frost it is expected to freeze */
    air->last = 100;
    CHECK_EQUAL(GET(AIR_TEMPERATURE_MIN_6H), 100);
    air->last = -50;
    CHECK_EQUAL(GET(AIR_TEMPERATURE_MIN_6H), -50);
    probes.faults = BIT(HUMIDITY);
    CHECK_EQUAL(GET(AIR_TEMPERATURE_MIN_6H), COOEE_MISSING);
    probes.faults = 0;
}

int main(void)
{
    soil_features_are_shares_of_the_available_water();
    a_probe_finds_its_own_field_capacity_near_that_of_the_site();
    a_site_that_is_not_valid_has_no_soil_features();
    averages_changes_extremes_and_ratios();
    the_dew_point_is_of_temperature_and_humidity();
    the_air_falls_as_it_has_fallen_the_more_the_drier_it_is();
    return 0;
}
