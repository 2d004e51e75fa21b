#ifndef COOEE_SENTINEL_SOIL_H
#define COOEE_SENTINEL_SOIL_H

#include <stdint.h>

#include "cooee/flash.h"

#define SOIL_VERSION 0x00000001UL
#define SOIL_FEATURE_COUNT 2
#define SOIL_CLASS_COUNT 3

uint8_t soil_predict(const int16_t features[]);
uint8_t soil_classify(const int16_t features[], uint8_t *confidence_percent);

#endif
