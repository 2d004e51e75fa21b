#include "cooee/water.h"

#include "cooee/flash.h"

#define STEP_S 1800U
#define STEPS_A_DAY 48
#define DAYS_OF_YEAR 365
#define DAYS_OF_FOUR_YEARS 1461
/* The upper layer, and the lower one at least, mm. */
#define UPPER_MM 200
#define LOWER_LEAST_MM 250
/* Variances, u2 * 16. Of a reading; of an offset at the start (0.026 m3/m3: soil probes differ so much from one spot of a plot to the
 * next) and its growth in half an hour; what pulls a state back that is below nought; the most that any may be. */
#define READING ((int32_t)40 * 40 * 16)
#define OFFSET_GROWTH 6
#define NOT_BELOW_NOUGHT ((int32_t)10 * 10 * 16)
#define VARIANCE_MOST ((int32_t)400 * 400 * 16)
#define GAIN_MOST 7
/* In u: a reading so far off is not believed; two averages differ by so much through water alone; and so much, beside another probe
 * that stays, is a probe that has moved. */
#define FAR 600
#define LEAP 200
#define STILL 40
#define WET 40
/* Of what the upper 10 cm can lose by evaporation, as much goes at full speed (REW beside TEW, FAO-56 table 19), per cent. */
#define READILY_EVAPORATED 45
/* Most that a station's gauge catches between two words of it, 0.1 mm; more is another gauge. */
#define HEARD_MOST 1200
/* A gauge elsewhere says late what the probes have shown already: its rain counts when they have shown none for so long. */
#define SHOWN_HALF_HOURS 3
/* Reference evapotranspiration, 0.01 mm/d, where no temperature is known, and its bounds. */
#define ET0_UNKNOWN 350
#define ET0_LEAST 30
#define ET0_MOST 700
#define DEMAND_STEPS (5 * STEPS_A_DAY)
#define RATE_LEAST 30
#define INFLOW_LEAST 6000
#define INFLOW_MOST ((int32_t)600000)
#define HOURS_MOST 500

/* What the day of the season makes of the site. */
struct column {
    int32_t available_e2; /* total available water, 0.01 mm (eq. 82) */
    int16_t depth_mm[2];  /* of the layers */
    int16_t mixed_mm;     /* their sum */
    int16_t root_mm, kcb_e2;
};

