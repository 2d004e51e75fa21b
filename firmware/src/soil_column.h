/* Soil column: what the day of the season makes of a site's root zone (FAO-56), in two layers. u = 1e-4 m3/m3 of a layer. */
#ifndef COOEE_SOIL_COLUMN_H
#define COOEE_SOIL_COLUMN_H

#include "cooee/site.h"

#define SOIL_UPPER_MM 200

struct soil_column {
    int32_t available_e2; /* total available water, 0.01 mm (eq. 82) */
    int16_t depth_mm[2];  /* of the layers */
    int16_t mixed_mm;     /* their sum */
    int16_t root_mm, kcb_e2;
};

/* `day`: after planting. */
struct soil_column soil_column_on(const struct cooee_site *site, int16_t day);

/* Water of a state, u * 16, over a depth, 0.0001 mm. */
int32_t soil_amount_e4(int32_t state, int16_t depth_mm);

/* Room above field capacity, u * 16 of both layers. */
int32_t soil_room(const struct cooee_site *site, const struct soil_column *column);

#endif
