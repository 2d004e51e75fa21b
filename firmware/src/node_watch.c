#include "cooee/flash.h"
#include "node_parts.h"

/* A change of policies, of the settings in use or of the configuration; false when there are not so many. */
static bool change_at(const struct cooee_node *node, uint8_t place, struct cooee_policy_change *change)
{
    const struct cooee_node_config *config = NODE_CONFIG(node);

    if (node->settings.slot != COOEE_SLOT_NONE) {
        return place < settings_change(NODE_HAL(node)->store, node->settings.slot, place, change);
    }
    if (place < config->change_count) {
        *change = config->changes[place];
        return true;
    }
    return false;
}

struct cooee_alarm_policy node_policy(const struct cooee_node *node, const struct cooee_sentinel *sentinel, uint8_t class_id)
{
    struct cooee_alarm_policy policy = sentinel_policy(sentinel, class_id);
    struct cooee_policy_change change;

    for (uint8_t i = 0; change_at(node, i, &change); i++) {
        if (change.sentinel == sentinel->id && change.class_id == class_id) {
            alarm_change_policy(&policy, change.field, change.value);
        }
    }
    if (policy.keep_percent > policy.raise_percent) {
        policy.keep_percent = policy.raise_percent;
    }
    return policy;
}

/* Runs one sentinel and its alarms, which begin at `alarm`. */
static struct cooee_verdict watch(struct cooee_node *node, const struct cooee_sentinel *sentinel, struct cooee_alarm *alarm,
                                  uint32_t dt_s)
{
    int16_t features[COOEE_SENTINEL_FEATURES];
    struct cooee_verdict verdict = sentinel_judge(sentinel, &node->probes, &node->settings.site, features);
    /* A gap longer than two wakes is no evidence of what happened in it. */
    uint32_t longest_s = 2UL * node->settings.wake_interval_s;
    uint32_t step_s = dt_s < longest_s ? dt_s : longest_s;

    for (uint8_t class_id = 1; class_id < sentinel->class_count; class_id++, alarm++) {
        alarm_age(alarm, dt_s);
        if (verdict.class_id == COOEE_CLASS_UNKNOWN) {
            continue;
        }
        const struct cooee_alarm_policy policy = node_policy(node, sentinel, class_id);
        enum cooee_call_state state = alarm_step(alarm, &policy, verdict.class_id == class_id, verdict.confidence, step_s);
        if (state != COOEE_CALL_NONE) {
            node_keep_call(node, sentinel, class_id, state, alarm->since_s, verdict, features);
        }
    }
    return verdict;
}

COOEE_SHARED void node_measure(struct cooee_node *node, uint32_t now_s, const int16_t raw[COOEE_CHANNEL_COUNT])
{
    uint32_t dt_s = node->measured ? now_s - node->measured_s : 0;
    struct cooee_alarm *alarm = node->alarms;

    node_try_values(node);
    node->acknowledged = false;
    node->measured = true;
    node->measured_s = now_s;
    uint16_t step_s = (uint16_t)(dt_s < COOEE_STEP_MAX_S ? dt_s : COOEE_STEP_MAX_S);
    probes_push(&node->probes, raw, step_s);
    if (COOEE_WATER_FILTER && node->water != 0) {
        water_push(node->water, &node->probes, &node->settings.site, step_s);
    }
    if (++node->wakes >= node->settings.telemetry_every) {
        node->wakes = 0;
        node_keep_telemetry(node, raw);
    }
    for (uint8_t i = 0; i < NODE_CONFIG(node)->sentinel_count; i++) {
        const struct cooee_sentinel *sentinel = node_sentinel(node, i);
        node->verdicts[i] = watch(node, sentinel, alarm, dt_s);
        alarm += sentinel->class_count - 1;
    }
}

void node_wake(struct cooee_node *node)
{
    int16_t raw[COOEE_CHANNEL_COUNT];
    const struct cooee_hal *hal = NODE_HAL(node);

    hal->read(hal->context, raw);
    node_measure(node, hal->now_s(hal->context), raw);
}
