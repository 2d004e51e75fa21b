#include "cooee/flash.h"
#include "node_parts.h"

void node_keep(struct cooee_node *node, struct cooee_frame *frame, uint8_t type)
{
    uint8_t plain[COOEE_PLAIN_MAX];

    frame->type = type;
    frame->address = NODE_CONFIG(node)->address;
    frame->incarnation = node->start.incarnation;
    frame->boot = node->start.boot;
    frame->sequence = node->sequence++;
    outbox_push(&node->outbox, plain, frame_write_up(frame, plain), node->measured_s);
}

COOEE_SHARED void node_keep_hello(struct cooee_node *node)
{
    struct cooee_frame frame;
    struct cooee_hello *hello = &frame.body.hello;
    const struct cooee_node_config *config = NODE_CONFIG(node);

    hello->firmware_version = COOEE_FIRMWARE_VERSION;
    hello->wake_interval_s = node->settings.wake_interval_s;
    hello->channels = config->channels;
    hello->reset = node->start.reset;
    hello->wakes_missed = node->start.wakes_missed;
    hello->settings_version = node->settings.version;
    hello->sentinel_count = config->sentinel_count < COOEE_HELLO_SENTINELS ? config->sentinel_count : COOEE_HELLO_SENTINELS;
    for (uint8_t i = 0; i < hello->sentinel_count; i++) {
        hello->sentinel_version[i] = node_sentinel(node, i)->version;
    }
    node_keep(node, &frame, COOEE_FRAME_HELLO);
}

COOEE_SHARED void node_keep_telemetry(struct cooee_node *node, const int16_t raw[])
{
    struct cooee_frame frame;
    struct cooee_telemetry *telemetry = &frame.body.telemetry;

    telemetry->channels = 0;
    telemetry->faults = node->probes.faults;
    for (uint16_t id = 0, bit = 1; id < COOEE_CHANNEL_COUNT; id++, bit = (uint16_t)(bit << 1)) {
        telemetry->raw[id] = raw[id];
        if ((node->probes.faults & bit) != 0) {
            telemetry->raw[id] = channel_failure((uint8_t)id, raw[id]);
        } else if ((node->probes.channels & bit) != 0 && raw[id] != COOEE_MISSING) {
            telemetry->channels |= bit;
        }
    }
    if ((telemetry->channels | telemetry->faults) != 0) {
        node_keep(node, &frame, COOEE_FRAME_TELEMETRY);
    }
}

COOEE_SHARED void node_keep_call(struct cooee_node *node, const struct cooee_sentinel *sentinel, uint8_t class_id, enum cooee_call_state state,
                    uint32_t since_s, struct cooee_verdict verdict, const int16_t features[])
{
    struct cooee_frame frame;
    struct cooee_call *call = &frame.body.call;

    call->sentinel = sentinel->id;
    call->version = sentinel->version;
    call->class_id = class_id;
    call->confidence = verdict.confidence;
    call->state = (uint8_t)state;
    call->since_s = since_s;
    call->evidence_count = state == COOEE_CALL_CLEARED ? 0 : sentinel_explain(sentinel, features, verdict, call->evidence);
    node_keep(node, &frame, COOEE_FRAME_CALL);
    node->urgent = true;
}
