#include "host.h"

#include "cooee/sentinel.h"

void host_alarms(const uint8_t *classes, const uint8_t *confidences, size_t rows, size_t steps, uint32_t step_s, uint8_t class_id,
                 const struct host_policy *policy, uint8_t *states)
{
    const struct cooee_alarm_policy own = {
        .on_delay_min = policy->on_delay_min, .clear_delay_min = policy->clear_delay_min, .repeat_min = policy->repeat_min,
        .raise_percent = policy->raise_percent, .keep_percent = policy->keep_percent};

    for (size_t row = 0; row < rows; row++) {
        struct cooee_alarm alarm;

        alarm_start(&alarm);
        for (size_t i = row * steps; i < (row + 1) * steps; i++) {
            states[i] = (uint8_t)COOEE_CALL_NONE;
            if (classes[i] != class_id && alarm_rests(&alarm)) {
                continue; /* most steps of a season, and training goes through thousands of seasons */
            }
            alarm_age(&alarm, step_s);
            if (classes[i] != COOEE_CLASS_UNKNOWN) {
                states[i] = (uint8_t)alarm_step(&alarm, &own, classes[i] == class_id, confidences[i], step_s);
            }
        }
    }
}
