#include "cooee/window.h"

#include "cooee/channels.h"
#include "cooee/config.h"
#include "cooee/flash.h"
#include "fixed_point.h"

#define HALF_DAY_S 43200U
#define HOUR_S 3600U
#define DAY_HOURS ((uint32_t)0xFFFFFF)
/* Half-days over which the crest is forgotten: a month. */
#define CREST_KEPT 64
#define AVERAGE_MAX (32767L * COOEE_WINDOW_ONE)

void window_start(struct cooee_window *window)
{
    static const struct cooee_window empty = {.age_s = COOEE_STEP_MAX_S, .last = COOEE_MISSING,
                                              .low = {INT16_MAX, INT16_MAX}, .high = {COOEE_MISSING, COOEE_MISSING},
                                              .crest = COOEE_MISSING};
    *window = empty;
}

static COOEE_SHARED uint16_t add_seconds(uint16_t a, uint16_t b)
{
    uint32_t sum = (uint32_t)a + b;
    return sum > COOEE_STEP_MAX_S ? COOEE_STEP_MAX_S : (uint16_t)sum;
}

static void follow_crest(struct cooee_window *window)
{
    int16_t day_low = window_day_low(window);

    if (day_low == INT16_MAX) {
        return;
    }
    if (window->crest == COOEE_MISSING || day_low > window->crest) {
        window->crest = day_low;
    } else {
        window->crest = (int16_t)(window->crest - ((int32_t)window->crest - day_low + CREST_KEPT / 2) / CREST_KEPT);
    }
}

static void pass_hours_and_half_days(struct cooee_window *window, uint16_t dt_s)
{
    uint32_t bucket_s = (uint32_t)window->bucket_s + dt_s;

    for (uint8_t hours = (uint8_t)(bucket_s / HOUR_S - window->bucket_s / HOUR_S); hours > 0; hours--) {
        window->above = window->above << 1 | (window->above & 1);
    }
    while (bucket_s >= HALF_DAY_S) {
        follow_crest(window);
        window->low[1] = window->low[0];
        window->high[1] = window->high[0];
        window->low[0] = INT16_MAX;
        window->high[0] = COOEE_MISSING;
        bucket_s -= HALF_DAY_S;
    }
    window->bucket_s = (uint16_t)bucket_s;
}

void window_age(struct cooee_window *window, uint16_t dt_s)
{
    dt_s = add_seconds(dt_s, 0);
    pass_hours_and_half_days(window, dt_s);
    window->age_s = add_seconds(window->age_s, dt_s);
}

/* dt / (tau + dt) * 65536; dt <= COOEE_STEP_MAX_S keeps the rounded numerator within 32 bits. */
static COOEE_SHARED uint32_t weight(uint16_t dt_s, uint32_t tau_s)
{
    uint32_t whole = tau_s + dt_s;
    return whole == 0 ? 0 : (((uint32_t)dt_s << 16) + whole / 2) / whole;
}

/* difference * weight / 65536, rounded to nearest, without 64-bit arithmetic: |difference| < 2^28, weight <= 2^16. */
static COOEE_SHARED int32_t scaled(int32_t difference, uint32_t weight_q16)
{
    uint32_t size = (uint32_t)(difference < 0 ? -difference : difference);
    uint32_t part = (size >> 16) * weight_q16 + (((size & 0xFFFFU) * weight_q16 + 0x8000U) >> 16);
    return difference < 0 ? -(int32_t)part : (int32_t)part;
}

/* Takes the newest value into an average, or into a leaky sum. */
static COOEE_SHARED void take_in(const struct cooee_window *window, int32_t *average, uint32_t tau_s, bool accumulates)
{
    int32_t value = (int32_t)window->last * COOEE_WINDOW_ONE;

    if (!accumulates && window->filled_s < tau_s) {
        tau_s = window->filled_s;
    }
    *average += scaled((accumulates ? 0 : value) - *average, weight(window->age_s, tau_s));
    if (accumulates) {
        *average = value > AVERAGE_MAX - *average ? AVERAGE_MAX : *average + value;
    }
}

void window_push(struct cooee_window *window, int16_t value, uint16_t dt_s, int16_t level, bool accumulates)
{
    bool first = window->last == COOEE_MISSING;

    window_age(window, dt_s);
    window->last = value;
    if (first && !accumulates) {
        window->fast = window->slow = window->trend = (int32_t)value * COOEE_WINDOW_ONE;
    } else {
        window->filled_s += accumulates ? 0 : window->age_s;
        window->filled_s = window->filled_s < COOEE_TREND_S ? window->filled_s : COOEE_TREND_S;
        take_in(window, &window->fast, COOEE_FAST_S, accumulates);
        take_in(window, &window->slow, COOEE_SLOW_S, accumulates);
        take_in(window, &window->trend, COOEE_TREND_S, accumulates);
    }
    window->above = (window->above & ~(uint32_t)1) | (value >= level);
    window->age_s = 0;
    if (value < window->low[0]) {
        window->low[0] = value;
    }
    if (value > window->high[0]) {
        window->high[0] = value;
    }
}

int16_t window_day_low(const struct cooee_window *window)
{
    return window->low[0] < window->low[1] ? window->low[0] : window->low[1];
}

int16_t window_day_high(const struct cooee_window *window)
{
    return window->high[0] > window->high[1] ? window->high[0] : window->high[1];
}

uint8_t window_hours_above(const struct cooee_window *window)
{
    uint8_t count = 0;

    for (uint32_t hours = window->above & DAY_HOURS; hours != 0; hours &= hours - 1) {
        count++;
    }
    return count;
}

uint8_t window_hours_since_below(const struct cooee_window *window)
{
    uint8_t count = 0;

    for (uint32_t hours = window->above; hours & 1; hours >>= 1) {
        count++;
    }
    return count;
}

int16_t window_raw(int32_t average)
{
    int32_t half = average < 0 ? -COOEE_WINDOW_ONE / 2 : COOEE_WINDOW_ONE / 2;

    return fixed_saturate((average + half) / COOEE_WINDOW_ONE);
}
