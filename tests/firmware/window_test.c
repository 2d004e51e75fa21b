#include "cooee/window.h"

#include "check.h"
#include "cooee/channels.h"

static void the_extremes_of_int16_do_not_overflow(void)
{
    struct cooee_window window;

    window_start(&window);
    for (int i = 0; i < 2000; i++) {
        int16_t value = (int16_t)(i % 2 == 0 ? 32767 : -32767);
        window_push(&window, value, (uint16_t)(i % 5 == 0 ? 65535 : i % 7), 0, false);
        CHECK(window_raw(window.fast) >= -32767 && window_raw(window.trend) <= 32767);
    }
    CHECK_EQUAL(window_day_high(&window), 32767);
    CHECK_EQUAL(window_day_low(&window), -32767);
}

static void a_sum_saturates(void)
{
    struct cooee_window window;

    window_start(&window);
    for (int i = 0; i < 100; i++) {
        window_push(&window, 32767, 60, INT16_MAX, true);
    }
    CHECK_EQUAL(window.fast, 32767L * COOEE_WINDOW_ONE);
    CHECK_EQUAL(window_raw(window.trend), 32767);
}

static void a_steady_value_is_kept_exactly(void)
{
    struct cooee_window window;

    window_start(&window);
    for (int i = 0; i < 5000; i++) {
        window_push(&window, -1234, 600, -1234, false);
    }
    CHECK_EQUAL(window.fast, -1234 * COOEE_WINDOW_ONE);
    CHECK_EQUAL(window.trend, -1234 * COOEE_WINDOW_ONE);
    CHECK_EQUAL(window_hours_above(&window), 24);
    CHECK_EQUAL(window_hours_since_below(&window), COOEE_HOURS_KEPT);
}

static void hours_above_a_level_are_counted_and_forgotten(void)
{
    struct cooee_window window;

    window_start(&window);
    window_push(&window, 5, 600, 6, false);
    CHECK_EQUAL(window_hours_above(&window), 0);
    for (int i = 0; i < 18; i++) {
        window_push(&window, 6, 600, 6, false);
    }
    CHECK_EQUAL(window_hours_above(&window), 4);
    CHECK_EQUAL(window_hours_since_below(&window), 4);
    window_age(&window, 7200); /* nothing read: the state goes on */
    CHECK_EQUAL(window_hours_since_below(&window), 6);
    window_push(&window, 5, 600, 6, false);
    CHECK_EQUAL(window_hours_since_below(&window), 0);
    CHECK_EQUAL(window_hours_above(&window), 5);
    for (int i = 0; i < 19; i++) {
        window_push(&window, 5, 3600, 6, false);
    }
    CHECK_EQUAL(window_hours_above(&window), 4);
    for (int i = 0; i < 5; i++) {
        window_push(&window, 5, 3600, 6, false);
    }
    CHECK_EQUAL(window_hours_above(&window), 0);
}

static void two_values_at_one_moment_are_taken(void)
{
    struct cooee_window window;

    window_start(&window);
    window_push(&window, 100, 0, INT16_MAX, false);
    window.age_s = 0;
    window_push(&window, 200, 0, INT16_MAX, false);
    CHECK_EQUAL(window.last, 200);
}

static void day_extremes_forget_after_a_day(void)
{
    struct cooee_window window;

    window_start(&window);
    window_push(&window, 500, 0, INT16_MAX, false);
    for (int hour = 0; hour < 12; hour++) {
        window_push(&window, 10, 3600, INT16_MAX, false);
    }
    CHECK_EQUAL(window_day_high(&window), 500);
    for (int hour = 0; hour < 12; hour++) {
        window_push(&window, 10, 3600, INT16_MAX, false);
    }
    CHECK_EQUAL(window_day_high(&window), 10);
}

static void age_grows_without_values_and_stops(void)
{
    struct cooee_window window;

    window_start(&window);
    CHECK_EQUAL(window.age_s, COOEE_STEP_MAX_S);
    window_push(&window, 1, 600, INT16_MAX, false);
    CHECK_EQUAL(window.age_s, 0);
    for (int i = 0; i < 200; i++) {
        window_age(&window, 600);
        CHECK_EQUAL(window.age_s, (i + 1) * 600 < (int)COOEE_STEP_MAX_S ? (i + 1) * 600 : (int)COOEE_STEP_MAX_S);
    }
    CHECK_EQUAL(window.last, 1);
}

int main(void)
{
    the_extremes_of_int16_do_not_overflow();
    a_sum_saturates();
    a_steady_value_is_kept_exactly();
    hours_above_a_level_are_counted_and_forgotten();
    two_values_at_one_moment_are_taken();
    day_extremes_forget_after_a_day();
    age_grows_without_values_and_stops();
    return 0;
}