static COOEE_SHARED int32_t within(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* value * by / over: |value * by| < 2^31 */
static COOEE_SHARED int32_t scaled(int32_t value, int16_t by, int16_t over)
{
    return value * by / over;
}

/* From one value to another, as the part of a stage of the crop that is over. */
static int16_t between(uint8_t from, uint8_t to, int16_t days, uint8_t stage_days)
{
    return days <= 0 ? from : days >= stage_days ? to : (int16_t)(from + scaled(to - from, days, stage_days));
}

static struct column column_of(const struct cooee_water *water, const struct cooee_site *site)
{
    struct column column;
    const uint8_t *stage = site->stage_days;
    int16_t day = (int16_t)(water->days + (int16_t)(water->half_hours / STEPS_A_DAY) - stage[0]), ripe = (int16_t)(day - stage[1] - stage[2]);

    column.root_mm = (int16_t)(10 * between(site->root_cm[0], site->root_cm[1], day, stage[1]));
    column.kcb_e2 = ripe > 0 ? between(site->kcb_e2[1], site->kcb_e2[2], ripe, stage[3])
                             : between(site->kcb_e2[0], site->kcb_e2[1], day, stage[1]);
    column.available_e2 = scaled(site->field_capacity_e4 - site->wilting_point_e4, column.root_mm, 100);
    column.depth_mm[0] = UPPER_MM;
    column.depth_mm[1] = column.root_mm < UPPER_MM + LOWER_LEAST_MM ? LOWER_LEAST_MM : (int16_t)(column.root_mm - UPPER_MM);
    column.mixed_mm = (int16_t)(UPPER_MM + column.depth_mm[1]);
    return column;
}

/* Water of a state over a depth, 0.0001 mm. */
static COOEE_SHARED int32_t amount_e4(int32_t state, int16_t depth_mm)
{
    return scaled(state, depth_mm, 16);
}

static COOEE_SHARED void add_amount(int32_t *state, int32_t amount_e4, int16_t depth_mm)
{
    *state += scaled(amount_e4, 16, depth_mm);
}

static int32_t depletion_e2(const struct cooee_water *water, const struct column *column)
{
    return (amount_e4(water->state[0], column->depth_mm[0]) + amount_e4(water->state[1], column->depth_mm[1])) / 100;
}

/* Readily available water (eq. 83), p shifted by the demand of the last days (table 22, note), 0.01 mm. */
static int32_t readily_available_e2(const struct cooee_water *water, const struct cooee_site *site, const struct column *column)
{
    int16_t p_e3 = (int16_t)within(site->depletion_fraction_e3 + (500 - water->demand / 256) * 4 / 10, 100, 800);

    return 1 + scaled(column->available_e2, p_e3, 1000);
}

static int32_t *covariance(struct cooee_water *water, uint8_t i, uint8_t j)
{
    return &water->covariance[i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i];
}

/* One knows less of a state than one did, by a standard deviation in u * 4. */
static void doubt(struct cooee_water *water, uint8_t i, int32_t deviation)
{
    int32_t *own = covariance(water, i, i);

    deviation = within(deviation, 0, 1600);
    *own = within(*own + deviation * deviation, 0, VARIANCE_MOST);
}

/* Kalman's update. `observes`: -1, 0 or 1 a state; `innovation`: u * 16, at most FAR. Sizes: no variance is above VARIANCE_MOST, so that
 * of the observation is below 2^25, and a gain has at most GAIN_MOST: all products stay within 32 bits. */
static void correct(struct cooee_water *water, const int8_t observes[], int32_t innovation, int32_t variance)
{
    int32_t shared[COOEE_WATER_STATES], gain[COOEE_WATER_STATES], total = variance;
    int16_t scale = 1;

    for (uint8_t i = 0; i < COOEE_WATER_STATES; i++) {
        shared[i] = 0;
        for (uint8_t j = 0; j < COOEE_WATER_STATES; j++) {
            shared[i] += observes[j] * *covariance(water, i, j);
        }
        total += observes[i] * shared[i];
    }
    if (total < variance) {
        total = variance;
    }
    while (total >= 8192) {
        total /= 2;
        scale = (int16_t)(scale * 2);
    }
    for (uint8_t i = 0; i < COOEE_WATER_STATES; i++) {
        shared[i] = within(shared[i] / scale, -GAIN_MOST * total, GAIN_MOST * total);
        gain[i] = scaled(shared[i], 4096, (int16_t)total);
        water->state[i] += scaled(innovation, (int16_t)gain[i], 4096);
        for (uint8_t j = 0; j <= i; j++) {
            *covariance(water, i, j) -= shared[i] * gain[j] / (4096 / scale);
        }
    }
    for (uint8_t i = 0; i < COOEE_WATER_STATES; i++) {
        *covariance(water, i, i) = within(*covariance(water, i, i), 16, VARIANCE_MOST);
    }
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
    return warmth == 0 ? ET0_UNKNOWN : (int16_t)within((window_raw(warmth->slow) - 200) / 4, ET0_LEAST, ET0_MOST);
}

/* Half an hour of evapotranspiration (eq. 69 and 84; no shade, no mulch). */
static COOEE_SHARED void dry(struct cooee_water *water, const struct cooee_site *site, const struct column *column, int16_t et0)
{
    int32_t left = column->available_e2 - depletion_e2(water, column);
    int32_t rest = within(column->available_e2 - readily_available_e2(water, site, column), 100, INT32_MAX);
    /* Of 10 cm, 0.01 mm (eq. 73). */
    int16_t evaporable = (int16_t)(site->field_capacity_e4 - site->wilting_point_e4 / 2);
    int32_t slowly = 1 + scaled(evaporable, 100 - READILY_EVAPORATED, 100);
    int16_t kr_e2 = (int16_t)within((scaled(evaporable, 100, 1) - water->surface_e4) / slowly, 0, 100);
    int16_t ke_e2 = (int16_t)within(scaled(120 - column->kcb_e2, kr_e2, 100), 0, 120);
    int32_t upper = scaled(et0, ke_e2, STEPS_A_DAY), lower = scaled(et0, column->kcb_e2, STEPS_A_DAY);

    water->demand += ((upper + lower) * (int32_t)(STEPS_A_DAY * 256L / 100) - water->demand) / (water->half_hours < DEMAND_STEPS ? water->half_hours + 1 : DEMAND_STEPS);
    /* From the bare share of the surface (eq. 76-77): it dries alike beneath any crop. */
    water->surface_e4 += scaled(et0, kr_e2, STEPS_A_DAY) * 21 / 20;
    water->stress = (int16_t)within(left * 100 / rest, 0, 100);
    lower = scaled(lower, water->stress, 100);
    if (amount_e4(water->state[COOEE_WATER_SURPLUS], column->mixed_mm) > upper + lower) {
        add_amount(&water->state[COOEE_WATER_SURPLUS], -upper - lower, column->mixed_mm);
        return;
    }
    int32_t rooted = column->root_mm <= 320 ? lower : scaled(lower, 320, column->root_mm);
    int32_t taken[2] = {upper + rooted, lower - rooted};
    for (uint8_t layer = 0; layer < 2; layer++) {
        add_amount(&water->state[layer], taken[layer], column->depth_mm[layer]);
        doubt(water, layer, scaled(taken[layer] + 100, 22, column->depth_mm[layer]));
    }
}

/* Half an hour of drainage: exp(-1 / 2h) to second order. */
static void drain(struct cooee_water *water, const struct cooee_site *site)
{
    int16_t part = (int16_t)(16384 / site->drainage_h), drained_q15 = (int16_t)(part - scaled(part, part / 2, 32767));
    int32_t drained = scaled(water->state[COOEE_WATER_SURPLUS], drained_q15, 32767);

    water->state[COOEE_WATER_SURPLUS] -= drained;
    for (uint8_t i = 0; i <= COOEE_WATER_STATES; i++) {
        int32_t *shared = covariance(water, COOEE_WATER_SURPLUS, i < COOEE_WATER_SURPLUS ? i : COOEE_WATER_SURPLUS);
        *shared -= scaled(*shared / 16, drained_q15, 32767 / 16);
    }
    doubt(water, COOEE_WATER_SURPLUS, drained / 4 + 4);
}

/* Water comes in, 0.0001 mm: it fills the upper layer, then the lower, and the rest is surplus. */
static void wet(struct cooee_water *water, const struct column *column, int32_t inflow_e4)
{
    int32_t deviation_e4 = inflow_e4 + 12000;
    uint8_t layer;
    int16_t depth_mm = column->mixed_mm;

    water->surface_e4 = water->surface_e4 > inflow_e4 ? water->surface_e4 - inflow_e4 : 0;
    if (inflow_e4 > 10000) {
        water->dry_half_hours = 0;
    }
    for (layer = 0; layer < 2; layer++) {
        int32_t room_e4 = amount_e4(water->state[layer], column->depth_mm[layer]);
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
    doubt(water, layer, deviation_e4 / depth_mm);
}

/* What came in since the last half-hour by the rises of the probes, u, else by the rain gauge. */
static COOEE_SHARED void take_inflow(struct cooee_water *water, const struct column *column, const int16_t rise[2])
{
    int32_t inflow_e4 = 0;

    for (uint8_t probe = 0; probe < 2; probe++) {
        int16_t own = rise[probe], other = rise[1 - probe];
        /* It leaps where the other stays: the probe has moved, not the water. */
        if (own < -LEAP ? other > -LEAP / 2
                        : own > LEAP && other > -STILL && other < STILL && water->state[probe] / 16 < own - LEAP / 2) {
            water->state[COOEE_WATER_OFFSET_UPPER + probe] += (int32_t)own * 16;
            doubt(water, (uint8_t)(COOEE_WATER_OFFSET_UPPER + probe), 160);
        } else if (own > (probe == 0 ? 40 : 25)) {
            inflow_e4 += scaled(column->depth_mm[probe], own, 1);
        }
    }
    if (inflow_e4 < INFLOW_LEAST) {
        inflow_e4 = water->rain * 100 + (water->dry_half_hours < SHOWN_HALF_HOURS ? 0 : water->station_rain * 100);
    }
    water->rain = water->station_rain = 0;
    if (inflow_e4 > 0) {
        wet(water, column, inflow_e4 > INFLOW_MOST ? INFLOW_MOST : inflow_e4);
    }
}

/* Room above field capacity, u * 16 of both layers. */
static COOEE_SHARED int32_t room_of(const struct cooee_site *site, const struct column *column)
{
    return scaled((int32_t)(site->saturation_e4 - site->field_capacity_e4) * 16, column->root_mm, column->mixed_mm);
}

/* `reading`: u * 16 */
static void observe(struct cooee_water *water, const struct cooee_site *site, const struct column *column, uint8_t probe, int32_t reading)
{
    int8_t observes[COOEE_WATER_STATES] = {0};
    uint8_t offset = (uint8_t)(COOEE_WATER_OFFSET_UPPER + probe);
    int32_t surplus = water->state[COOEE_WATER_SURPLUS];
    int32_t expected = (int32_t)site->field_capacity_e4 * 16 - water->state[probe] + surplus + water->state[offset];
    int32_t innovation = reading - expected;

    observes[probe] = -1;
    observes[offset] = observes[COOEE_WATER_SURPLUS] = 1;
    if (innovation > FAR * 16 || innovation < -FAR * 16) {
        doubt(water, offset, 120);
        return;
    }
    if (surplus > WET * 16 && innovation > 30 * 16) {
        /* It drains more slowly than it should: more has come in, unseen in wet soil. */
        doubt(water, COOEE_WATER_SURPLUS, innovation / 8);
    }
    if (expected < (int32_t)(site->saturation_e4 - 100) * 16 && surplus < scaled(room_of(site, column), 9, 10)) {
        correct(water, observes, innovation, READING);
    }
}

/* No layer and no surplus below nought or above the most. */
static void bound(struct cooee_water *water, const struct cooee_site *site, const struct column *column)
{
    int16_t upper_mm = column->root_mm < UPPER_MM ? column->root_mm : UPPER_MM;
    const int32_t most[3] = {
        scaled(((int32_t)2 * site->field_capacity_e4 - site->wilting_point_e4) * 8, upper_mm, UPPER_MM),
        scaled((int32_t)(site->field_capacity_e4 - site->wilting_point_e4) * 16, (int16_t)(column->root_mm - upper_mm), column->depth_mm[1]),
        room_of(site, column)};

    for (uint8_t i = 0; i < COOEE_WATER_STATES; i = (uint8_t)(i == 1 ? COOEE_WATER_SURPLUS : i + 1)) {
        if (water->state[i] < 0) {
            int8_t observes[COOEE_WATER_STATES] = {0};
            observes[i] = 1;
            correct(water, observes, within(-water->state[i], 0, FAR * 16), NOT_BELOW_NOUGHT);
        }
        water->state[i] = within(water->state[i], 0, most[i < 2 ? i : 2]);
    }
}

/* The readings since the last half-hour. */
static COOEE_SHARED void take_readings(struct cooee_water *water, const struct cooee_site *site, const struct column *column)
{
    int16_t rise[2], mean[2];

    for (uint8_t probe = 0; probe < 2; probe++) {
        mean[probe] = (int16_t)(water->count[probe] == 0 ? COOEE_MISSING : water->sum[probe] / water->count[probe]);
        rise[probe] = mean[probe] == COOEE_MISSING || water->previous[probe] == COOEE_MISSING
            ? 0
            : (int16_t)(mean[probe] - water->previous[probe]);
        water->previous[probe] = mean[probe];
    }
    take_inflow(water, column, rise);
    for (uint8_t probe = 0; probe < 2; probe++) {
        if (mean[probe] != COOEE_MISSING) {
            observe(water, site, column, probe, water->sum[probe] * 16 / water->count[probe]);
        }
        water->sum[probe] = 0;
        water->count[probe] = 0;
    }
    bound(water, site, column);
}

static void gather(struct cooee_water *water, const struct cooee_probes *probes)
{
    for (uint8_t probe = 0; probe < 2; probe++) {
        const struct cooee_window *soil = probes_window(probes, (uint8_t)(COOEE_CHANNEL_SOIL_MOISTURE_10CM + probe));
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

static void begin(struct cooee_water *water, const struct column *column)
{
    static const uint16_t start[COOEE_WATER_STATES] = {1600, 1600, 1040, 1040, 450};

    for (uint8_t i = 0; i < COOEE_WATER_STATES; i++) {
        doubt(water, i, start[i]);
    }
    water->lower_mm = column->depth_mm[1];
    water->started = true;
}

void water_start(struct cooee_water *water, int16_t days)
{
    static const struct cooee_water empty = {.previous = {COOEE_MISSING, COOEE_MISSING}, .silent_half_hours = COOEE_WATER_SILENT};

    *water = empty;
    water->days = days;
}

void water_set_day(struct cooee_water *water, const struct cooee_site *site, uint16_t day)
{
    const uint8_t *stage = site->stage_days;
    int16_t since = (int16_t)((uint16_t)(day + 1 - site->planted_on) % DAYS_OF_FOUR_YEARS % DAYS_OF_YEAR);

    if (since >= stage[0] + stage[1] + stage[2] + stage[3]) {
        since -= DAYS_OF_YEAR;
    }
    water->days = (int16_t)(since - (int16_t)(water->half_hours / STEPS_A_DAY));
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
    uint32_t pending_s = (uint32_t)water->pending_s + dt_s;
    struct column column = column_of(water, site);

    if (site->drainage_h == 0) {
        return;
    }
    gather(water, probes);
    if (!water->started && water->count[0] + water->count[1] > 0) {
        begin(water, &column);
    }
    water->pending_s = (uint16_t)(pending_s % STEP_S);
    if (pending_s < STEP_S) {
        return;
    }
    for (; pending_s >= STEP_S; pending_s -= STEP_S) {
        water->half_hours++;
        if (water->dry_half_hours < 2 * HOURS_MOST) {
            water->dry_half_hours++;
        }
        if (water->silent_half_hours < COOEE_WATER_SILENT) {
            water->silent_half_hours++;
        }
        if (water->started) {
            dry(water, site, &column, et0_e2(water, probes));
            drain(water, site);
            doubt(water, COOEE_WATER_OFFSET_UPPER, OFFSET_GROWTH);
            doubt(water, COOEE_WATER_OFFSET_LOWER, OFFSET_GROWTH);
        }
    }
    if (!water->started) {
        water->rain = water->station_rain = 0;
        return;
    }
    water->state[1] = scaled(water->state[1], water->lower_mm, column.depth_mm[1]);
    water->lower_mm = column.depth_mm[1];
    take_readings(water, site, &column);
}

int16_t water_feature(const struct cooee_water *water, const struct cooee_site *site, enum cooee_water_feature feature)
{
    struct column column = column_of(water, site);
    int32_t lacks = depletion_e2(water, &column), readily = readily_available_e2(water, site, &column);
    int32_t value;

    switch (feature) {
    case COOEE_WATER_DEPLETION:
        value = lacks * 1000 / readily;
        break;
    case COOEE_WATER_HOURS_LEFT:
        value = (readily - lacks) * 24 / within(scaled(water->demand / 256, water->stress, 100), RATE_LEAST, INT16_MAX);
        return (int16_t)within(value, -HOURS_MOST, HOURS_MOST);
    case COOEE_WATER_AIR:
        value = site->saturation_e4 - site->field_capacity_e4
            - (amount_e4(water->state[COOEE_WATER_SURPLUS], column.mixed_mm) / 100 - lacks) * 100 / (column.root_mm < UPPER_MM ? UPPER_MM : column.root_mm);
        break;
    default:
        value = water->dry_half_hours / 2;
    }
    return (int16_t)within(value, -INT16_MAX, INT16_MAX);
}
