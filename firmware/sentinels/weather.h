#ifndef COOEE_SENTINEL_WEATHER_H
#define COOEE_SENTINEL_WEATHER_H

#include <stdint.h>

#include "cooee/flash.h"

#define WEATHER_VERSION 0x00000001UL
#define WEATHER_FEATURE_COUNT 4
#define WEATHER_CLASS_COUNT 4

uint8_t weather_predict(const int16_t features[]);
uint8_t weather_classify(const int16_t features[], uint8_t *confidence_percent);

#endif
