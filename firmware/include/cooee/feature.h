/* Features: the int16 numbers that sentinels see, made from windows.
 *
 * X(NAME, unit, scale, measure, channel): value = int16 * scale in `unit`; `measure` says how it is made (feature.c).
 * "change" is against an exponential average: _3h of the last three hours, _day of the last day, _5d of the last five
 * days. depletion: share of the available water (field capacity to wilting point) that is gone; deficit: the same,
 * 1 = all the readily available water (depletion fraction p, FAO-56 table 22) is gone; deficit own: the same against the
 * probe's own field capacity, the crest of its window (within 0.07 m3/m3 of the site's), so that an offset cancels; air: volume of pores without water;
 * loss: share of the available water lost against an average. ratio: (average + 0.5 ppm) / (longer average + 0.5 ppm).
 * water: of the whole root zone, by the filter (water.h), as long as one of the two probes is heard: its depletion, 1 = all the readily
 * available water; hours until that at the rate of the last days (negative: since); its air; hours since water came in.
 * share above: of the last 24 hours; hours above: in a row until now, up to 32. min 6h: the lowest that the air is expected to come to
 * within six hours, 0 degC where it is below 1 now.
 * dew point: FAO-56 eq. 11 and 14 (Magnus) by an integer table, within 0.05 degC.
 *
 * Ids travel in call frames: append, never renumber.
 */
#ifndef COOEE_FEATURE_H
#define COOEE_FEATURE_H

#include "cooee/probe.h"
#include "cooee/site.h"

