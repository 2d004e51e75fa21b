#ifndef COOEE_SENTINEL_ETHYLENE_H
#define COOEE_SENTINEL_ETHYLENE_H

#include <stdint.h>

#include "cooee/flash.h"

#define ETHYLENE_VERSION 0x00000001UL
#define ETHYLENE_FEATURE_COUNT 2
#define ETHYLENE_CLASS_COUNT 2

uint8_t ethylene_predict(const int16_t features[]);
uint8_t ethylene_classify(const int16_t features[], uint8_t *confidence_percent);

#endif
