#include "cooee/frame.h"

#include <string.h>

#include "check.h"
#include "cooee/channel.h"

static const struct cooee_frame hello = {.address = 7, .type = COOEE_FRAME_HELLO,
                                         .body.hello = {.firmware_version = 1, .wake_interval_s = 600, .channels = 1}};
static const struct cooee_frame reading = {.address = 7, .type = COOEE_FRAME_TELEMETRY, 
                                           .body.telemetry = {1, 2, {2000, COOEE_FAILED}}};
static const struct cooee_frame call = {.address = 7, .type = COOEE_FRAME_CALL,
                                        .body.call = {.class_id = 1, .confidence = 80, .evidence_count = 1}};
static const struct cooee_frame answer = {.address = 7, .type = COOEE_FRAME_ACKNOWLEDGEMENT,
                                          .body.acknowledgement = {2, {5, 6}}};

static const uint8_t key[COOEE_KEY_SIZE] = "sixteen byte key";

static const struct cooee_frame wanted = {.type = COOEE_FRAME_WANTED, .address = 1,
                                          .body.wanted = {.kind = COOEE_VALUE_SETTINGS, .version = 9, .offset = 18, .state = 2}};
static const struct cooee_frame piece = {.type = COOEE_FRAME_PIECE, .address = 1,
                                         .body.piece = {.kind = COOEE_VALUE_SETTINGS, .version = 0xAABBCCDDUL, .offset = 258,
                                                        .total = 772, .count = 3, .bytes = "eighteen bytes of"}};

static const struct cooee_frame weather = {.type = COOEE_FRAME_WEATHER, .address = 1, .body.weather = {65535, 42}};

static enum cooee_status write(const struct cooee_frame *frame)
{
    uint8_t plain[COOEE_PLAIN_MAX];
    uint8_t length;

    return frame_write(frame, plain, &length);
}

