#include "fixed_point.h"

#include "cooee/flash.h"

COOEE_SHARED int32_t fixed_within(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

COOEE_SHARED int32_t fixed_scaled(int32_t value, int16_t by, int16_t over)
{
    return value * by / over;
}
