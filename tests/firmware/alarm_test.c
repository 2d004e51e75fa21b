#include "cooee/alarm.h"

#include "check.h"

#define STEP_S 600

static const struct cooee_alarm_policy policy = {.on_delay_min = 30, .clear_delay_min = 60, .repeat_min = 120,
                                                 .raise_percent = 70, .keep_percent = 50};

static enum cooee_call_state wake(struct cooee_alarm *alarm, bool match, uint8_t confidence)
{
    alarm_age(alarm, STEP_S);
    return alarm_step(alarm, &policy, match, confidence, STEP_S);
}

static struct cooee_alarm raised(void)
{
    struct cooee_alarm alarm;
    alarm_start(&alarm);
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(wake(&alarm, true, 80), COOEE_CALL_NONE);
    }
    CHECK_EQUAL(wake(&alarm, true, 80), COOEE_CALL_RAISED);
    return alarm;
}

static void raises_when_the_class_has_held_for_the_on_delay(void)
{
    struct cooee_alarm alarm = raised();
    CHECK_EQUAL(alarm.since_s, 0);
}

static void needs_the_raise_confidence_to_begin_and_the_keep_confidence_to_go_on(void)
{
    struct cooee_alarm alarm;
    alarm_start(&alarm);
    for (int i = 0; i < 20; i++) {
        CHECK_EQUAL(wake(&alarm, true, 69), COOEE_CALL_NONE);
    }
    wake(&alarm, true, 70);
    wake(&alarm, true, 50);
    wake(&alarm, true, 50);
    CHECK_EQUAL(wake(&alarm, true, 50), COOEE_CALL_RAISED);
}

static void one_doubtful_verdict_delays_but_does_not_restart(void)
{
    struct cooee_alarm alarm;
    alarm_start(&alarm);
    for (int i = 0; i < 3; i++) {
        wake(&alarm, true, 80);
    }
    wake(&alarm, true, 49);
    CHECK_EQUAL(alarm.clock_s, STEP_S);
    wake(&alarm, true, 80);
    wake(&alarm, true, 80);
    CHECK_EQUAL(wake(&alarm, true, 80), COOEE_CALL_RAISED);
}

static void an_alternating_class_never_calls(void)
{
    struct cooee_alarm alarm;
    alarm_start(&alarm);
    for (int i = 0; i < 1000; i++) {
        CHECK_EQUAL(wake(&alarm, i % 2 == 0, 99), COOEE_CALL_NONE);
    }
}

static void an_alternating_class_never_clears(void)
{
    struct cooee_alarm alarm = raised();
    for (int i = 0; i < 1000; i++) {
        CHECK(wake(&alarm, i % 2 == 0, 99) != COOEE_CALL_CLEARED);
    }
}

static void clears_after_the_clear_delay_with_the_time_since_the_raise(void)
{
    struct cooee_alarm alarm = raised();
    for (int i = 0; i < 6; i++) {
        CHECK_EQUAL(wake(&alarm, false, 99), COOEE_CALL_NONE);
    }
    CHECK_EQUAL(wake(&alarm, false, 99), COOEE_CALL_CLEARED);
    CHECK_EQUAL(alarm.since_s, 7 * STEP_S);
    CHECK(!alarm.raised);
}

static void repeats_at_the_repeat_interval_only(void)
{
    struct cooee_alarm alarm = raised();
    int repeats = 0;
    for (int i = 1; i <= 120; i++) {
        enum cooee_call_state state = wake(&alarm, true, 80);
        CHECK(state == COOEE_CALL_NONE || state == COOEE_CALL_REPEATED);
        repeats += state == COOEE_CALL_REPEATED;
    }
    CHECK_EQUAL(repeats, 10);
}

static void a_long_call_saturates(void)
{
    struct cooee_alarm alarm = raised();
    for (int i = 0; i < 10; i++) {
        alarm_age(&alarm, 0xFFFFFFFFUL);
    }
    CHECK_EQUAL(alarm.since_s, 16777215);
    CHECK_EQUAL(alarm_step(&alarm, &policy, true, 80, STEP_S), COOEE_CALL_REPEATED);
}

int main(void)
{
    raises_when_the_class_has_held_for_the_on_delay();
    needs_the_raise_confidence_to_begin_and_the_keep_confidence_to_go_on();
    one_doubtful_verdict_delays_but_does_not_restart();
    an_alternating_class_never_calls();
    an_alternating_class_never_clears();
    clears_after_the_clear_delay_with_the_time_since_the_raise();
    repeats_at_the_repeat_interval_only();
    a_long_call_saturates();
    return 0;
}
