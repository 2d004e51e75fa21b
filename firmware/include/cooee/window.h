/* Window: streaming statistics of one channel in constant memory.
 *
 * Averages are exponential with time constants COOEE_FAST_S, COOEE_SLOW_S and COOEE_TREND_S, for any wake interval:
 * average += (value - average) * dt / (tau + dt). Until a window is as old as tau, tau is its age: the average is the
 * plain mean then, so that a noisy first reading does not linger. For an accumulating channel they are leaky sums:
 * sum += value - sum * dt / (tau + dt). Day minimum and maximum are over the last 12 to 24 hours (two half-day buckets).
 * The crest is the highest day minimum so far; every half-day it comes down by 1/64 of what lies between it and the day's.
 * Hours begin with the window; one counts by the last value in it, one without a value by the value before.
 */
#ifndef COOEE_WINDOW_H
#define COOEE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/* Longest step a window counts, seconds; also the age at which it stops counting. */
#define COOEE_STEP_MAX_S 60000U
/* Averages are raw * 4096. */
#define COOEE_WINDOW_ONE 4096
/* Hours of which a window keeps whether they were at or above a level. */
#define COOEE_HOURS_KEPT 32

struct cooee_window {
    int32_t fast, slow, trend; /* averages or leaky sums, raw * COOEE_WINDOW_ONE */
    uint32_t above;            /* bit i: at or above a level i hours ago */
    uint32_t filled_s;         /* since the first value, up to COOEE_TREND_S */
    uint16_t age_s;            /* since the last value, up to COOEE_STEP_MAX_S */
    uint16_t bucket_s;         /* since the current half-day began */
    int16_t last;              /* newest value, COOEE_MISSING before the first */
    int16_t low[2], high[2];   /* current and previous half-day */
    int16_t crest;             /* COOEE_MISSING before the first half-day is over */
};

void window_start(struct cooee_window *window);

/* A wake without a value: the window only grows older. */
void window_age(struct cooee_window *window, uint16_t dt_s);

/* A value `dt_s` seconds after the last wake. `level`: of the hours at or above it; INT16_MAX for none. */
void window_push(struct cooee_window *window, int16_t value, uint16_t dt_s, int16_t level, bool accumulates);

int16_t window_day_low(const struct cooee_window *window);
int16_t window_day_high(const struct cooee_window *window);

/* Of the last 24 hours, those at or above the level; and the hours in a row until now that were, up to COOEE_HOURS_KEPT. */
uint8_t window_hours_above(const struct cooee_window *window);
uint8_t window_hours_since_below(const struct cooee_window *window);

/* Average (or difference of averages) in raw units, rounded to nearest, saturated to int16 without COOEE_MISSING. */
int16_t window_raw(int32_t average);

#endif
