/* Curve: a straight line between each two points, for calibrations and temperature tables. */
#ifndef COOEE_DRIVERS_CURVE_H
#define COOEE_DRIVERS_CURVE_H

#include <stdbool.h>
#include <stdint.h>

#include "cooee/point.h"

struct cooee_curve {
    const struct cooee_point *point; /* by rising x */
    uint8_t count;                   /* 2 or more */
};

/* Two points or more, x rising, all within their limits. */
bool curve_valid(const struct cooee_curve *curve);

/* Such a curve whose y rises with every point, or falls with every one. */
bool curve_goes_one_way(const struct cooee_curve *curve);

/* y at x, rounded to nearest; beyond the ends the outer lines go on. `x` within -16384..16383. */
int32_t curve_at(const struct cooee_curve *curve, int16_t x);

#endif
