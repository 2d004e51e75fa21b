/* Soil and crop where a node's soil probes stand. */
#ifndef COOEE_SITE_H
#define COOEE_SITE_H

#include <stdbool.h>
#include <stdint.h>

struct cooee_site {
    int16_t field_capacity_e4;     /* m3/m3 * 10000 */
    int16_t wilting_point_e4;      /* not below 0, below field capacity */
    int16_t saturation_e4;         /* at or above field capacity */
    int16_t depletion_fraction_e3; /* p of FAO-56 table 22 * 1000, 1..1000 */
    int16_t planted_days;          /* after planting or leaf-out, when the node was programmed; until it is told the day */
    uint8_t stage_days[4];         /* initial, development, middle and late stage (FAO-56 table 11) */
    uint8_t kcb_e2[3];             /* basal crop coefficient in the initial and the middle stage and at the end * 100 (table 17) */
    uint8_t root_cm[2];            /* rooting depth at planting and the greatest */
    uint8_t drainage_h;            /* until water above field capacity has fallen to 1/e; 0: the water filter is off */
    uint16_t planted_on;           /* day of the year of planting or leaf-out, 1..366; 0: what the gateway says of the day is not heard */
};

/* Whether the soil's numbers are as said above. */
bool site_valid(const struct cooee_site *site);

#endif
