/* Water: what the root zone holds, followed by a filter from probes at 10 and 30 cm, and at 60 where there is one.
 *
 * Each half-hour a water balance moves the state on, and the readings correct it (an extended Kalman filter). State: what the
 * upper 20 cm and the soil below lack to field capacity, how far each probe reads beside the truth, and the surplus above field
 * capacity, which drains. A probe at 60 cm is one more in the lower layer, from the day on which roots are there. Crop, roots and
 * the soil's surface by FAO-56 (Allen et al. 1998, figure 34 and eq. 69-84). Reference evapotranspiration and rain are what the
 * gateway says of a weather station (water_hear); without such word the former is taken from the soil's temperature, or the air's.
 * Water comes in where a probe at 10 or 30 cm rises, or as a rain gauge counts it.
 *
 * Units: u = 1e-4 m3/m3 of a layer; water in 0.01 mm.
 */
#ifndef COOEE_WATER_H
#define COOEE_WATER_H

#include "cooee/config.h"
#include "cooee/frame.h"
#include "cooee/probe.h"
#include "cooee/site.h"

enum {
    COOEE_WATER_UPPER,
    COOEE_WATER_LOWER,
    COOEE_WATER_OFFSET_UPPER,
    COOEE_WATER_OFFSET_LOWER,
    COOEE_WATER_SURPLUS,
    COOEE_WATER_OFFSET_DEEP,
    COOEE_WATER_STATES = COOEE_WATER_OFFSET_DEEP + COOEE_WATER_DEEP
};
#define COOEE_WATER_PROBES (2 + COOEE_WATER_DEEP)

struct cooee_water {
    int32_t state[COOEE_WATER_STATES];                                    /* u * 16 */
    int32_t sum[COOEE_WATER_PROBES];                                      /* u, of `count` readings since the last half-hour */
    int32_t surface_e4;                                                   /* evaporated from the upper 10 cm, 0.0001 mm */
    int32_t demand;                                                       /* evapotranspiration without stress, 0.01 mm/d * 256 */
    int16_t rain;                                                         /* since the last half-hour, 0.01 mm */
    int16_t station_rain;                                                 /* the same, of the station */
    int16_t previous[COOEE_WATER_PROBES];                                 /* u; COOEE_MISSING for none */
    uint16_t pending_s;                                                   /* since the last half-hour */
    uint16_t half_hours, dry_half_hours;                                  /* since the start; since water came in */
    uint16_t heard_rain;                                                  /* the station's gauge as last heard, 0.1 mm, wraps */
    uint8_t heard_et0;                                                    /* evapotranspiration of a day as last heard, 0.1 mm */
    uint8_t silent_half_hours;                                            /* since then; COOEE_WATER_SILENT: never, or too long */
    int16_t lower_mm;                                                     /* depth of the lower layer */
    int16_t days;                                                         /* after planting, at the start */
    uint8_t count[COOEE_WATER_PROBES];
    int16_t stress;                                                       /* share of the demand that is met, per cent */
    bool started;
    int32_t covariance[COOEE_WATER_STATES * (COOEE_WATER_STATES + 1) / 2]; /* u2 * 16, lower triangle by rows; last: an AVR reaches 64 bytes with ease */
};

enum cooee_water_feature { COOEE_WATER_DEPLETION, COOEE_WATER_HOURS_LEFT, COOEE_WATER_AIR, COOEE_WATER_HOURS_DRY };

/* A feature of a filter that has started (feature.h says what each is). */
int16_t water_feature(const struct cooee_water *water, const struct cooee_site *site, enum cooee_water_feature feature);

/* What day it is, since 2000: the season of the crop that was planted last, or is planted next. */
void water_set_day(struct cooee_water *water, const struct cooee_site *site, uint16_t day);

/* `days`: after planting, now. */
void water_start(struct cooee_water *water, int16_t days);

/* Half-hours after which the word of a station counts no more. */
#define COOEE_WATER_SILENT 96

/* Takes the gateway's word of a weather station. */
void water_hear(struct cooee_water *water, const struct cooee_weather *weather);

/* Takes what the probes have just read, `dt_s` after the last time, COOEE_STEP_MAX_S at most. */
void water_push(struct cooee_water *water, const struct cooee_probes *probes, const struct cooee_site *site, uint16_t dt_s);

#endif
