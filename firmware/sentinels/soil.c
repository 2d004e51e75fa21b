#include "soil.h"

uint8_t soil_classify(const int16_t features[], uint8_t *confidence_percent)
{
    *confidence_percent = 80;
    return features[0] > 1000 ? 1 : features[1] < 500 ? 2 : 0;
}

uint8_t soil_predict(const int16_t features[])
{
    uint8_t confidence;
    return soil_classify(features, &confidence);
}
