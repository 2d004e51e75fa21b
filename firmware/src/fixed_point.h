/* Arithmetic of the water filter's scaled integers. */
#ifndef COOEE_FIXED_POINT_H
#define COOEE_FIXED_POINT_H

#include <stdint.h>

int32_t fixed_within(int32_t value, int32_t low, int32_t high);
int16_t fixed_narrow(int32_t value, int16_t low, int16_t high);

/* Within what int16 holds, without COOEE_MISSING. */
int16_t fixed_saturate(int32_t value);

/* value / by: a call with 32 bits twice is longer on an AVR */
int32_t fixed_over(int32_t value, int16_t by);

/* value * by / over: |value * by| < 2^31 */
int32_t fixed_scaled(int32_t value, int16_t by, int16_t over);

#endif
