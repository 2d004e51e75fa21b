#include "cooee/frame.h"

#include "cooee/channel.h"
#include "frame_parts.h"
#include "little_endian.h"

#define INCARNATION_AT 3
#define BOOT_AT 7
#define SEQUENCE_AT 9
#define WANTED_STATE_MAX 2

uint8_t frame_type(const uint8_t *bytes)
{
    return bytes[0] & ((bytes[0] & 15) >= FRAME_FIRST_DOWN ? 15 : 3);
}

uint32_t frame_incarnation(const uint8_t *plain)
{
    return le_get(plain + INCARNATION_AT, 4);
}

uint16_t frame_boot(const uint8_t *plain)
{
    return le_get_u16(plain + BOOT_AT);
}

uint32_t frame_sequence(const uint8_t *plain)
{
    return le_get(plain + SEQUENCE_AT, 4);
}

static enum cooee_status check_hello(const struct cooee_hello *hello)
{
    if (hello->channels == 0 || (hello->channels & ~COOEE_CHANNELS_ALL) != 0) {
        return COOEE_STATUS_CHANNELS;
    }
    bool valid = hello->wake_interval_s > 0 && hello->reset <= COOEE_RESET_PROGRAM && hello->sentinel_count <= COOEE_HELLO_SENTINELS;
    return valid ? COOEE_STATUS_OK : COOEE_STATUS_VALUE;
}

static enum cooee_status check_telemetry(const struct cooee_telemetry *telemetry)
{
    uint16_t told = telemetry->channels | telemetry->faults;

    if (told == 0 || (told & ~COOEE_CHANNELS_ALL) != 0 || (telemetry->channels & telemetry->faults) != 0
        || channel_count(told) > COOEE_NODE_CHANNELS) {
        return COOEE_STATUS_CHANNELS;
    }
    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        if ((telemetry->channels >> id & 1) != 0 && telemetry->raw[id] == COOEE_MISSING) {
            return COOEE_STATUS_VALUE;
        }
    }
    return COOEE_STATUS_OK;
}

static enum cooee_status check_call(const struct cooee_call *call)
{
    if (call->class_id == 0 || call->confidence > 100 || call->state > 2 || call->since_s > COOEE_AGE_MAX_S
        || call->evidence_count > COOEE_EVIDENCE_MAX) {
        return COOEE_STATUS_VALUE;
    }
    for (uint8_t i = 0; i < call->evidence_count; i++) {
        if (call->evidence[i].value == COOEE_MISSING) {
            return COOEE_STATUS_VALUE;
        }
    }
    return COOEE_STATUS_OK;
}

enum cooee_status frame_check(const struct cooee_frame *frame)
{
    if (frame->address == 0 || frame->address == 0xFFFF) {
        return COOEE_STATUS_ADDRESS;
    }
    switch (frame->type) {
    case COOEE_FRAME_HELLO:
        return check_hello(&frame->body.hello);
    case COOEE_FRAME_TELEMETRY:
        return check_telemetry(&frame->body.telemetry);
    case COOEE_FRAME_CALL:
        return check_call(&frame->body.call);
    case COOEE_FRAME_WANTED:
        return frame->body.wanted.state <= WANTED_STATE_MAX ? COOEE_STATUS_OK : COOEE_STATUS_VALUE;
    case COOEE_FRAME_PIECE:
        return frame->body.piece.count <= COOEE_PIECE_MAX ? COOEE_STATUS_OK : COOEE_STATUS_VALUE;
    case COOEE_FRAME_WEATHER:
        return COOEE_STATUS_OK;
    case COOEE_FRAME_ACKNOWLEDGEMENT:
        return frame->body.acknowledgement.count <= COOEE_ACKNOWLEDGED_MAX ? COOEE_STATUS_OK : COOEE_STATUS_VALUE;
    default:
        return COOEE_STATUS_TYPE;
    }
}
