/* A sentinel small enough to be understood: class 1 "hot" above 30 degC or, surer, with a strong gust; class 2 "gale". */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "cooee/flash.h"
#include "cooee/sentinel.h"

enum { TEMPERATURE, HUMIDITY, GUST };
enum { WELL, HOT, GALE };

static uint8_t classify(const int16_t features[], uint8_t *confidence)
{
    if (features[GUST] > 2000 || features[HUMIDITY] < 100) {
        *confidence = 95;
        return GALE;
    }
    *confidence = (uint8_t)(features[TEMPERATURE] > 3000 ? (features[GUST] > 1000 ? 90 : 60) : 80);
    return features[TEMPERATURE] > 3000 ? HOT : WELL;
}

static const uint8_t features[] COOEE_FLASH = {COOEE_FEATURE_AIR_TEMPERATURE, COOEE_FEATURE_HUMIDITY, COOEE_FEATURE_GUST};
static const int16_t normals[] COOEE_FLASH = {1500, 7000, 300};
static const struct cooee_alarm_policy policies[] COOEE_FLASH = {
    {.on_delay_min = 20, .clear_delay_min = 20, .repeat_min = 60, .raise_percent = 60, .keep_percent = 50},
    {.on_delay_min = 0, .clear_delay_min = 0, .repeat_min = 0, .raise_percent = 60, .keep_percent = 50}};
static const struct cooee_sentinel fixture = {.classify = classify, .features = features, .normals = normals,
                                              .policies = policies, .version = 0xC0FFEE01UL, .id = 7, .feature_count = 3,
                                              .class_count = 3};

#endif
