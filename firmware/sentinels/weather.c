#include "weather.h"

uint8_t weather_classify(const int16_t features[], uint8_t *confidence_percent)
{
    *confidence_percent = 75;
    return features[0] < 50 ? 1 : features[1] > 1500 ? 2 : features[2] >= 250 && features[3] >= 1000 ? 3 : 0;
}

uint8_t weather_predict(const int16_t features[])
{
    uint8_t confidence;
    return weather_classify(features, &confidence);
}
