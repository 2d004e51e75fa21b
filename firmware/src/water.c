#include "cooee/water.h"

#include "cooee/flash.h"
#include "fixed_point.h"
#include "water_balance.h"
#include "water_filter.h"

#define STEP_S 1800U
#define DAYS_OF_YEAR 365
#define DAYS_OF_FOUR_YEARS 1461
/* Variances, u2 * 16. Of a reading; what an offset's grows by in half an hour; what pulls a state back that is below nought. */
#define READING ((int32_t)40 * 40 * 16)
#define OFFSET_GROWTH 6
#define NOT_BELOW_NOUGHT ((int32_t)10 * 10 * 16)
/* In u: two averages differ by so much through water alone; and so much, beside another probe that stays, is a probe that has
 * moved. */
#define LEAP 200
#define STILL 40
#define WET 40
/* Most that a station's gauge catches between two words of it, 0.1 mm; more is another gauge. */
#define HEARD_MOST 1200
/* A gauge elsewhere says late what the probes have shown already: its rain counts when they have shown none for so long. */
#define SHOWN_HALF_HOURS 3
/* Reference evapotranspiration, 0.01 mm/d, where no temperature is known, and its bounds. */
#define ET0_UNKNOWN 350
#define ET0_LEAST 30
#define ET0_MOST 700
#define RATE_LEAST 30
#define INFLOW_LEAST 6000
#define INFLOW_MOST ((int32_t)600000)
#define HOURS_MOST 500
#define DEEP_MM 600

/* Of a probe, by depth: its channel, the layer it is in, its offset among the states. */
#define IS_DEEP(probe) (COOEE_WATER_DEEP && (probe) == 2)

static uint8_t channel_of(uint8_t probe)
{
    return IS_DEEP(probe) ? COOEE_CHANNEL_SOIL_MOISTURE_60CM : (uint8_t)(COOEE_CHANNEL_SOIL_MOISTURE_10CM + probe);
}

static uint8_t layer_of(uint8_t probe)
{
    return IS_DEEP(probe) ? COOEE_WATER_LOWER : probe;
}

static uint8_t offset_of(uint8_t probe)
{
    return (uint8_t)(IS_DEEP(probe) ? COOEE_WATER_OFFSET_DEEP : COOEE_WATER_OFFSET_UPPER + probe);
}

static struct soil_column column_now(const struct cooee_water *water, const struct cooee_site *site)
{
    return soil_column_on(site, (int16_t)(water->days + (int16_t)(water->half_hours / WATER_STEPS_A_DAY)));
}

static int16_t et0_e2(const struct cooee_water *water, const struct cooee_probes *probes)
{
    if (water->silent_half_hours < COOEE_WATER_SILENT && water->heard_et0 != COOEE_ET0_UNKNOWN) {
        return (int16_t)(water->heard_et0 * 10);
    }
    const struct cooee_window *warmth = probes_window(probes, COOEE_CHANNEL_SOIL_TEMPERATURE);

    if (warmth == 0) {
        warmth = probes_window(probes, COOEE_CHANNEL_AIR_TEMPERATURE);
    }
    /* 2, 4.5 and 7 mm/d at 10, 20 and 30 degC: between the humid and the arid climates of FAO-56 table 2. */
    return warmth == 0 ? ET0_UNKNOWN : fixed_narrow((window_raw(warmth->slow) - 200) / 4, ET0_LEAST, ET0_MOST);
}

/* What came in since the last half-hour by the rises of the probes, u, else by the rain gauge. */
static COOEE_SHARED void take_inflow(struct cooee_water *water, const struct soil_column *column, const int16_t rise[])
{
    int32_t inflow_e4 = 0;

    for (uint8_t probe = 0; probe < COOEE_WATER_PROBES; probe++) {
        int16_t own = rise[probe], other = rise[probe != 1];
        /* It leaps where the other stays: the probe has moved, not the water. */
        if (own < -LEAP ? other > -LEAP / 2
                        : own > LEAP && other > -STILL && other < STILL && water->state[layer_of(probe)] / 16 < own - LEAP / 2) {
            water->state[offset_of(probe)] += (int32_t)own * 16;
            water_doubt(water, offset_of(probe), 160);
        } else if (!IS_DEEP(probe) && own > (probe == 0 ? 40 : 25)) {
            inflow_e4 += fixed_scaled(column->depth_mm[probe], own, 1);
        }
    }
    if (inflow_e4 < INFLOW_LEAST) {
        inflow_e4 = 100 * ((int32_t)water->rain + (water->dry_half_hours < SHOWN_HALF_HOURS ? 0 : water->station_rain));
    }
    water->rain = water->station_rain = 0;
    if (inflow_e4 > 0) {
        water_wet(water, column, inflow_e4 > INFLOW_MOST ? INFLOW_MOST : inflow_e4);
    }
}

