#include "cooee/frame.h"

#include <string.h>

#include "cooee/channel.h"

#define BODY_MAX (COOEE_FRAME_MAX - COOEE_FRAME_HEAD - COOEE_TAG_SIZE)
#define INCARNATION_AT 3
#define BOOT_AT 7
#define SEQUENCE_AT 9
#define FIRST_DOWN 12
#define HELLO_SIZE 14
#define CALL_SIZE 12
#define EVIDENCE_SIZE 3
#define WANTED_SIZE 8
#define PIECE_SIZE 9
#define WEATHER_SIZE 3
#define WANTED_STATE_MAX 2

static uint8_t *put(uint8_t *at, uint32_t value, uint8_t size)
{
    for (; size > 0; size--) {
        *at++ = (uint8_t)value;
        value >>= 8;
    }
    return at;
}

static uint8_t *put_u16(uint8_t *at, uint16_t value)
{
    *at++ = (uint8_t)value;
    *at++ = (uint8_t)(value >> 8);
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

static uint16_t get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

/* Reads two's complement without leaning on how a compiler narrows. */
static int16_t get_i16(const uint8_t *at)
{
    int32_t value = get_u16(at);
    return (int16_t)(value < 32768 ? value : value - 65536);
}

static bool goes_down(const uint8_t *bytes)
{
    return (bytes[0] & 15) >= FIRST_DOWN;
}

uint8_t frame_type(const uint8_t *bytes)
{
    return bytes[0] & (goes_down(bytes) ? 15 : 3);
}

uint32_t frame_incarnation(const uint8_t *plain)
{
    return get(plain + INCARNATION_AT, 4);
}

uint16_t frame_boot(const uint8_t *plain)
{
    return get_u16(plain + BOOT_AT);
}

uint32_t frame_sequence(const uint8_t *plain)
{
    return get(plain + SEQUENCE_AT, 4);
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

static uint8_t *put_hello(uint8_t *at, const struct cooee_hello *hello)
{
    at = put_u16(at, hello->firmware_version);
    at = put_u16(at, hello->wake_interval_s);
    at = put_u16(at, hello->channels);
    *at++ = hello->reset;
    at = put_u16(at, hello->wakes_missed);
    at = put(at, hello->settings_version, 4);
    *at++ = hello->sentinel_count;
    for (uint8_t i = 0; i < hello->sentinel_count; i++) {
        at = put(at, hello->sentinel_version[i], 4);
    }
    return at;
}

static uint8_t *put_telemetry(uint8_t *at, const struct cooee_telemetry *telemetry)
{
    at = put_u16(at, telemetry->channels);
    at = put_u16(at, telemetry->faults);
    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        if ((telemetry->channels >> id & 1) != 0) {
            at = put_u16(at, (uint16_t)telemetry->raw[id]);
        }
    }
    uint8_t *why = at;
    uint8_t known = 0;
    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        if ((telemetry->faults >> id & 1) != 0) {
            *at = (uint8_t)(telemetry->raw[id] - COOEE_FAILED);
            known |= *at++;
        }
    }
    return known != 0 ? at : why;
}

static uint8_t *put_call(uint8_t *at, const struct cooee_call *call)
{
    *at++ = call->sentinel;
    at = put(at, call->version, 4);
    *at++ = call->class_id;
    *at++ = call->confidence;
    *at++ = call->state;
    at = put(at, call->since_s, 3);
    *at++ = call->evidence_count;
    for (uint8_t i = 0; i < call->evidence_count; i++) {
        *at++ = call->evidence[i].feature;
        at = put_u16(at, (uint16_t)call->evidence[i].value);
    }
    return at;
}

static uint8_t *put_wanted(uint8_t *at, const struct cooee_wanted *wanted)
{
    *at++ = wanted->kind;
    at = put(at, wanted->version, 4);
    at = put_u16(at, wanted->offset);
    *at++ = wanted->state;
    return at;
}

static uint8_t *put_piece(uint8_t *at, const struct cooee_piece *piece)
{
    *at++ = piece->kind;
    at = put(at, piece->version, 4);
    at = put_u16(at, piece->offset);
    at = put_u16(at, piece->total);
    memcpy(at, piece->bytes, piece->count);
    return at + piece->count;
}