#define COOEE_FEATURE_TABLE(X) \
    X(SOIL_DEPLETION_10CM, "", 0.001, DEPLETION, SOIL_MOISTURE_10CM) \
    X(SOIL_DEPLETION_30CM, "", 0.001, DEPLETION, SOIL_MOISTURE_30CM) \
    X(SOIL_DEPLETION_DAY_10CM, "", 0.001, DEPLETION_SLOW, SOIL_MOISTURE_10CM) \
    X(SOIL_DEPLETION_DAY_30CM, "", 0.001, DEPLETION_SLOW, SOIL_MOISTURE_30CM) \
    X(SOIL_DEFICIT_10CM, "", 0.001, DEFICIT, SOIL_MOISTURE_10CM) \
    X(SOIL_DEFICIT_30CM, "", 0.001, DEFICIT, SOIL_MOISTURE_30CM) \
    X(SOIL_AIR_10CM, "m3/m3", 0.0001, AIR_FILLED, SOIL_MOISTURE_10CM) \
    X(SOIL_AIR_30CM, "m3/m3", 0.0001, AIR_FILLED, SOIL_MOISTURE_30CM) \
    X(SOIL_AIR_DAY_10CM, "m3/m3", 0.0001, AIR_FILLED_SLOW, SOIL_MOISTURE_10CM) \
    X(SOIL_AIR_DAY_30CM, "m3/m3", 0.0001, AIR_FILLED_SLOW, SOIL_MOISTURE_30CM) \
    X(SOIL_LOSS_3H_10CM, "", 0.001, LOSS_FAST, SOIL_MOISTURE_10CM) \
    X(SOIL_LOSS_3H_30CM, "", 0.001, LOSS_FAST, SOIL_MOISTURE_30CM) \
    X(SOIL_LOSS_DAY_10CM, "", 0.001, LOSS_SLOW, SOIL_MOISTURE_10CM) \
    X(SOIL_LOSS_DAY_30CM, "", 0.001, LOSS_SLOW, SOIL_MOISTURE_30CM) \
    X(SOIL_LOSS_5D_10CM, "", 0.001, LOSS_TREND, SOIL_MOISTURE_10CM) \
    X(SOIL_LOSS_5D_30CM, "", 0.001, LOSS_TREND, SOIL_MOISTURE_30CM) \
    X(SOIL_MOISTURE_RANGE_10CM, "m3/m3", 0.0001, DAY_RANGE, SOIL_MOISTURE_10CM) \
    X(SOIL_MOISTURE_RANGE_30CM, "m3/m3", 0.0001, DAY_RANGE, SOIL_MOISTURE_30CM) \
    X(SOIL_TEMPERATURE, "degC", 0.01, LAST, SOIL_TEMPERATURE) \
    X(SOIL_TEMPERATURE_DAY, "degC", 0.01, SLOW, SOIL_TEMPERATURE) \
    X(ETHYLENE, "ppm", 0.01, LAST, ETHYLENE) \
    X(ETHYLENE_3H, "ppm", 0.01, FAST, ETHYLENE) \
    X(ETHYLENE_DAY, "ppm", 0.01, SLOW, ETHYLENE) \
    X(ETHYLENE_5D, "ppm", 0.01, TREND, ETHYLENE) \
    X(ETHYLENE_CHANGE_3H, "ppm", 0.01, CHANGE_FAST, ETHYLENE) \
    X(ETHYLENE_CHANGE_DAY, "ppm", 0.01, CHANGE_SLOW, ETHYLENE) \
    X(ETHYLENE_RATIO_DAY, "", 0.01, RATIO_SLOW, ETHYLENE) \
    X(ETHYLENE_RATIO_5D, "", 0.01, RATIO_TREND, ETHYLENE) \
    X(ETHYLENE_DAY_MAX, "ppm", 0.01, DAY_HIGH, ETHYLENE) \
    X(AIR_TEMPERATURE, "degC", 0.01, LAST, AIR_TEMPERATURE) \
    X(AIR_TEMPERATURE_DAY, "degC", 0.01, SLOW, AIR_TEMPERATURE) \
    X(AIR_TEMPERATURE_CHANGE_3H, "degC", 0.01, CHANGE_FAST, AIR_TEMPERATURE) \
    X(AIR_TEMPERATURE_CHANGE_DAY, "degC", 0.01, CHANGE_SLOW, AIR_TEMPERATURE) \
    X(AIR_TEMPERATURE_DAY_MIN, "degC", 0.01, DAY_LOW, AIR_TEMPERATURE) \
    X(AIR_TEMPERATURE_DAY_MAX, "degC", 0.01, DAY_HIGH, AIR_TEMPERATURE) \
    X(DEW_POINT, "degC", 0.01, DEW_POINT, AIR_TEMPERATURE) \
    X(DEW_POINT_DEPRESSION, "degC", 0.01, DEW_POINT_DEPRESSION, AIR_TEMPERATURE) \
    X(HUMIDITY, "%", 0.01, LAST, HUMIDITY) \
    X(HUMIDITY_3H, "%", 0.01, FAST, HUMIDITY) \
    X(HUMIDITY_DAY, "%", 0.01, SLOW, HUMIDITY) \
    X(HUMIDITY_SHARE_ABOVE_90, "", 0.001, SHARE, HUMIDITY) \
    X(WIND, "m/s", 0.01, LAST, WIND) \
    X(WIND_3H, "m/s", 0.01, FAST, WIND) \
    X(WIND_DAY, "m/s", 0.01, SLOW, WIND) \
    X(WIND_CHANGE_3H, "m/s", 0.01, CHANGE_FAST, WIND) \
    X(GUST, "m/s", 0.01, LAST, GUST) \
    X(GUST_3H, "m/s", 0.01, FAST, GUST) \
    X(GUST_CHANGE_3H, "m/s", 0.01, CHANGE_FAST, GUST) \
    X(GUST_DAY_MAX, "m/s", 0.01, DAY_HIGH, GUST) \
    X(PRESSURE_CHANGE_3H, "hPa", 0.1, CHANGE_FAST, PRESSURE) \
    X(PRESSURE_CHANGE_DAY, "hPa", 0.1, CHANGE_SLOW, PRESSURE) \
    X(RAIN_3H, "mm", 0.01, FAST, RAIN) \
    X(RAIN_DAY, "mm", 0.01, SLOW, RAIN) \
    X(RAIN_5D, "mm", 0.01, TREND, RAIN) \
    X(SOIL_DEFICIT_OWN_10CM, "", 0.001, DEFICIT_OWN, SOIL_MOISTURE_10CM) \
    X(SOIL_DEFICIT_OWN_30CM, "", 0.001, DEFICIT_OWN, SOIL_MOISTURE_30CM) \
    X(WATER_DEPLETION, "", 0.001, WATER_DEPLETION, SOIL_MOISTURE_30CM) \
    X(WATER_HOURS_LEFT, "h", 1, WATER_HOURS_LEFT, SOIL_MOISTURE_30CM) \
    X(WATER_AIR, "m3/m3", 0.0001, WATER_AIR, SOIL_MOISTURE_30CM) \
    X(WATER_HOURS_DRY, "h", 1, WATER_HOURS_DRY, SOIL_MOISTURE_30CM) \
    X(AIR_TEMPERATURE_MIN_6H, "degC", 0.01, LOWEST_AHEAD, AIR_TEMPERATURE) \
    X(AIR_TEMPERATURE_HOURS_ABOVE_10, "h", 1, HOURS_ABOVE, AIR_TEMPERATURE)

enum cooee_feature_id {
#define COOEE_FEATURE_ENUM(name, unit, scale, measure, channel) COOEE_FEATURE_##name,
    COOEE_FEATURE_TABLE(COOEE_FEATURE_ENUM)
#undef COOEE_FEATURE_ENUM
    COOEE_FEATURE_COUNT
};

/* The channels a feature is made of, bit = channel id. */
uint16_t feature_channels(uint8_t feature);

/* The feature now; COOEE_MISSING when a channel it needs is absent, stale or faulty, or the site is not valid for it. Saturates. */
int16_t feature_get(const struct cooee_probes *probes, const struct cooee_site *site, uint8_t feature);

#endif
