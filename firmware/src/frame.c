#include "cooee/frame.h"

#include "cooee/channel.h"
#include "cooee/flash.h"

#define CRC_SIZE 2
#define AGE_AT 9
#define SEQUENCE_AT 5
#define CALL_SIZE 12
#define EVIDENCE_SIZE 3

/* CRC-16/CCITT-FALSE of the sixteen nibbles: polynomial 0x1021, start 0xFFFF, not reflected. */
static const uint16_t crc_nibble[16] COOEE_FLASH = {0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
                                                    0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF};

static uint16_t crc_of(const uint8_t *bytes, size_t length)
{
    uint16_t crc = 0xFFFF;

    for (size_t i = 0; i < length; i++) {
        crc = (uint16_t)(crc << 4) ^ COOEE_READ_U16(&crc_nibble[(crc >> 12) ^ (bytes[i] >> 4)]);
        crc = (uint16_t)(crc << 4) ^ COOEE_READ_U16(&crc_nibble[(crc >> 12) ^ (bytes[i] & 15)]);
    }
    return crc;
}

static uint8_t *put(uint8_t *at, uint32_t value, uint8_t size)
{
    for (; size > 0; size--) {
        *at++ = (uint8_t)value;
        value >>= 8;
    }
    return at;
}

static uint32_t get(const uint8_t *at, uint8_t size)
{
    uint32_t value = 0;

    while (size > 0) {
        value = value << 8 | at[--size];
    }
    return value;
}

/* Reads two's complement without leaning on how a compiler narrows. */
static int16_t get_i16(const uint8_t *at)
{
    int32_t value = (int32_t)get(at, 2);
    return (int16_t)(value < 32768 ? value : value - 65536);
}

uint8_t frame_type(const uint8_t *bytes)
{
    return bytes[0] & 15;
}

uint32_t frame_sequence(const uint8_t *bytes)
{
    return get(bytes + SEQUENCE_AT, 4);
}

static enum cooee_status check_hello(const struct cooee_hello *hello)
{
    if (hello->channels == 0 || (hello->channels & ~COOEE_CHANNELS_ALL) != 0) {
        return COOEE_STATUS_CHANNELS;
    }
    return hello->wake_interval_s == 0 ? COOEE_STATUS_VALUE : COOEE_STATUS_OK;
}

static enum cooee_status check_telemetry(const struct cooee_telemetry *telemetry)
{
    uint16_t told = telemetry->channels | telemetry->faults;

    if (told == 0 || (told & ~COOEE_CHANNELS_ALL) != 0 || (telemetry->channels & telemetry->faults) != 0) {
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

static enum cooee_status check(const struct cooee_frame *frame)
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
    case COOEE_FRAME_ACKNOWLEDGEMENT:
        return frame->sequence == 0 && frame->age_s == 0 && frame->body.acknowledgement.count <= COOEE_ACKNOWLEDGED_MAX
                   ? COOEE_STATUS_OK
                   : COOEE_STATUS_VALUE;
    default:
        return COOEE_STATUS_TYPE;
    }
}

static uint8_t *put_telemetry(uint8_t *at, const struct cooee_telemetry *telemetry)
{
    at = put(at, telemetry->channels, 2);
    at = put(at, telemetry->faults, 2);
    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        if ((telemetry->channels >> id & 1) != 0) {
            at = put(at, (uint16_t)telemetry->raw[id], 2);
        }
    }
    return at;
}

static uint8_t *put_call(uint8_t *at, const struct cooee_call *call)
{
    at = put(at, call->sentinel, 1);
    at = put(at, call->version, 4);
    at = put(at, call->class_id, 1);
    at = put(at, call->confidence, 1);
    at = put(at, call->state, 1);
    at = put(at, call->since_s, 3);
    at = put(at, call->evidence_count, 1);
    for (uint8_t i = 0; i < call->evidence_count; i++) {
        at = put(at, call->evidence[i].feature, 1);
        at = put(at, (uint16_t)call->evidence[i].value, 2);
    }
    return at;
}

static uint8_t *put_body(uint8_t *at, const struct cooee_frame *frame)
{
    switch (frame->type) {
    case COOEE_FRAME_HELLO:
        at = put(at, frame->body.hello.firmware_version, 2);
        at = put(at, frame->body.hello.wake_interval_s, 2);
        return put(at, frame->body.hello.channels, 2);
    case COOEE_FRAME_TELEMETRY:
        return put_telemetry(at, &frame->body.telemetry);
    case COOEE_FRAME_CALL:
        return put_call(at, &frame->body.call);
    default:
        at = put(at, frame->body.acknowledgement.count, 1);
        for (uint8_t i = 0; i < frame->body.acknowledgement.count; i++) {
            at = put(at, frame->body.acknowledgement.sequence[i], 4);
        }
        return at;
    }
}

enum cooee_status frame_write(const struct cooee_frame *frame, uint8_t bytes[COOEE_FRAME_MAX], uint8_t *length)
{
    enum cooee_status status = check(frame);

