#include "rain.h"

#include "cooee/water.h"

#define UPPER_MM 200

static const struct cooee_site loam = {.field_capacity_e4 = 2500, .wilting_point_e4 = 1200, .saturation_e4 = 4600,
                                       .depletion_fraction_e3 = 400, .planted_days = 75, .stage_days = {30, 40, 45, 30},
                                       .kcb_e2 = {15, 110, 70}, .root_cm = {25, 70}, .drainage_h = 30};

/* Half an hour in which the soil probe says so much, and the gauge. */
static void pass(struct cooee_probes *probes, struct cooee_water *water, int16_t soil_e4, int16_t fallen_e2)
{
    int16_t raw[COOEE_CHANNEL_COUNT];

    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        raw[id] = COOEE_MISSING;
    }
    raw[COOEE_CHANNEL_SOIL_MOISTURE_10CM] = soil_e4;
    raw[COOEE_CHANNEL_RAIN] = fallen_e2;
    probes_push(probes, raw, 1800);
    water_push(water, probes, &loam, 1800);
}

uint8_t rain_predict(const int16_t fallen_e2[1])
{
    static struct cooee_probe probe[2];
    static struct cooee_water water;
    struct cooee_probes probes;

    probes_start(&probes, probe, 1U << COOEE_CHANNEL_SOIL_MOISTURE_10CM | 1U << COOEE_CHANNEL_RAIN, 1800);
    water_start(&water, loam.planted_days);
    pass(&probes, &water, 2400, 0);
    const int32_t lacked = water.state[COOEE_WATER_UPPER] = 1000 * 16; /* 20 mm */
    pass(&probes, &water, COOEE_MISSING, fallen_e2[0]);
    return (uint8_t)((lacked - water.state[COOEE_WATER_UPPER]) * UPPER_MM / 16 / 1000);
}
