#include "ethylene.h"

uint8_t ethylene_classify(const int16_t features[], uint8_t *confidence_percent)
{
    *confidence_percent = features[0] > 300 ? 90 : 70;
    return features[0] > 150 && features[1] > 130 ? 1 : 0;
}

uint8_t ethylene_predict(const int16_t features[])
{
    uint8_t confidence;
    return ethylene_classify(features, &confidence);
}