    if (status != COOEE_STATUS_OK) {
        return status;
    }
    uint8_t *at = put(bytes, COOEE_FRAME_VERSION << 4 | (uint32_t)frame->type, 1);
    at = put(at, frame->address, 2);
    at = put(at, frame->boot, 2);
    at = put(at, frame->sequence, 4);
    at = put_body(at + 3, frame);
    *length = (uint8_t)(at - bytes + CRC_SIZE);
    return COOEE_STATUS_OK;
}

void frame_seal(uint8_t *bytes, uint8_t length, uint32_t age_s)
{
    put(bytes + AGE_AT, age_s > COOEE_AGE_MAX_S ? COOEE_AGE_MAX_S : age_s, 3);
    put(bytes + length - CRC_SIZE, crc_of(bytes, (size_t)length - CRC_SIZE), 2);
}

static enum cooee_status get_telemetry(const uint8_t *body, size_t size, struct cooee_telemetry *telemetry)
{
    if (size < 4) {
        return COOEE_STATUS_LENGTH;
    }
    telemetry->channels = (uint16_t)get(body, 2);
    telemetry->faults = (uint16_t)get(body + 2, 2);
    if (size != 4 + 2U * channel_count(telemetry->channels)) {
        return COOEE_STATUS_LENGTH;
    }
    body += 4;
    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        bool present = (telemetry->channels >> id & 1) != 0;
        telemetry->raw[id] = present ? get_i16(body) : COOEE_MISSING;
        body += present ? 2 : 0;
    }
    return COOEE_STATUS_OK;
}

static enum cooee_status get_call(const uint8_t *body, size_t size, struct cooee_call *call)
{
    if (size < CALL_SIZE || body[11] > COOEE_EVIDENCE_MAX || size != CALL_SIZE + EVIDENCE_SIZE * (size_t)body[11]) {
        return COOEE_STATUS_LENGTH;
    }
    call->sentinel = body[0];
    call->version = get(body + 1, 4);
    call->class_id = body[5];
    call->confidence = body[6];
    call->state = body[7];
    call->since_s = get(body + 8, 3);
    call->evidence_count = body[11];
    for (uint8_t i = 0; i < call->evidence_count; i++) {
        const uint8_t *at = body + CALL_SIZE + EVIDENCE_SIZE * i;
        call->evidence[i].feature = at[0];
        call->evidence[i].value = get_i16(at + 1);
    }
    return COOEE_STATUS_OK;
}

static enum cooee_status get_acknowledgement(const uint8_t *body, size_t size, struct cooee_acknowledgement *acknowledgement)
{
    if (size < 1 || body[0] > COOEE_ACKNOWLEDGED_MAX || size != 1 + 4 * (size_t)body[0]) {
        return COOEE_STATUS_LENGTH;
    }
    acknowledgement->count = body[0];
    for (uint8_t i = 0; i < acknowledgement->count; i++) {
        acknowledgement->sequence[i] = get(body + 1 + 4 * i, 4);
    }
    return COOEE_STATUS_OK;
}

static enum cooee_status get_body(const uint8_t *body, size_t size, struct cooee_frame *frame)
{
    switch (frame->type) {
    case COOEE_FRAME_HELLO:
        if (size != 6) {
            return COOEE_STATUS_LENGTH;
        }
        frame->body.hello.firmware_version = (uint16_t)get(body, 2);
        frame->body.hello.wake_interval_s = (uint16_t)get(body + 2, 2);
        frame->body.hello.channels = (uint16_t)get(body + 4, 2);
        return COOEE_STATUS_OK;
    case COOEE_FRAME_TELEMETRY:
        return get_telemetry(body, size, &frame->body.telemetry);
    case COOEE_FRAME_CALL:
        return get_call(body, size, &frame->body.call);
    case COOEE_FRAME_ACKNOWLEDGEMENT:
        return get_acknowledgement(body, size, &frame->body.acknowledgement);
    default:
        return COOEE_STATUS_TYPE;
    }
}

enum cooee_status frame_decode(const uint8_t *bytes, size_t length, struct cooee_frame *frame)
{
    if (length < COOEE_FRAME_HEAD + CRC_SIZE || length > COOEE_FRAME_MAX) {
        return COOEE_STATUS_LENGTH;
    }
    if (get(bytes + length - CRC_SIZE, 2) != crc_of(bytes, length - CRC_SIZE)) {
        return COOEE_STATUS_CRC;
    }
    if (bytes[0] >> 4 != COOEE_FRAME_VERSION) {
        return COOEE_STATUS_VERSION;
    }
    frame->type = frame_type(bytes);
    frame->address = (uint16_t)get(bytes + 1, 2);
    frame->boot = (uint16_t)get(bytes + 3, 2);
    frame->sequence = frame_sequence(bytes);
    frame->age_s = get(bytes + AGE_AT, 3);
    enum cooee_status status = get_body(bytes + COOEE_FRAME_HEAD, length - COOEE_FRAME_HEAD - CRC_SIZE, frame);
    return status == COOEE_STATUS_OK ? check(frame) : status;
}
