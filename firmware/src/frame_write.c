#include <string.h>

#include "cooee/channel.h"
#include "frame_parts.h"
#include "little_endian.h"

static uint8_t *put_hello(uint8_t *at, const struct cooee_hello *hello)
{
    at = le_put_u16(at, hello->firmware_version);
    at = le_put_u16(at, hello->wake_interval_s);
    at = le_put_u16(at, hello->channels);
    *at++ = hello->reset;
    at = le_put_u16(at, hello->wakes_missed);
    at = le_put(at, hello->settings_version, 4);
    *at++ = hello->sentinel_count;
    for (uint8_t i = 0; i < hello->sentinel_count; i++) {
        at = le_put(at, hello->sentinel_version[i], 4);
    }
    return at;
}

static uint8_t *put_telemetry(uint8_t *at, const struct cooee_telemetry *telemetry)
{
    at = le_put_u16(at, telemetry->channels);
    at = le_put_u16(at, telemetry->faults);
    for (uint16_t id = 0, left = telemetry->channels; left != 0; id++, left >>= 1) {
        if ((left & 1) != 0) {
            at = le_put_u16(at, (uint16_t)telemetry->raw[id]);
        }
    }
    uint8_t *why = at;
    uint8_t known = 0;
    for (uint16_t id = 0, left = telemetry->faults; left != 0; id++, left >>= 1) {
        if ((left & 1) != 0) {
            *at = (uint8_t)(telemetry->raw[id] - COOEE_FAILED);
            known |= *at++;
        }
    }
    return known != 0 ? at : why;
}

static uint8_t *put_call(uint8_t *at, const struct cooee_call *call)
{
    *at++ = call->sentinel;
    at = le_put(at, call->version, 4);
    *at++ = call->class_id;
    *at++ = call->confidence;
    *at++ = call->state;
    at = le_put(at, call->since_s, 3);
    *at++ = call->evidence_count;
    for (uint8_t i = 0; i < call->evidence_count; i++) {
        *at++ = call->evidence[i].feature;
        at = le_put_u16(at, (uint16_t)call->evidence[i].value);
    }
    return at;
}

static uint8_t *put_wanted(uint8_t *at, const struct cooee_wanted *wanted)
{
    *at++ = wanted->kind;
    at = le_put(at, wanted->version, 4);
    at = le_put_u16(at, wanted->offset);
    *at++ = wanted->state;
    return at;
}

static uint8_t *put_piece(uint8_t *at, const struct cooee_piece *piece)
{
    *at++ = piece->kind;
    at = le_put(at, piece->version, 4);
    at = le_put_u16(at, piece->offset);
    at = le_put_u16(at, piece->total);
    memcpy(at, piece->bytes, piece->count);
    return at + piece->count;
}

static uint8_t *put_acknowledgement(uint8_t *at, const struct cooee_acknowledgement *acknowledgement)
{
    *at++ = acknowledgement->count;
    for (uint8_t i = 0; i < acknowledgement->count; i++) {
        at = le_put(at, acknowledgement->sequence[i], 4);
    }
    return at;
}

static uint8_t *put_weather(uint8_t *at, const struct cooee_weather *weather)
{
    *at++ = weather->et0_e1;
    return le_put_u16(at, weather->rain_e1);
}

static uint8_t *put_head(uint8_t *at, const struct cooee_frame *frame)
{
    *at++ = (uint8_t)(COOEE_FRAME_VERSION << 4 | frame->type);
    at = le_put_u16(at, frame->address);
    at = le_put(at, frame->incarnation, 4);
    at = le_put_u16(at, frame->boot);
    return le_put(at, frame->sequence, 4);
}

uint8_t frame_write_up(const struct cooee_frame *frame, uint8_t plain[COOEE_PLAIN_MAX])
{
    uint8_t *at = put_head(plain, frame);

    switch (frame->type) {
    case COOEE_FRAME_HELLO:
        at = put_hello(at, &frame->body.hello);
        break;
    case COOEE_FRAME_TELEMETRY:
        at = put_telemetry(at, &frame->body.telemetry);
        break;
    case COOEE_FRAME_CALL:
        at = put_call(at, &frame->body.call);
        break;
    default:
        at = put_wanted(at, &frame->body.wanted);
    }
    return (uint8_t)(at - plain);
}

enum cooee_status frame_write(const struct cooee_frame *frame, uint8_t plain[COOEE_PLAIN_MAX], uint8_t *length)
{
    enum cooee_status status = frame_check(frame);

    if (status != COOEE_STATUS_OK) {
        return status;
    }
    if (frame->type < FRAME_FIRST_DOWN) {
        *length = frame_write_up(frame, plain);
        return COOEE_STATUS_OK;
    }
    uint8_t *at = put_head(plain, frame);
    at = frame->type == COOEE_FRAME_PIECE     ? put_piece(at, &frame->body.piece)
        : frame->type == COOEE_FRAME_WEATHER ? put_weather(at, &frame->body.weather)
                                             : put_acknowledgement(at, &frame->body.acknowledgement);
    *length = (uint8_t)(at - plain);
    return COOEE_STATUS_OK;
}
