/* Alarm: turns verdicts of one class of one sentinel into calls that neither flap nor flood.
 *
 * A clock runs up while the class holds and down while it does not; at on_delay_min the call is raised. While it is raised the
 * clock runs up while the class does not hold and down while it does; at clear_delay_min the call is cleared. Without a verdict
 * both clocks stand still.
 */
#ifndef COOEE_ALARM_H
#define COOEE_ALARM_H

#include <stdbool.h>
#include <stdint.h>

enum cooee_call_state { COOEE_CALL_RAISED = 0, COOEE_CALL_REPEATED = 1, COOEE_CALL_CLEARED = 2, COOEE_CALL_NONE = 3 };

struct cooee_alarm_policy {
    uint16_t on_delay_min, clear_delay_min;
    uint16_t repeat_min;   /* 0: never */
    uint8_t raise_percent; /* confidence for the clock to start */
    uint8_t keep_percent;  /* confidence to go on holding; at most raise_percent */
};

/* One number of the policy of one class of one sentinel, in place of the sentinel's own. */
enum cooee_policy_field {
    COOEE_POLICY_ON_DELAY, COOEE_POLICY_CLEAR_DELAY, COOEE_POLICY_REPEAT, COOEE_POLICY_RAISE, COOEE_POLICY_KEEP, COOEE_POLICY_FIELDS
};
struct cooee_policy_change {
    uint16_t value;                    /* minutes, or per cent */
    uint8_t sentinel, class_id, field; /* enum cooee_policy_field */
};

struct cooee_alarm {
    uint32_t since_s; /* since the raise, up to 2^24 - 1 */
    uint32_t quiet_s; /* since the last event of the call, up to 2^24 - 1 */
    uint32_t clock_s;
    bool raised, holding;
};

/* `field` below COOEE_POLICY_FIELDS; per cent up to 100. */
void alarm_change_policy(struct cooee_alarm_policy *policy, uint8_t field, uint16_t value);

void alarm_start(struct cooee_alarm *alarm);

/* Neither raised nor on its way: until the class holds, it stays so. */
static inline bool alarm_rests(const struct cooee_alarm *alarm)
{
    return !alarm->raised && !alarm->holding && alarm->clock_s == 0;
}

/* Time passes: every wake, before alarm_step. */
void alarm_age(struct cooee_alarm *alarm, uint32_t dt_s);

/* A verdict: `match` when it is this alarm's class. `step_s`: how much of the time since the last verdict it stands for. */
enum cooee_call_state alarm_step(struct cooee_alarm *alarm, const struct cooee_alarm_policy *policy, bool match,
                                 uint8_t confidence, uint32_t step_s);

#endif
