/* The built-in sentinels, in id order. */
#ifndef COOEE_SENTINELS_H
#define COOEE_SENTINELS_H

#include "cooee/flash.h"
#include "cooee/sentinel.h"

#define COOEE_SENTINELS(X) X(soil) X(ethylene) X(weather)

extern const struct cooee_sentinel cooee_soil;
extern const struct cooee_sentinel cooee_ethylene;
extern const struct cooee_sentinel cooee_weather;

extern const char cooee_soil_classes[] COOEE_FLASH;
extern const char cooee_ethylene_classes[] COOEE_FLASH;
extern const char cooee_weather_classes[] COOEE_FLASH;

#endif
