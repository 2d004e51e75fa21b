#include "fixed_point.h"

#include "cooee/flash.h"

COOEE_SHARED int32_t fixed_within(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

COOEE_SHARED int16_t fixed_narrow(int32_t value, int16_t low, int16_t high)
{
    return value < low ? low : value > high ? high : (int16_t)value;
}

COOEE_SHARED int16_t fixed_saturate(int32_t value)
{
    return fixed_narrow(value, -INT16_MAX, INT16_MAX);
}

COOEE_SHARED int32_t fixed_over(int32_t value, int16_t by)
{
    return value / by;
}

COOEE_SHARED int32_t fixed_scaled(int32_t value, int16_t by, int16_t over)
{
    return fixed_over(value * by, over);
}
