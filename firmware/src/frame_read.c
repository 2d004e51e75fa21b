#include <string.h>

#include "cooee/channel.h"
#include "frame_parts.h"
#include "little_endian.h"

#define HELLO_SIZE 14
#define CALL_SIZE 12
#define EVIDENCE_SIZE 3
#define WANTED_SIZE 8
#define PIECE_SIZE 9
#define WEATHER_SIZE 3

static enum cooee_status get_hello(const uint8_t *body, size_t size, struct cooee_hello *hello)
{
    if (size < HELLO_SIZE || body[13] > COOEE_HELLO_SENTINELS || size != HELLO_SIZE + 4 * (size_t)body[13]) {
        return COOEE_STATUS_LENGTH;
    }
    hello->firmware_version = le_get_u16(body);
    hello->wake_interval_s = le_get_u16(body + 2);
    hello->channels = le_get_u16(body + 4);
    hello->reset = body[6];
    hello->wakes_missed = le_get_u16(body + 7);
    hello->settings_version = le_get(body + 9, 4);
    hello->sentinel_count = body[13];
    for (uint8_t i = 0; i < hello->sentinel_count; i++) {
        hello->sentinel_version[i] = le_get(body + HELLO_SIZE + 4 * i, 4);
    }
    return COOEE_STATUS_OK;
}

static enum cooee_status get_telemetry(const uint8_t *body, size_t size, struct cooee_telemetry *telemetry)
{
    if (size < COOEE_TELEMETRY_HEAD) {
        return COOEE_STATUS_LENGTH;
    }
    telemetry->channels = le_get_u16(body);
    telemetry->faults = le_get_u16(body + 2);
    size_t values = COOEE_TELEMETRY_HEAD + 2U * channel_count(telemetry->channels);
    bool told = size != values; /* why channels are faulty: what does not know it, as older nodes, ends here */
    if (told && size != values + channel_count(telemetry->faults)) {
        return COOEE_STATUS_LENGTH;
    }
    const uint8_t *why = body + values;
    uint8_t known = 0;
    body += COOEE_TELEMETRY_HEAD;
    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        bool present = (telemetry->channels >> id & 1) != 0, faulty = (telemetry->faults >> id & 1) != 0;
        telemetry->raw[id] = present ? le_get_i16(body) : COOEE_MISSING;
        body += present ? 2 : 0;
        if (faulty) {
            uint8_t fault = told ? *why++ : 0;
            known |= fault;
            telemetry->raw[id] = (int16_t)(COOEE_FAILED + fault);
        }
    }
    return told && known == 0 ? COOEE_STATUS_LENGTH : COOEE_STATUS_OK;
}

static enum cooee_status get_call(const uint8_t *body, size_t size, struct cooee_call *call)
{
    if (size < CALL_SIZE || body[11] > COOEE_EVIDENCE_MAX || size != CALL_SIZE + EVIDENCE_SIZE * (size_t)body[11]) {
        return COOEE_STATUS_LENGTH;
    }
    call->sentinel = body[0];
    call->version = le_get(body + 1, 4);
    call->class_id = body[5];
    call->confidence = body[6];
    call->state = body[7];
    call->since_s = le_get(body + 8, 3);
    call->evidence_count = body[11];
    for (uint8_t i = 0; i < call->evidence_count; i++) {
        const uint8_t *at = body + CALL_SIZE + EVIDENCE_SIZE * i;
        call->evidence[i].feature = at[0];
        call->evidence[i].value = le_get_i16(at + 1);
    }
    return COOEE_STATUS_OK;
}

static enum cooee_status get_wanted(const uint8_t *body, size_t size, struct cooee_wanted *wanted)
{
    if (size != WANTED_SIZE) {
        return COOEE_STATUS_LENGTH;
    }
    wanted->kind = body[0];
    wanted->version = le_get(body + 1, 4);
    wanted->offset = le_get_u16(body + 5);
    wanted->state = body[7];
    return COOEE_STATUS_OK;
}