/* `reading`: u * 16 */
static void observe(struct cooee_water *water, const struct cooee_site *site, const struct soil_column *column, uint8_t probe, int32_t reading)
{
    uint8_t offset = offset_of(probe), layer = layer_of(probe);
    int32_t surplus = water->state[COOEE_WATER_SURPLUS];
    int32_t expected = (int32_t)site->field_capacity_e4 * 16 - water->state[layer] + surplus + water->state[offset];
    int32_t innovation = reading - expected;

    if (innovation > WATER_FAR * 16 || innovation < -WATER_FAR * 16) {
        water_doubt(water, offset, 120);
        return;
    }
    if (surplus > WET * 16 && innovation > 30 * 16) {
        /* It drains more slowly than it should: more has come in, unseen in wet soil. */
        water_doubt(water, COOEE_WATER_SURPLUS, (int16_t)fixed_over(innovation, 8));
    }
    if (expected < (int32_t)(site->saturation_e4 - 100) * 16 && surplus < fixed_scaled(soil_room(site, column), 9, 10)) {
        water_correct(water, (uint8_t)(1U << offset | 1U << COOEE_WATER_SURPLUS), (uint8_t)(1U << layer), innovation, READING);
    }
}

/* No layer and no surplus below nought or above the most. */
static COOEE_SHARED void hold(struct cooee_water *water, uint8_t i, int32_t most)
{
    if (water->state[i] < 0) {
        water_correct(water, (uint8_t)(1U << i), 0, fixed_within(-water->state[i], 0, WATER_FAR * 16), NOT_BELOW_NOUGHT);
    }
    water->state[i] = fixed_within(water->state[i], 0, most);
}

static void bound(struct cooee_water *water, const struct cooee_site *site, const struct soil_column *column)
{
    int16_t upper_mm = column->root_mm < SOIL_UPPER_MM ? column->root_mm : SOIL_UPPER_MM;
    int16_t available = (int16_t)(site->field_capacity_e4 - site->wilting_point_e4);

    hold(water, COOEE_WATER_UPPER, fixed_scaled(((int32_t)available + site->field_capacity_e4) * 8, upper_mm, SOIL_UPPER_MM));
    hold(water, COOEE_WATER_LOWER, fixed_scaled((int32_t)available * 16, (int16_t)(column->root_mm - upper_mm), column->depth_mm[1]));
    hold(water, COOEE_WATER_SURPLUS, soil_room(site, column));
}

/* The readings since the last half-hour. */
static COOEE_SHARED void take_readings(struct cooee_water *water, const struct cooee_site *site, const struct soil_column *column)
{
    int16_t rise[COOEE_WATER_PROBES], mean[COOEE_WATER_PROBES];

    for (uint8_t probe = 0; probe < COOEE_WATER_PROBES; probe++) {
        mean[probe] = (int16_t)(water->count[probe] == 0 ? COOEE_MISSING : water->sum[probe] / water->count[probe]);
        rise[probe] = mean[probe] == COOEE_MISSING || water->previous[probe] == COOEE_MISSING
            ? 0
            : (int16_t)(mean[probe] - water->previous[probe]);
        water->previous[probe] = mean[probe];
    }
    take_inflow(water, column, rise);
    for (uint8_t probe = 0; probe < COOEE_WATER_PROBES; probe++) {
        if (mean[probe] != COOEE_MISSING && (!IS_DEEP(probe) || column->root_mm >= DEEP_MM)) {
            observe(water, site, column, probe, water->sum[probe] * 16 / water->count[probe]);
        }
        water->sum[probe] = 0;
        water->count[probe] = 0;
    }
    bound(water, site, column);
}

static void gather(struct cooee_water *water, const struct cooee_probes *probes)
{
    for (uint8_t probe = 0; probe < COOEE_WATER_PROBES; probe++) {
        const struct cooee_window *soil = probes_window(probes, channel_of(probe));
        if (soil != 0 && soil->age_s == 0 && water->count[probe] < UINT8_MAX) {
            water->sum[probe] += soil->last;
            water->count[probe]++;
        }
    }
    const struct cooee_window *gauge = probes_window(probes, COOEE_CHANNEL_RAIN);
    if (gauge != 0 && gauge->age_s == 0 && water->rain < INFLOW_MOST / 100) {
        water->rain = (int16_t)(water->rain + gauge->last);
    }
}

