#include "sentinels.h"

#include "ethylene.h"
#include "soil.h"
#include "weather.h"

static const uint8_t soil_features[SOIL_FEATURE_COUNT] COOEE_FLASH = {
    COOEE_FEATURE_SOIL_DEFICIT_30CM, COOEE_FEATURE_SOIL_AIR_DAY_30CM};
static const int16_t soil_normals[SOIL_FEATURE_COUNT] COOEE_FLASH = {400, 1500};
static const struct cooee_alarm_policy soil_policies[SOIL_CLASS_COUNT - 1] COOEE_FLASH = {
    {.on_delay_min = 120, .clear_delay_min = 240, .repeat_min = 1440, .raise_percent = 60, .keep_percent = 50},
    {.on_delay_min = 120, .clear_delay_min = 240, .repeat_min = 1440, .raise_percent = 60, .keep_percent = 50},
};
const char cooee_soil_classes[] COOEE_FLASH = "ok,too_dry,waterlogged";
const struct cooee_sentinel cooee_soil = {
    .classify = soil_classify,
    .features = soil_features,
    .normals = soil_normals,
    .policies = soil_policies,
    .version = SOIL_VERSION,
    .id = 0,
    .feature_count = SOIL_FEATURE_COUNT,
    .class_count = SOIL_CLASS_COUNT,
};

static const uint8_t ethylene_features[ETHYLENE_FEATURE_COUNT] COOEE_FLASH = {
    COOEE_FEATURE_ETHYLENE_3H, COOEE_FEATURE_ETHYLENE_RATIO_5D};
static const int16_t ethylene_normals[ETHYLENE_FEATURE_COUNT] COOEE_FLASH = {50, 100};
static const struct cooee_alarm_policy ethylene_policies[ETHYLENE_CLASS_COUNT - 1] COOEE_FLASH = {
    {.on_delay_min = 120, .clear_delay_min = 360, .repeat_min = 1440, .raise_percent = 60, .keep_percent = 50},
};
const char cooee_ethylene_classes[] COOEE_FLASH = "ok,ripening";
const struct cooee_sentinel cooee_ethylene = {
    .classify = ethylene_classify,
    .features = ethylene_features,
    .normals = ethylene_normals,
    .policies = ethylene_policies,
    .version = ETHYLENE_VERSION,
    .id = 1,
    .feature_count = ETHYLENE_FEATURE_COUNT,
    .class_count = ETHYLENE_CLASS_COUNT,
};

static const uint8_t weather_features[WEATHER_FEATURE_COUNT] COOEE_FLASH = {
    COOEE_FEATURE_AIR_TEMPERATURE, COOEE_FEATURE_GUST, COOEE_FEATURE_HUMIDITY_SHARE_ABOVE_90, COOEE_FEATURE_AIR_TEMPERATURE_DAY_MIN};
static const int16_t weather_normals[WEATHER_FEATURE_COUNT] COOEE_FLASH = {1500, 400, 50, 900};
static const struct cooee_alarm_policy weather_policies[WEATHER_CLASS_COUNT - 1] COOEE_FLASH = {
    {.on_delay_min = 0, .clear_delay_min = 60, .repeat_min = 360, .raise_percent = 60, .keep_percent = 50},
    {.on_delay_min = 0, .clear_delay_min = 60, .repeat_min = 360, .raise_percent = 60, .keep_percent = 50},
    {.on_delay_min = 60, .clear_delay_min = 720, .repeat_min = 1440, .raise_percent = 60, .keep_percent = 50},
};
const char cooee_weather_classes[] COOEE_FLASH = "ok,frost,wind,disease";
const struct cooee_sentinel cooee_weather = {
    .classify = weather_classify,
    .features = weather_features,
    .normals = weather_normals,
    .policies = weather_policies,
    .version = WEATHER_VERSION,
    .id = 2,
    .feature_count = WEATHER_FEATURE_COUNT,
    .class_count = WEATHER_CLASS_COUNT,
};