static enum cooee_status get_piece(const uint8_t *body, size_t size, struct cooee_piece *piece)
{
    if (size < PIECE_SIZE || size > PIECE_SIZE + COOEE_PIECE_MAX) {
        return COOEE_STATUS_LENGTH;
    }
    piece->kind = body[0];
    piece->version = le_get(body + 1, 4);
    piece->offset = le_get_u16(body + 5);
    piece->total = le_get_u16(body + 7);
    piece->count = (uint8_t)(size - PIECE_SIZE);
    memcpy(piece->bytes, body + PIECE_SIZE, piece->count);
    return COOEE_STATUS_OK;
}

static enum cooee_status get_weather(const uint8_t *body, size_t size, struct cooee_weather *weather)
{
    if (size != WEATHER_SIZE) {
        return COOEE_STATUS_LENGTH;
    }
    weather->et0_e1 = body[0];
    weather->rain_e1 = le_get_u16(body + 1);
    return COOEE_STATUS_OK;
}

static enum cooee_status get_acknowledgement(const uint8_t *body, size_t size, struct cooee_acknowledgement *acknowledgement)
{
    if (size < 1 || body[0] > COOEE_ACKNOWLEDGED_MAX || size != 1 + 4 * (size_t)body[0]) {
        return COOEE_STATUS_LENGTH;
    }
    acknowledgement->count = body[0];
    for (uint8_t i = 0; i < acknowledgement->count; i++) {
        acknowledgement->sequence[i] = le_get(body + 1 + 4 * i, 4);
    }
    return COOEE_STATUS_OK;
}

enum cooee_status frame_read_down(const uint8_t *body, size_t size, struct cooee_frame *frame)
{
    return frame->type == COOEE_FRAME_PIECE     ? get_piece(body, size, &frame->body.piece)
        : frame->type == COOEE_FRAME_WEATHER ? get_weather(body, size, &frame->body.weather)
                                             : get_acknowledgement(body, size, &frame->body.acknowledgement);
}

enum cooee_status frame_read_body(const uint8_t *body, size_t size, struct cooee_frame *frame)
{
    switch (frame->type) {
    case COOEE_FRAME_HELLO:
        return get_hello(body, size, &frame->body.hello);
    case COOEE_FRAME_TELEMETRY:
        return get_telemetry(body, size, &frame->body.telemetry);
    case COOEE_FRAME_CALL:
        return get_call(body, size, &frame->body.call);
    case COOEE_FRAME_WANTED:
        return get_wanted(body, size, &frame->body.wanted);
    case COOEE_FRAME_PIECE:
    case COOEE_FRAME_WEATHER:
    case COOEE_FRAME_ACKNOWLEDGEMENT:
        return frame_read_down(body, size, frame);
    default:
        return COOEE_STATUS_TYPE;
    }
}

void frame_read_head(const uint8_t *bytes, struct cooee_frame *frame)
{
    frame->type = frame_type(bytes);
    frame->address = le_get_u16(bytes + 1);
    frame->incarnation = frame_incarnation(bytes);
    frame->boot = frame_boot(bytes);
    frame->sequence = frame_sequence(bytes);
    frame->time = frame->type >= FRAME_FIRST_DOWN ? COOEE_TIME_AGE : bytes[0] & 12;
    frame->age_s = 0;
}

enum cooee_status frame_read(const uint8_t *plain, size_t length, struct cooee_frame *frame)
{
    if (length < COOEE_PLAIN_HEAD || length > COOEE_PLAIN_MAX) {
        return COOEE_STATUS_LENGTH;
    }
    if (plain[0] >> 4 != COOEE_FRAME_VERSION) {
        return COOEE_STATUS_VERSION;
    }
    frame_read_head(plain, frame);
    enum cooee_status status = frame_read_body(plain + COOEE_PLAIN_HEAD, length - COOEE_PLAIN_HEAD, frame);
    return status == COOEE_STATUS_OK ? frame_check(frame) : status;
}
