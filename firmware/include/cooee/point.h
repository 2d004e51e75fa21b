#ifndef COOEE_POINT_H
#define COOEE_POINT_H

#include <stdint.h>

/* Of a calibration or a table: both within -16384..16383, which keeps every product within 32 bits. */
struct cooee_point {
    int16_t x, y;
};

#endif
