#include "soil_column.h"

#include "cooee/flash.h"
#include "fixed_point.h"

#define LOWER_LEAST_MM 250

/* From one value to another, as the part of a stage of the crop that is over. */
static int16_t between(uint8_t from, uint8_t to, int16_t days, uint8_t stage_days)
{
    return days <= 0 ? from : days >= stage_days ? to : (int16_t)(from + fixed_scaled(to - from, days, stage_days));
}

struct soil_column soil_column_on(const struct cooee_site *site, int16_t day)
{
    struct soil_column column;
    const uint8_t *stage = site->stage_days;
    int16_t grown = (int16_t)(day - stage[0]), ripe = (int16_t)(grown - stage[1] - stage[2]);

    column.root_mm = (int16_t)(10 * between(site->root_cm[0], site->root_cm[1], grown, stage[1]));
    column.kcb_e2 = ripe > 0 ? between(site->kcb_e2[1], site->kcb_e2[2], ripe, stage[3])
                             : between(site->kcb_e2[0], site->kcb_e2[1], grown, stage[1]);
    column.available_e2 = fixed_scaled(site->field_capacity_e4 - site->wilting_point_e4, column.root_mm, 100);
    column.depth_mm[0] = SOIL_UPPER_MM;
    column.depth_mm[1] = column.root_mm < SOIL_UPPER_MM + LOWER_LEAST_MM ? LOWER_LEAST_MM : (int16_t)(column.root_mm - SOIL_UPPER_MM);
    column.mixed_mm = (int16_t)(SOIL_UPPER_MM + column.depth_mm[1]);
    return column;
}

COOEE_SHARED int32_t soil_amount_e4(int32_t state, int16_t depth_mm)
{
    return fixed_scaled(state, depth_mm, 16);
}

COOEE_SHARED int32_t soil_room(const struct cooee_site *site, const struct soil_column *column)
{
    return fixed_scaled((int32_t)(site->saturation_e4 - site->field_capacity_e4) * 16, column->root_mm, column->mixed_mm);
}
