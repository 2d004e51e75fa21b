/* Arithmetic of the water filter's scaled integers. */
#ifndef COOEE_FIXED_POINT_H
#define COOEE_FIXED_POINT_H

#include <stdint.h>

int32_t fixed_within(int32_t value, int32_t low, int32_t high);

/* value * by / over: |value * by| < 2^31 */
int32_t fixed_scaled(int32_t value, int16_t by, int16_t over);

#endif