static uint8_t *put_acknowledgement(uint8_t *at, const struct cooee_acknowledgement *acknowledgement)
{
    *at++ = acknowledgement->count;
    for (uint8_t i = 0; i < acknowledgement->count; i++) {
        at = put(at, acknowledgement->sequence[i], 4);
    }
    return at;
}

static uint8_t *put_weather(uint8_t *at, const struct cooee_weather *weather)
{
    *at++ = weather->et0_e1;
    return put_u16(at, weather->rain_e1);
}

static uint8_t *put_head(uint8_t *at, const struct cooee_frame *frame)
{
    *at++ = (uint8_t)(COOEE_FRAME_VERSION << 4 | frame->type);
    at = put_u16(at, frame->address);
    at = put(at, frame->incarnation, 4);
    at = put_u16(at, frame->boot);
    return put(at, frame->sequence, 4);
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
    enum cooee_status status = check(frame);

    if (status != COOEE_STATUS_OK) {
        return status;
    }
    if (frame->type < FIRST_DOWN) {
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

static enum cooee_status get_hello(const uint8_t *body, size_t size, struct cooee_hello *hello)
{
    if (size < HELLO_SIZE || body[13] > COOEE_HELLO_SENTINELS || size != HELLO_SIZE + 4 * (size_t)body[13]) {
        return COOEE_STATUS_LENGTH;
    }
    hello->firmware_version = get_u16(body);
    hello->wake_interval_s = get_u16(body + 2);
    hello->channels = get_u16(body + 4);
    hello->reset = body[6];
    hello->wakes_missed = get_u16(body + 7);
    hello->settings_version = get(body + 9, 4);
    hello->sentinel_count = body[13];
    for (uint8_t i = 0; i < hello->sentinel_count; i++) {
        hello->sentinel_version[i] = get(body + HELLO_SIZE + 4 * i, 4);
    }
    return COOEE_STATUS_OK;
}

static enum cooee_status get_telemetry(const uint8_t *body, size_t size, struct cooee_telemetry *telemetry)
{
    if (size < COOEE_TELEMETRY_HEAD) {
        return COOEE_STATUS_LENGTH;
    }
    telemetry->channels = get_u16(body);
    telemetry->faults = get_u16(body + 2);
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
        telemetry->raw[id] = present ? get_i16(body) : COOEE_MISSING;
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

static enum cooee_status get_wanted(const uint8_t *body, size_t size, struct cooee_wanted *wanted)
{
    if (size != WANTED_SIZE) {
        return COOEE_STATUS_LENGTH;
    }
    wanted->kind = body[0];
    wanted->version = get(body + 1, 4);
    wanted->offset = get_u16(body + 5);
    wanted->state = body[7];
    return COOEE_STATUS_OK;
}

static enum cooee_status get_piece(const uint8_t *body, size_t size, struct cooee_piece *piece)
{
    if (size < PIECE_SIZE || size > PIECE_SIZE + COOEE_PIECE_MAX) {
        return COOEE_STATUS_LENGTH;
    }
    piece->kind = body[0];
    piece->version = get(body + 1, 4);
    piece->offset = get_u16(body + 5);
    piece->total = get_u16(body + 7);
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
    weather->rain_e1 = get_u16(body + 1);
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
        return get_hello(body, size, &frame->body.hello);
    case COOEE_FRAME_TELEMETRY:
        return get_telemetry(body, size, &frame->body.telemetry);
    case COOEE_FRAME_CALL:
        return get_call(body, size, &frame->body.call);
    case COOEE_FRAME_WANTED:
        return get_wanted(body, size, &frame->body.wanted);
    case COOEE_FRAME_PIECE:
        return get_piece(body, size, &frame->body.piece);
    case COOEE_FRAME_WEATHER:
        return get_weather(body, size, &frame->body.weather);
    case COOEE_FRAME_ACKNOWLEDGEMENT:
        return get_acknowledgement(body, size, &frame->body.acknowledgement);
    default:
        return COOEE_STATUS_TYPE;
    }
}

static void get_head(const uint8_t *bytes, struct cooee_frame *frame)
{
    frame->type = frame_type(bytes);
    frame->address = get_u16(bytes + 1);
    frame->incarnation = frame_incarnation(bytes);
    frame->boot = frame_boot(bytes);
    frame->sequence = frame_sequence(bytes);
    frame->time = goes_down(bytes) ? COOEE_TIME_AGE : bytes[0] & 12;
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
    get_head(plain, frame);
    enum cooee_status status = get_body(plain + COOEE_PLAIN_HEAD, length - COOEE_PLAIN_HEAD, frame);
    return status == COOEE_STATUS_OK ? check(frame) : status;
}

uint8_t frame_seal(const uint8_t key[COOEE_KEY_SIZE], const uint8_t *plain, uint8_t length, enum cooee_frame_time time,
                   uint32_t seconds, uint8_t bytes[COOEE_FRAME_MAX])
{
    uint8_t size = (uint8_t)(length - COOEE_PLAIN_HEAD);
    uint8_t *body = bytes + COOEE_FRAME_HEAD;

    memcpy(bytes, plain, COOEE_PLAIN_HEAD);
    bytes[0] = (uint8_t)(bytes[0] | time);
    put(bytes + COOEE_PLAIN_HEAD, time == COOEE_TIME_AGE && seconds > COOEE_AGE_MAX_S ? COOEE_AGE_MAX_S : seconds, 3);
    memcpy(body, plain + COOEE_PLAIN_HEAD, size);
    ascon_seal(key, bytes, body, size, body + size);
    return (uint8_t)(length + COOEE_SEAL_SIZE);
}

enum cooee_status frame_head(const uint8_t *bytes, size_t length, struct cooee_frame *frame)
{
    if (length < COOEE_FRAME_HEAD + COOEE_TAG_SIZE || length > COOEE_FRAME_MAX) {
        return COOEE_STATUS_LENGTH;
    }
    if (bytes[0] >> 4 != COOEE_FRAME_VERSION) {
        return COOEE_STATUS_VERSION;
    }
    get_head(bytes, frame);
    frame->age_s = get(bytes + COOEE_PLAIN_HEAD, 3);
    return COOEE_STATUS_OK;
}

/* The body of bytes whose head is sound. */
static bool unseal(const uint8_t key[], const uint8_t *bytes, size_t length, uint8_t body[BODY_MAX], uint8_t *size)
{
    *size = (uint8_t)(length - COOEE_FRAME_HEAD - COOEE_TAG_SIZE);
    memcpy(body, bytes + COOEE_FRAME_HEAD, *size);
    return ascon_open(key, bytes, body, *size, bytes + COOEE_FRAME_HEAD + *size);
}

enum cooee_status frame_open(const uint8_t key[COOEE_KEY_SIZE], const uint8_t *bytes, size_t length, struct cooee_frame *frame)
{
    uint8_t body[BODY_MAX];
    uint8_t size;
    enum cooee_status status = frame_head(bytes, length, frame);

    if (status != COOEE_STATUS_OK) {
        return status;
    }
    if (!unseal(key, bytes, length, body, &size)) {
        return COOEE_STATUS_TAG;
    }
    status = get_body(body, size, frame);
    return status == COOEE_STATUS_OK ? check(frame) : status;
}

enum cooee_status frame_open_down(const uint8_t key[COOEE_KEY_SIZE], const uint8_t *bytes, size_t length,
                                  struct cooee_frame *frame)
{
    uint8_t body[BODY_MAX];
    uint8_t size;

    if (frame->type != COOEE_FRAME_ACKNOWLEDGEMENT && frame->type != COOEE_FRAME_PIECE && frame->type != COOEE_FRAME_WEATHER) {
        return COOEE_STATUS_TYPE;
    }
    if (!unseal(key, bytes, length, body, &size)) {
        return COOEE_STATUS_TAG;
    }
    return frame->type == COOEE_FRAME_PIECE     ? get_piece(body, size, &frame->body.piece)
        : frame->type == COOEE_FRAME_WEATHER ? get_weather(body, size, &frame->body.weather)
                                             : get_acknowledgement(body, size, &frame->body.acknowledgement);
}
