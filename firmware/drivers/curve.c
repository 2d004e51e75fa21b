#include "drivers/curve.h"

#define LIMIT 16384

static bool within(int16_t value)
{
    return value >= -LIMIT && value < LIMIT;
}

bool curve_valid(const struct cooee_curve *curve)
{
    if (curve->count < 2) {
        return false;
    }
    for (uint8_t i = 0; i < curve->count; i++) {
        const struct cooee_point *point = &curve->point[i];
        if (!within(point->x) || !within(point->y) || (i > 0 && point->x <= point[-1].x)) {
            return false;
        }
    }
    return true;
}

bool curve_goes_one_way(const struct cooee_curve *curve)
{
    if (!curve_valid(curve)) {
        return false;
    }
    bool falls = curve->point[1].y < curve->point[0].y;
    for (uint8_t i = 1; i < curve->count; i++) {
        if (curve->point[i].y == curve->point[i - 1].y || (curve->point[i].y < curve->point[i - 1].y) != falls) {
            return false;
        }
    }
    return true;
}

int32_t curve_at(const struct cooee_curve *curve, int16_t x)
{
    const struct cooee_point *left = curve->point;
    const struct cooee_point *last_left = curve->point + curve->count - 2;

    while (left < last_left && x > left[1].x) {
        left++;
    }
    int16_t width = (int16_t)(left[1].x - left->x);
    int32_t product = (int32_t)(int16_t)(left[1].y - left->y) * (int16_t)(x - left->x);
    return left->y + (product + (product < 0 ? -width / 2 : width / 2)) / width;
}
