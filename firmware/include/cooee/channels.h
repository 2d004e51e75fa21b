/* Generated from edge/contract/channels.toml by python -m edge.contract.c_header. Do not edit. */
#ifndef COOEE_CHANNELS_H
#define COOEE_CHANNELS_H

#include <stdint.h>

/* Raw value that stands for "no reading". INT16_MIN is written so because -32768 alone is an int or long in C. */
#define COOEE_MISSING ((int16_t)(-32767 - 1))

enum cooee_channel_id {
    COOEE_CHANNEL_SOIL_MOISTURE_10CM = 0,
    COOEE_CHANNEL_SOIL_MOISTURE_30CM = 1,
    COOEE_CHANNEL_SOIL_TEMPERATURE = 2,
    COOEE_CHANNEL_ETHYLENE = 3,
    COOEE_CHANNEL_AIR_TEMPERATURE = 4,
    COOEE_CHANNEL_HUMIDITY = 5,
    COOEE_CHANNEL_WIND = 6,
    COOEE_CHANNEL_GUST = 7,
    COOEE_CHANNEL_RAIN = 8,
    COOEE_CHANNEL_PRESSURE = 9,
    COOEE_CHANNEL_BATTERY = 10,
    COOEE_CHANNEL_SOLAR_RADIATION = 11,
    COOEE_CHANNEL_SOIL_MOISTURE_60CM = 12,
    COOEE_CHANNEL_COUNT = 13
};

/* X(NAME, lowest plausible raw, highest plausible raw, hours until an unchanging value is stuck or 0, raw for share-of-day) */
#define COOEE_CHANNEL_TABLE(X) \
    X(SOIL_MOISTURE_10CM, 0, 6500, 48, INT16_MAX) /* m3/m3, x 0.0001 */ \
    X(SOIL_MOISTURE_30CM, 0, 6500, 96, INT16_MAX) /* m3/m3, x 0.0001 */ \
    X(SOIL_TEMPERATURE, -3000, 6000, 0, INT16_MAX) /* degC, x 0.01 */ \
    X(ETHYLENE, -50, 32000, 0, INT16_MAX) /* ppm, x 0.01 */ \
    X(AIR_TEMPERATURE, -4500, 6000, 12, 1000) /* degC, x 0.01 */ \
    X(HUMIDITY, 100, 10000, 0, 9000) /* %, x 0.01 */ \
    X(WIND, 0, 6000, 0, INT16_MAX) /* m/s, x 0.01 */ \
    X(GUST, 0, 9000, 0, INT16_MAX) /* m/s, x 0.01 */ \
    X(RAIN, 0, 12000, 0, INT16_MAX) /* mm, x 0.01 */ \
    X(PRESSURE, 5000, 11000, 0, INT16_MAX) /* hPa, x 0.1 */ \
    X(BATTERY, 1500, 16000, 0, INT16_MAX) /* V, x 0.001 */ \
    X(SOLAR_RADIATION, -20, 1800, 36, INT16_MAX) /* W/m2, x 1 */ \
    X(SOIL_MOISTURE_60CM, 0, 6500, 240, INT16_MAX) /* m3/m3, x 0.0001 */

/* X(NAME, what a raw value of 1 stands for), for ports whose sensors say floating-point numbers; the core is without. */
#define COOEE_CHANNEL_SCALE_TABLE(X) \
    X(SOIL_MOISTURE_10CM, 0.0001F) \
    X(SOIL_MOISTURE_30CM, 0.0001F) \
    X(SOIL_TEMPERATURE, 0.01F) \
    X(ETHYLENE, 0.01F) \
    X(AIR_TEMPERATURE, 0.01F) \
    X(HUMIDITY, 0.01F) \
    X(WIND, 0.01F) \
    X(GUST, 0.01F) \
    X(RAIN, 0.01F) \
    X(PRESSURE, 0.1F) \
    X(BATTERY, 0.001F) \
    X(SOLAR_RADIATION, 1.0F) \
    X(SOIL_MOISTURE_60CM, 0.0001F)

#endif
