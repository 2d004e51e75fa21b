#include "cooee/feature.h"

#include "cooee/config.h"
#include "cooee/flash.h"
#include "cooee/water.h"
#include "dew.h"
#include "fixed_point.h"

/* Half a ppm: keeps the ratio quiet where a store is clean and the cell's noise is all there is. */
#define RATIO_FLOOR ((int32_t)50 * COOEE_WINDOW_ONE)
/* A probe may be so far off, m3/m3 * 10000: three standard deviations of real ones. */
#define OFFSET_MOST_E4 700
/* Below it air is close to frost (docs/SPEC.md), degC * 100. */
#define CLOSE_TO_FROST_E2 100

enum measure {
    LAST,
    FAST,
    SLOW,
    TREND,
    CHANGE_FAST,
    CHANGE_SLOW,
    DAY_LOW,
    DAY_HIGH,
    DAY_RANGE,
    SHARE,
    HOURS_ABOVE,
    RATIO_SLOW,
    RATIO_TREND,
    DEW_POINT,
    DEW_POINT_DEPRESSION,
    LOWEST_AHEAD,
    DEPLETION,
    DEPLETION_SLOW,
    DEFICIT,
    DEFICIT_OWN,
    LOSS_FAST,
    LOSS_SLOW,
    LOSS_TREND,
    AIR_FILLED,
    AIR_FILLED_SLOW,
    WATER_DEPLETION,
    WATER_HOURS_LEFT,
    WATER_AIR,
    WATER_HOURS_DRY
};

struct row {
    uint8_t measure, channel;
};

static const struct row rows[COOEE_FEATURE_COUNT] COOEE_FLASH = {
#define ROW(name, unit, scale, measure, channel) {measure, COOEE_CHANNEL_##channel},
    COOEE_FEATURE_TABLE(ROW)
#undef ROW
};

/* A bit for each measure that a feature in use has. */
static const uint64_t used = 0
#define BIT(name, unit, scale, measure, channel) | (uint64_t)(COOEE_FEATURE_USED(COOEE_FEATURE_##name)) << measure
    COOEE_FEATURE_TABLE(BIT);
#undef BIT

#define CASE(measure, value) \
    case measure: \
        return (used >> measure & 1) != 0 ? (value) : COOEE_MISSING

/* numerator * 1000 / denominator, rounded to nearest; denominator > 0, |numerator| < 2^21. */
static COOEE_SHARED int16_t per_mille(int32_t numerator, int16_t denominator)
{
    int32_t scaled = numerator * 1000;
    return fixed_saturate((scaled + (scaled < 0 ? -denominator / 2 : denominator / 2)) / denominator);
}

static COOEE_SHARED int32_t last(const struct cooee_window *window)
{
    return (int32_t)window->last * COOEE_WINDOW_ONE;
}

/* 100 * (a + floor) / (b + floor); averages shrink to 1/256 raw so that the product stays within 32 bits. */
static int16_t ratio_e2(int32_t a, int32_t b)
{
    int32_t over = (a + RATIO_FLOOR) / (COOEE_WINDOW_ONE / 256);
    int32_t under = (b + RATIO_FLOOR) / (COOEE_WINDOW_ONE / 256);

    if (over <= 0 || under <= 0) {
        return 0;
    }
    return fixed_saturate((over * 100 + under / 2) / under);
}

/* How far the air falls in six hours, by what it has done and how dry it is: least squares on the training seasons' hours below
 * 12 degC (bench/night.py), weights * 256. Air that is close to frost is expected to freeze: a thermometer would call. */
static int16_t lowest_ahead(const struct cooee_window *air, int16_t dew_e2)
{
    int32_t fall = (int32_t)36 * air->last + (int32_t)25 * dew_e2 - (int32_t)177 * window_raw(air->fast)
                   + (int32_t)42 * window_raw(air->slow) + (int32_t)47 * window_day_low(air) + (int32_t)17 * window_day_high(air);

    fall = fall / 256 - 45;
    int16_t lowest = fixed_saturate(air->last + (fall < 0 ? fall : 0));
    return lowest > 0 && air->last < CLOSE_TO_FROST_E2 ? 0 : lowest;
}

static int16_t moist_air_feature(const struct cooee_probes *probes, const struct cooee_window *air, uint8_t measure)
{
    const struct cooee_window *humidity = probes_window(probes, COOEE_CHANNEL_HUMIDITY);

    if ((used >> DEW_POINT & 7) == 0 || humidity == 0) {
        return COOEE_MISSING;
    }
    int16_t dew_e2 = dew_point_e2(air->last, humidity->last);
    switch (measure) {
        CASE(DEW_POINT, dew_e2);
        CASE(DEW_POINT_DEPRESSION, (int16_t)(air->last - dew_e2));
        CASE(LOWEST_AHEAD, lowest_ahead(air, dew_e2));
    default:
        return COOEE_MISSING;
    }
}