#define CHECK_REFUSED(valid, field, value, status) \
    do { \
        struct cooee_frame changed = valid; \
        CHECK_EQUAL(write(&changed), COOEE_STATUS_OK); \
        changed.field = value; \
        CHECK_EQUAL(write(&changed), COOEE_STATUS_##status); \
    } while (0)

static void what_is_out_of_range_is_not_written(void)
{
    CHECK_REFUSED(hello, address, 0, ADDRESS);
    CHECK_REFUSED(hello, address, 0xFFFF, ADDRESS);
    CHECK_REFUSED(hello, type, 4, TYPE);
    CHECK_REFUSED(hello, body.hello.channels, 0, CHANNELS);
    CHECK_REFUSED(hello, body.hello.wake_interval_s, 0, VALUE);
    CHECK_REFUSED(hello, body.hello.reset, COOEE_RESET_PROGRAM + 1, VALUE);
    CHECK_REFUSED(hello, body.hello.sentinel_count, COOEE_HELLO_SENTINELS + 1, VALUE);
    CHECK_REFUSED(reading, body.telemetry.faults, 1, CHANNELS);
    CHECK_REFUSED(reading, body.telemetry.raw[0], COOEE_MISSING, VALUE);
    CHECK_REFUSED(call, body.call.class_id, 0, VALUE);
    CHECK_REFUSED(call, body.call.confidence, 101, VALUE);
    CHECK_REFUSED(call, body.call.state, 3, VALUE);
    CHECK_REFUSED(call, body.call.since_s, COOEE_AGE_MAX_S + 1, VALUE);
    CHECK_REFUSED(call, body.call.evidence[0].value, COOEE_MISSING, VALUE);
    CHECK_REFUSED(wanted, body.wanted.state, 3, VALUE);
    CHECK_REFUSED(piece, body.piece.count, COOEE_PIECE_MAX + 1, VALUE);
    CHECK_REFUSED(answer, body.acknowledgement.count, COOEE_ACKNOWLEDGED_MAX + 1, VALUE);
}

static void a_frame_of_another_length_is_none(void)
{
    const struct cooee_frame *frames[] = {&hello, &reading, &call, &answer, &wanted};

    for (int i = 0; i < 5; i++) {
        uint8_t plain[COOEE_PLAIN_MAX + 1] = {0}, bytes[COOEE_FRAME_MAX + 1] = {0};
        uint8_t length;
        struct cooee_frame read;

        CHECK_EQUAL(frame_write(frames[i], plain, &length), COOEE_STATUS_OK);
        for (uint8_t other = COOEE_PLAIN_HEAD; other <= COOEE_PLAIN_MAX; other++) {
            enum cooee_status wanted = other == length ? COOEE_STATUS_OK : COOEE_STATUS_LENGTH;
            CHECK_EQUAL(frame_read(plain, other, &read), wanted);
            uint8_t size = frame_seal(key, plain, other, COOEE_TIME_AGE, 0, bytes);
            CHECK_EQUAL(size, other + COOEE_SEAL_SIZE);
            CHECK_EQUAL(frame_open(key, bytes, size, &read), wanted);
        }
        CHECK_EQUAL(frame_read(plain, COOEE_PLAIN_HEAD - 1, &read), COOEE_STATUS_LENGTH);
        CHECK_EQUAL(frame_read(plain, COOEE_PLAIN_MAX + 1, &read), COOEE_STATUS_LENGTH);
        CHECK_EQUAL(frame_open(key, bytes, COOEE_FRAME_HEAD + COOEE_TAG_SIZE - 1, &read), COOEE_STATUS_LENGTH);
        CHECK_EQUAL(frame_open(key, bytes, COOEE_FRAME_MAX + 1, &read), COOEE_STATUS_LENGTH);
    }
}

/* A faulty channel's byte is left out where nothing is known of any, and a reading without it is one of an older node. */
static void why_channels_are_faulty_travels(void)
{
    struct cooee_frame frame = {.address = 7, .type = COOEE_FRAME_TELEMETRY,
                                .body.telemetry = {1, 10, {2000, COOEE_FAILED + COOEE_FAULT_OPEN, COOEE_MISSING, COOEE_FAILED}}};
    struct cooee_frame read;
    uint8_t plain[COOEE_PLAIN_MAX];
    uint8_t length;

    CHECK_EQUAL(frame_write(&frame, plain, &length), COOEE_STATUS_OK);
    CHECK_EQUAL(length, COOEE_PLAIN_HEAD + 4 + 2 + 2);
    CHECK_EQUAL(frame_read(plain, length, &read), COOEE_STATUS_OK);
    CHECK_EQUAL(memcmp(read.body.telemetry.raw, frame.body.telemetry.raw, 4 * sizeof(int16_t)), 0);
    CHECK_EQUAL(frame_read(plain, (size_t)(length - 2), &read), COOEE_STATUS_OK);
    CHECK_EQUAL(read.body.telemetry.raw[1], COOEE_FAILED);
    plain[COOEE_PLAIN_HEAD + 6] = 0;
    CHECK_EQUAL(frame_read(plain, length, &read), COOEE_STATUS_LENGTH);
}

/* Any length is one of a piece, from none to the most that a frame has room for. */
static void a_piece_travels_whole(void)
{
    uint8_t plain[COOEE_PLAIN_MAX], bytes[COOEE_FRAME_MAX];
    uint8_t length;
    struct cooee_frame sent = piece, read;

    for (sent.body.piece.count = 0; sent.body.piece.count <= COOEE_PIECE_MAX; sent.body.piece.count++) {
        CHECK_EQUAL(frame_write(&sent, plain, &length), COOEE_STATUS_OK);
        uint8_t size = frame_seal(key, plain, length, COOEE_TIME_AGE, 0, bytes);
        CHECK_EQUAL(frame_head(bytes, size, &read), COOEE_STATUS_OK);
        CHECK_EQUAL(frame_open_down(key, bytes, size, &read), COOEE_STATUS_OK);
        CHECK_EQUAL(read.body.piece.version, 0xAABBCCDDL);
        CHECK_EQUAL(read.body.piece.offset, 258);
        CHECK_EQUAL(read.body.piece.total, 772);
        CHECK_EQUAL(read.body.piece.count, sent.body.piece.count);
        CHECK(memcmp(read.body.piece.bytes, sent.body.piece.bytes, sent.body.piece.count) == 0);
        CHECK_EQUAL(frame_read(plain, COOEE_PLAIN_HEAD + 8, &read), COOEE_STATUS_LENGTH);
    }
}

/* The frame as its node keeps it is the same, whatever tells its time. */
static void a_clock_takes_the_place_of_the_age(void)
{
    static const enum cooee_frame_time times[] = {COOEE_TIME_AGE, COOEE_TIME_EARLIER, COOEE_TIME_NOW};
    static const uint32_t wanted[] = {COOEE_AGE_MAX_S, 0x345678, 0x345678};
    uint8_t plain[COOEE_PLAIN_MAX], again[COOEE_PLAIN_MAX], bytes[COOEE_FRAME_MAX];
    uint8_t length, length_again;
    struct cooee_frame read;

    CHECK_EQUAL(frame_write(&reading, plain, &length), COOEE_STATUS_OK);
    for (int i = 0; i < 3; i++) {
        uint8_t size = frame_seal(key, plain, length, times[i], 0x12345678, bytes);
        CHECK_EQUAL(bytes[0], 0x21 | times[i]);
        CHECK_EQUAL(frame_open(key, bytes, size, &read), COOEE_STATUS_OK);
        CHECK_EQUAL(read.time, times[i]);
        CHECK_EQUAL(read.age_s, wanted[i]);
        CHECK_EQUAL(frame_write(&read, again, &length_again), COOEE_STATUS_OK);
        CHECK(length_again == length && memcmp(again, plain, length) == 0);
    }
}

static void what_is_damaged_or_unknown_is_refused_with_the_reason(void)
{
    uint8_t plain[COOEE_PLAIN_MAX], bytes[COOEE_FRAME_MAX];
    uint8_t length, size;
    struct cooee_frame read;

    CHECK_EQUAL(frame_write(&hello, plain, &length), COOEE_STATUS_OK);
    size = frame_seal(key, plain, length, COOEE_TIME_AGE, 9, bytes);
    CHECK_EQUAL(frame_open(key, bytes, size, &read), COOEE_STATUS_OK);
    CHECK_EQUAL(read.age_s, 9);
    for (unsigned bit = 8; bit < 8U * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        CHECK_EQUAL(frame_open(key, bytes, size, &read), COOEE_STATUS_TAG);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    CHECK_EQUAL(frame_open((const uint8_t *)"another 16 bytes", bytes, size, &read), COOEE_STATUS_TAG);
    bytes[0] = 1 << 4;
    CHECK_EQUAL(frame_open(key, bytes, size, &read), COOEE_STATUS_VERSION);
    plain[0] = 2 << 4 | 14;
    size = frame_seal(key, plain, length, COOEE_TIME_AGE, 9, bytes);
    CHECK_EQUAL(frame_open(key, bytes, size, &read), COOEE_STATUS_TYPE);
    CHECK_EQUAL(frame_head(bytes, size, &read), COOEE_STATUS_OK);
    CHECK_EQUAL(frame_open_down(key, bytes, size, &read), COOEE_STATUS_TYPE);
    CHECK(strcmp(status_text(COOEE_STATUS_TAG), "the seal is not one of this key") == 0);
    CHECK(strcmp(status_text((enum cooee_status)99), "not a status") == 0);
}

static void word_of_the_weather_travels_whole(void)
{
    uint8_t plain[COOEE_PLAIN_MAX], bytes[COOEE_FRAME_MAX];
    uint8_t length;
    struct cooee_frame read;

    CHECK_EQUAL(frame_write(&weather, plain, &length), COOEE_STATUS_OK);
    CHECK_EQUAL(length, COOEE_PLAIN_HEAD + 3);
    length = frame_seal(key, plain, length, COOEE_TIME_AGE, 0, bytes);
    CHECK_EQUAL(frame_head(bytes, length, &read), COOEE_STATUS_OK);
    CHECK_EQUAL(frame_open_down(key, bytes, length, &read), COOEE_STATUS_OK);
    CHECK_EQUAL(read.body.weather.rain_e1, 65535);
    CHECK_EQUAL(read.body.weather.et0_e1, 42);
    CHECK_EQUAL(frame_read(plain, COOEE_PLAIN_HEAD + 2, &read), COOEE_STATUS_LENGTH);
}

int main(void)
{
    word_of_the_weather_travels_whole();
    what_is_out_of_range_is_not_written();
    a_frame_of_another_length_is_none();
    why_channels_are_faulty_travels();
    a_piece_travels_whole();
    a_clock_takes_the_place_of_the_age();
    what_is_damaged_or_unknown_is_refused_with_the_reason();
    return 0;
}
