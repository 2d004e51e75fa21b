#include "water_balance.h"

#include "cooee/flash.h"
#include "fixed_point.h"
#include "water_filter.h"

/* Of what the upper 10 cm can lose by evaporation, as much goes at full speed (REW beside TEW, FAO-56 table 19), per cent. */
#define READILY_EVAPORATED 45
#define DEMAND_STEPS (5 * WATER_STEPS_A_DAY)

static COOEE_SHARED void add_amount(int32_t *state, int32_t amount_e4, int16_t depth_mm)
{
    *state += fixed_scaled(amount_e4, 16, depth_mm);
}

int32_t water_depletion_e2(const struct cooee_water *water, const struct soil_column *column)
{
    return fixed_over(soil_amount_e4(water->state[0], column->depth_mm[0]) + soil_amount_e4(water->state[1], column->depth_mm[1]), 100);
}

int32_t water_readily_available_e2(const struct cooee_water *water, const struct cooee_site *site, const struct soil_column *column)
{
    int16_t demand_e2 = (int16_t)fixed_over(water->demand, 256);
    int16_t p_e3 = fixed_narrow(site->depletion_fraction_e3 + (500 - demand_e2) * 2 / 5, 100, 800);

    return 1 + fixed_scaled(column->available_e2, p_e3, 1000);
}

COOEE_SHARED void water_dry(struct cooee_water *water, const struct cooee_site *site, const struct soil_column *column, int16_t et0)
{
    int32_t left = column->available_e2 - water_depletion_e2(water, column);
    int32_t rest = fixed_within(column->available_e2 - water_readily_available_e2(water, site, column), 100, INT32_MAX);
    /* Of 10 cm, 0.01 mm (eq. 73). */
    int16_t evaporable = (int16_t)(site->field_capacity_e4 - site->wilting_point_e4 / 2);
    int32_t slowly = 1 + fixed_scaled(evaporable, 100 - READILY_EVAPORATED, 100);
    int16_t kr_e2 = fixed_narrow((fixed_scaled(evaporable, 100, 1) - water->surface_e4) / slowly, 0, 100);
    int16_t ke_e2 = fixed_narrow(fixed_scaled(120 - column->kcb_e2, kr_e2, 100), 0, 120);
    int32_t upper = fixed_scaled(et0, ke_e2, WATER_STEPS_A_DAY), lower = fixed_scaled(et0, column->kcb_e2, WATER_STEPS_A_DAY);

    water->demand += fixed_over((upper + lower) * (int32_t)(WATER_STEPS_A_DAY * 256L / 100) - water->demand,
                                water->half_hours < DEMAND_STEPS ? (int16_t)(water->half_hours + 1) : DEMAND_STEPS);
    /* From the bare share of the surface (eq. 76-77): it dries alike beneath any crop. */
    water->surface_e4 += fixed_scaled(fixed_scaled(et0, kr_e2, WATER_STEPS_A_DAY), 21, 20);
    water->stress = fixed_narrow(left * 100 / rest, 0, 100);
    lower = fixed_scaled(lower, water->stress, 100);
    if (soil_amount_e4(water->state[COOEE_WATER_SURPLUS], column->mixed_mm) > upper + lower) {
        add_amount(&water->state[COOEE_WATER_SURPLUS], -upper - lower, column->mixed_mm);
        return;
    }
    int32_t rooted = column->root_mm <= 320 ? lower : fixed_scaled(lower, 320, column->root_mm);
    int32_t taken[2] = {upper + rooted, lower - rooted};
    for (uint8_t layer = 0; layer < 2; layer++) {
        add_amount(&water->state[layer], taken[layer], column->depth_mm[layer]);
        water_doubt(water, layer, (int16_t)fixed_scaled(taken[layer] + 100, 22, column->depth_mm[layer]));
    }
}

void water_drain(struct cooee_water *water, const struct cooee_site *site)
{
    int16_t part = (int16_t)(16384 / site->drainage_h);
    int32_t drained = water_shrink(water, COOEE_WATER_SURPLUS, (int16_t)(part - fixed_scaled(part, part / 2, 32767)));

    water_doubt(water, COOEE_WATER_SURPLUS, (int16_t)(fixed_over(drained, 4) + 4));
}

void water_wet(struct cooee_water *water, const struct soil_column *column, int32_t inflow_e4)
{
    int32_t deviation_e4 = inflow_e4 + 12000;
    uint8_t layer;
    int16_t depth_mm = column->mixed_mm;

    water->surface_e4 = water->surface_e4 > inflow_e4 ? water->surface_e4 - inflow_e4 : 0;
    if (inflow_e4 > 10000) {
        water->dry_half_hours = 0;
    }
    for (layer = 0; layer < 2; layer++) {
        int32_t room_e4 = soil_amount_e4(water->state[layer], column->depth_mm[layer]);
        if (inflow_e4 <= room_e4) {
            depth_mm = column->depth_mm[layer];
            inflow_e4 = -inflow_e4;
            break;
        }
        inflow_e4 -= room_e4;
        water->state[layer] = 0;
    }
    layer = layer < 2 ? layer : COOEE_WATER_SURPLUS;
    add_amount(&water->state[layer], inflow_e4, depth_mm);
    water_doubt(water, layer, (int16_t)fixed_over(deviation_e4, depth_mm));
}