static COOEE_SHARED int16_t own_field_capacity(const struct cooee_window *soil, const struct cooee_site *site)
{
    int16_t lowest = (int16_t)(site->field_capacity_e4 - OFFSET_MOST_E4);
    int16_t highest = fixed_saturate((int32_t)site->field_capacity_e4 + OFFSET_MOST_E4);

    if (soil->crest == COOEE_MISSING) {
        return site->field_capacity_e4;
    }
    return soil->crest < lowest ? lowest : soil->crest > highest ? highest : soil->crest;
}

static int16_t soil_feature(const struct cooee_window *soil, const struct cooee_site *site, uint8_t measure)
{
    int16_t available = (int16_t)(site->field_capacity_e4 - site->wilting_point_e4);

    switch (measure) {
        CASE(AIR_FILLED, fixed_saturate((int32_t)site->saturation_e4 - soil->last));
        CASE(AIR_FILLED_SLOW, fixed_saturate((int32_t)site->saturation_e4 - window_raw(soil->slow)));
        CASE(DEPLETION, per_mille((int32_t)site->field_capacity_e4 - soil->last, available));
        CASE(DEPLETION_SLOW, per_mille((int32_t)site->field_capacity_e4 - window_raw(soil->slow), available));
        CASE(DEFICIT, per_mille(per_mille((int32_t)site->field_capacity_e4 - soil->last, available), site->depletion_fraction_e3));
        CASE(DEFICIT_OWN, per_mille(per_mille((int32_t)own_field_capacity(soil, site) - soil->last, available), site->depletion_fraction_e3));
        CASE(LOSS_FAST, per_mille(window_raw(soil->fast - last(soil)), available));
        CASE(LOSS_SLOW, per_mille(window_raw(soil->slow - last(soil)), available));
        CASE(LOSS_TREND, per_mille(window_raw(soil->trend - last(soil)), available));
    default:
        return COOEE_MISSING;
    }
}

static int16_t window_feature(const struct cooee_window *window, uint8_t measure)
{
    switch (measure) {
        CASE(LAST, window->last);
        CASE(FAST, window_raw(window->fast));
        CASE(SLOW, window_raw(window->slow));
        CASE(TREND, window_raw(window->trend));
        CASE(CHANGE_FAST, window_raw(last(window) - window->fast));
        CASE(CHANGE_SLOW, window_raw(last(window) - window->slow));
        CASE(DAY_LOW, window_day_low(window));
        CASE(DAY_HIGH, window_day_high(window));
        CASE(DAY_RANGE, fixed_saturate((int32_t)window_day_high(window) - window_day_low(window)));
        CASE(SHARE, (int16_t)(window_hours_above(window) * 1000 / 24));
        CASE(HOURS_ABOVE, window_hours_since_below(window));
        CASE(RATIO_SLOW, ratio_e2(window->fast, window->slow));
        CASE(RATIO_TREND, ratio_e2(window->fast, window->trend));
    default:
        return COOEE_MISSING;
    }
}

static bool is_of_moist_air(uint8_t measure)
{
    return DEW_POINT <= measure && measure <= LOWEST_AHEAD;
}

static int16_t filter_feature(const struct cooee_probes *probes, const struct cooee_site *site, uint8_t measure)
{
    const struct cooee_water *water = probes->water;

    if (!COOEE_WATER_FILTER || water == 0 || !water->started
        || (probes_window(probes, COOEE_CHANNEL_SOIL_MOISTURE_10CM) == 0 && probes_window(probes, COOEE_CHANNEL_SOIL_MOISTURE_30CM) == 0)) {
        return COOEE_MISSING;
    }
    return water_feature(water, site, (enum cooee_water_feature)(measure - WATER_DEPLETION));
}

uint16_t feature_channels(uint8_t feature)
{
    uint16_t channels = (uint16_t)(1U << COOEE_READ_U8(&rows[feature].channel));
    uint8_t measure = COOEE_READ_U8(&rows[feature].measure);
    if (is_of_moist_air(measure)) {
        channels |= 1U << COOEE_CHANNEL_HUMIDITY;
    }
    if (!COOEE_FEATURE_USED(feature)) {
        return UINT16_MAX; /* no node has so many */
    }
    if (measure >= WATER_DEPLETION) {
        channels |= 1U << COOEE_CHANNEL_SOIL_MOISTURE_10CM;
    }
    return channels;
}

int16_t feature_get(const struct cooee_probes *probes, const struct cooee_site *site, uint8_t feature)
{
    uint8_t measure = COOEE_READ_U8(&rows[feature].measure);
    if (measure >= WATER_DEPLETION) {
        return site_valid(site) ? filter_feature(probes, site, measure) : COOEE_MISSING;
    }
    const struct cooee_window *window = probes_window(probes, COOEE_READ_U8(&rows[feature].channel));
    if (window == 0) {
        return COOEE_MISSING;
    }
    if (measure >= DEPLETION) {
        return site_valid(site) ? soil_feature(window, site, measure) : COOEE_MISSING;
    }
    if (is_of_moist_air(measure)) {
        return moist_air_feature(probes, window, measure);
    }
    return window_feature(window, measure);
}