static void begin(struct cooee_water *water, const struct soil_column *column)
{
    /* Offsets, 0.026 m3/m3: soil probes differ so much from one spot of a plot to the next. */
    static const int16_t start[] COOEE_FLASH = {1600, 1600, 1040, 1040, 450, 1040};

    for (uint8_t i = 0; i < COOEE_WATER_STATES; i++) {
        water_doubt(water, i, COOEE_READ_I16(&start[i]));
    }
    water->lower_mm = column->depth_mm[1];
    water->started = true;
}

void water_start(struct cooee_water *water, int16_t days)
{
    static const struct cooee_water empty = {.silent_half_hours = COOEE_WATER_SILENT};

    *water = empty;
    water->days = days;
    for (uint8_t probe = 0; probe < COOEE_WATER_PROBES; probe++) {
        water->previous[probe] = COOEE_MISSING;
    }
}

void water_set_day(struct cooee_water *water, const struct cooee_site *site, uint16_t day)
{
    const uint8_t *stage = site->stage_days;
    int16_t since = (int16_t)((uint16_t)(day + 1 - site->planted_on) % DAYS_OF_FOUR_YEARS % DAYS_OF_YEAR);

    if (since >= stage[0] + stage[1] + stage[2] + stage[3]) {
        since -= DAYS_OF_YEAR;
    }
    water->days = (int16_t)(since - (int16_t)(water->half_hours / WATER_STEPS_A_DAY));
}

void water_hear(struct cooee_water *water, const struct cooee_weather *weather)
{
    uint16_t fallen = (uint16_t)(weather->rain_e1 - water->heard_rain);

    if (water->silent_half_hours < COOEE_WATER_SILENT && fallen <= HEARD_MOST && water->station_rain < INFLOW_MOST / 200) {
        water->station_rain = (int16_t)(water->station_rain + fallen * 10);
    }
    water->heard_rain = weather->rain_e1;
    water->heard_et0 = weather->et0_e1;
    water->silent_half_hours = 0;
}

void water_push(struct cooee_water *water, const struct cooee_probes *probes, const struct cooee_site *site, uint16_t dt_s)
{
    struct soil_column column = column_now(water, site);

    if (site->drainage_h == 0) {
        return;
    }
    gather(water, probes);
    if (!water->started && water->count[0] + water->count[1] > 0) {
        begin(water, &column);
    }
    water->pending_s = (uint16_t)(water->pending_s + dt_s);
    if (water->pending_s < STEP_S) {
        return;
    }
    for (; water->pending_s >= STEP_S; water->pending_s = (uint16_t)(water->pending_s - STEP_S)) {
        water->half_hours++;
        if (water->dry_half_hours < 2 * HOURS_MOST) {
            water->dry_half_hours++;
        }
        if (water->silent_half_hours < COOEE_WATER_SILENT) {
            water->silent_half_hours++;
        }
        if (water->started) {
            water_dry(water, site, &column, et0_e2(water, probes));
            water_drain(water, site);
            for (uint8_t probe = 0; probe < COOEE_WATER_PROBES; probe++) {
                water_doubt(water, offset_of(probe), OFFSET_GROWTH);
            }
        }
    }
    if (!water->started) {
        water->rain = water->station_rain = 0;
        return;
    }
    water->state[1] = fixed_scaled(water->state[1], water->lower_mm, column.depth_mm[1]);
    water->lower_mm = column.depth_mm[1];
    take_readings(water, site, &column);
}

int16_t water_feature(const struct cooee_water *water, const struct cooee_site *site, enum cooee_water_feature feature)
{
    struct soil_column column = column_now(water, site);
    int32_t lacks = water_depletion_e2(water, &column), readily = water_readily_available_e2(water, site, &column);
    int32_t value;

    switch (feature) {
    case COOEE_WATER_DEPLETION:
        value = lacks * 1000 / readily;
        break;
    case COOEE_WATER_HOURS_LEFT:
        value = (readily - lacks) * 24 / fixed_narrow(fixed_scaled(fixed_over(water->demand, 256), water->stress, 100), RATE_LEAST, INT16_MAX);
        return fixed_narrow(value, -HOURS_MOST, HOURS_MOST);
    case COOEE_WATER_AIR:
        value = site->saturation_e4 - site->field_capacity_e4
            - fixed_scaled(fixed_over(soil_amount_e4(water->state[COOEE_WATER_SURPLUS], column.mixed_mm), 100) - lacks, 100,
                                                            column.root_mm < SOIL_UPPER_MM ? SOIL_UPPER_MM : column.root_mm);
        break;
    default:
        value = water->dry_half_hours / 2;
    }
    return fixed_saturate(value);
}
