#include "cooee/frame.h"
#include "host.h"

static void encode_body(const struct host_frame *from, struct cooee_frame *to)
{
    switch (from->type) {
    case COOEE_FRAME_HELLO:
        to->body.hello.firmware_version = from->firmware_version;
        to->body.hello.wake_interval_s = from->wake_interval_s;
        to->body.hello.channels = from->channels;
        break;
    case COOEE_FRAME_TELEMETRY:
        to->body.telemetry.channels = from->channels;
        to->body.telemetry.faults = from->faults;
        for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
            to->body.telemetry.raw[id] = from->raw[id];
        }
        break;
    case COOEE_FRAME_CALL:
        to->body.call = (struct cooee_call){.version = from->version, .since_s = from->since_s, .sentinel = from->sentinel,
                                            .class_id = from->class_id, .confidence = from->confidence,
                                            .state = from->state, .evidence_count = from->count};
        for (uint8_t i = 0; i < COOEE_EVIDENCE_MAX; i++) {
            to->body.call.evidence[i] = (struct cooee_evidence){from->feature[i], from->value[i]};
        }
        break;
    default:
        to->body.acknowledgement.count = from->count;
        for (uint8_t i = 0; i < COOEE_ACKNOWLEDGED_MAX; i++) {
            to->body.acknowledgement.sequence[i] = from->acknowledged[i];
        }
    }
}

int host_encode(const struct host_frame *frame, uint8_t *bytes, uint8_t *length)
{
    struct cooee_frame framed = {.sequence = frame->sequence, .age_s = frame->age_s, .address = frame->address,
                                 .boot = frame->boot, .type = frame->type};
    encode_body(frame, &framed);
    enum cooee_status status = frame_write(&framed, bytes, length);
    if (status == COOEE_STATUS_OK) {
        frame_seal(bytes, *length, frame->age_s);
    }
    return (int)status;
}

static void decode_body(const struct cooee_frame *from, struct host_frame *to)
{
    switch (from->type) {
    case COOEE_FRAME_HELLO:
        to->firmware_version = from->body.hello.firmware_version;
        to->wake_interval_s = from->body.hello.wake_interval_s;
        to->channels = from->body.hello.channels;
        break;
    case COOEE_FRAME_TELEMETRY:
        to->channels = from->body.telemetry.channels;
        to->faults = from->body.telemetry.faults;
        for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
            to->raw[id] = from->body.telemetry.raw[id];
        }
        break;
    case COOEE_FRAME_CALL:
        to->version = from->body.call.version;
        to->since_s = from->body.call.since_s;
        to->sentinel = from->body.call.sentinel;
        to->class_id = from->body.call.class_id;
        to->confidence = from->body.call.confidence;
        to->state = from->body.call.state;
        to->count = from->body.call.evidence_count;
        for (uint8_t i = 0; i < to->count; i++) {
            to->feature[i] = from->body.call.evidence[i].feature;
            to->value[i] = from->body.call.evidence[i].value;
        }
        break;
    default:
        to->count = from->body.acknowledgement.count;
        for (uint8_t i = 0; i < to->count; i++) {
            to->acknowledged[i] = from->body.acknowledgement.sequence[i];
        }
    }
}

int host_decode(const uint8_t *bytes, size_t length, struct host_frame *frame)
{
    struct cooee_frame framed;
    enum cooee_status status = frame_decode(bytes, length, &framed);

    if (status == COOEE_STATUS_OK) {
        *frame = (struct host_frame){.sequence = framed.sequence, .age_s = framed.age_s, .address = framed.address,
                                     .boot = framed.boot, .type = framed.type};
        decode_body(&framed, frame);
    }
    return (int)status;
}

const char *host_status_text(int status)
{
    return status_text((enum cooee_status)status);
}
