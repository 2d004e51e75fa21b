#include "cooee/alarm.h"

#include <stddef.h>
#include <string.h>

#include "cooee/flash.h"

/* What the 24 bits of a call frame's `since` can hold. */
#define SECONDS_MAX 16777215UL

void alarm_start(struct cooee_alarm *alarm)
{
    memset(alarm, 0, sizeof *alarm);
}

void alarm_change_policy(struct cooee_alarm_policy *policy, uint8_t field, uint16_t value)
{
    uint8_t *bytes = (uint8_t *)policy;

    if (field < COOEE_POLICY_RAISE) {
        memcpy(bytes + field * sizeof value, &value, sizeof value);
    } else {
        bytes[offsetof(struct cooee_alarm_policy, raise_percent) + field - COOEE_POLICY_RAISE] = (uint8_t)value;
    }
}

static COOEE_SHARED uint32_t later(uint32_t seconds, uint32_t dt_s)
{
    return dt_s > SECONDS_MAX - seconds ? SECONDS_MAX : seconds + dt_s;
}

static uint32_t earlier(uint32_t seconds, uint32_t dt_s)
{
    return dt_s > seconds ? 0 : seconds - dt_s;
}

void alarm_age(struct cooee_alarm *alarm, uint32_t dt_s)
{
    if (alarm->raised) {
        alarm->since_s = later(alarm->since_s, dt_s);
        alarm->quiet_s = later(alarm->quiet_s, dt_s);
    }
}

/* The clock runs up over a step that agrees at both ends, and down otherwise. */
static void run_clock(struct cooee_alarm *alarm, bool up, bool was_up, uint32_t step_s)
{
    if (!up) {
        alarm->clock_s = earlier(alarm->clock_s, step_s);
    } else if (was_up) {
        alarm->clock_s = later(alarm->clock_s, step_s);
    }
}

static enum cooee_call_state step_quiet(struct cooee_alarm *alarm, const struct cooee_alarm_policy *policy, bool holds,
                                        uint32_t step_s)
{
    run_clock(alarm, holds, alarm->holding, step_s);
    if (!holds || alarm->clock_s < policy->on_delay_min * 60UL) {
        return COOEE_CALL_NONE;
    }
    alarm->raised = true;
    alarm->since_s = alarm->quiet_s = alarm->clock_s = 0;
    return COOEE_CALL_RAISED;
}

static enum cooee_call_state step_raised(struct cooee_alarm *alarm, const struct cooee_alarm_policy *policy, bool holds,
                                         uint32_t step_s)
{
    uint32_t repeat_s = policy->repeat_min * 60UL;

    run_clock(alarm, !holds, !alarm->holding, step_s);
    if (!holds && alarm->clock_s >= policy->clear_delay_min * 60UL) {
        alarm->raised = false;
        alarm->clock_s = 0;
        return COOEE_CALL_CLEARED;
    }
    if (holds && repeat_s > 0 && alarm->quiet_s >= repeat_s) {
        alarm->quiet_s = 0;
        return COOEE_CALL_REPEATED;
    }
    return COOEE_CALL_NONE;
}

enum cooee_call_state alarm_step(struct cooee_alarm *alarm, const struct cooee_alarm_policy *policy, bool match,
                                 uint8_t confidence, uint32_t step_s)
{
    bool begun = !alarm_rests(alarm);
    bool holds = match && confidence >= (begun ? policy->keep_percent : policy->raise_percent);
    enum cooee_call_state state = alarm->raised ? step_raised(alarm, policy, holds, step_s)
                                                : step_quiet(alarm, policy, holds, step_s);
    alarm->holding = holds;
    return state;
}
