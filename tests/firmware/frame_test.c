#include "cooee/frame.h"

#include <string.h>

#include "check.h"

static const struct cooee_frame hello = {.address = 7, .type = COOEE_FRAME_HELLO, .body.hello = {1, 600, 1}};
static const struct cooee_frame reading = {.address = 7, .type = COOEE_FRAME_TELEMETRY, .body.telemetry = {1, 2, {2000}}};
static const struct cooee_frame call = {.address = 7, .type = COOEE_FRAME_CALL,
                                        .body.call = {.class_id = 1, .confidence = 80, .evidence_count = 1}};
static const struct cooee_frame answer = {.address = 7, .type = COOEE_FRAME_ACKNOWLEDGEMENT,
                                          .body.acknowledgement = {2, {5, 6}}};

static enum cooee_status write(const struct cooee_frame *frame)
{
    uint8_t bytes[COOEE_FRAME_MAX];
    uint8_t length;

    return frame_write(frame, bytes, &length);
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
    CHECK_REFUSED(hello, type, 3, TYPE);
    CHECK_REFUSED(hello, body.hello.channels, 0, CHANNELS);
    CHECK_REFUSED(hello, body.hello.wake_interval_s, 0, VALUE);
    CHECK_REFUSED(reading, body.telemetry.faults, 1, CHANNELS);
    CHECK_REFUSED(reading, body.telemetry.raw[0], COOEE_MISSING, VALUE);
    CHECK_REFUSED(call, body.call.class_id, 0, VALUE);
    CHECK_REFUSED(call, body.call.confidence, 101, VALUE);
    CHECK_REFUSED(call, body.call.state, 3, VALUE);
    CHECK_REFUSED(call, body.call.since_s, COOEE_AGE_MAX_S + 1, VALUE);
    CHECK_REFUSED(call, body.call.evidence[0].value, COOEE_MISSING, VALUE);
    CHECK_REFUSED(answer, sequence, 1, VALUE);
    CHECK_REFUSED(answer, body.acknowledgement.count, COOEE_ACKNOWLEDGED_MAX + 1, VALUE);
}

static void a_frame_of_another_length_is_none(void)
{
    const struct cooee_frame *frames[] = {&hello, &reading, &call, &answer};

    for (int i = 0; i < 4; i++) {
        uint8_t bytes[COOEE_FRAME_MAX + 1] = {0};
        uint8_t length;
        struct cooee_frame read;

        CHECK_EQUAL(frame_write(frames[i], bytes, &length), COOEE_STATUS_OK);
        for (uint8_t other = COOEE_FRAME_HEAD + 2; other <= COOEE_FRAME_MAX; other++) {
            frame_seal(bytes, other, 0);
            CHECK_EQUAL(frame_decode(bytes, other, &read), other == length ? COOEE_STATUS_OK : COOEE_STATUS_LENGTH);
            CHECK_EQUAL(frame_write(frames[i], bytes, &length), COOEE_STATUS_OK);
        }
        CHECK_EQUAL(frame_decode(bytes, COOEE_FRAME_HEAD + 1, &read), COOEE_STATUS_LENGTH);
        CHECK_EQUAL(frame_decode(bytes, COOEE_FRAME_MAX + 1, &read), COOEE_STATUS_LENGTH);
    }
}

static void what_is_damaged_or_unknown_is_refused_with_the_reason(void)
{
    uint8_t bytes[COOEE_FRAME_MAX];
    uint8_t length;
    struct cooee_frame read;

    CHECK_EQUAL(frame_write(&hello, bytes, &length), COOEE_STATUS_OK);
    frame_seal(bytes, length, 9);
    CHECK_EQUAL(frame_decode(bytes, length, &read), COOEE_STATUS_OK);
    CHECK_EQUAL(read.age_s, 9);
    bytes[3] ^= 1;
    CHECK_EQUAL(frame_decode(bytes, length, &read), COOEE_STATUS_CRC);
    bytes[0] = 2 << 4;
    frame_seal(bytes, length, 9);
    CHECK_EQUAL(frame_decode(bytes, length, &read), COOEE_STATUS_VERSION);
    bytes[0] = 1 << 4 | 9;
    frame_seal(bytes, length, 9);
    CHECK_EQUAL(frame_decode(bytes, length, &read), COOEE_STATUS_TYPE);
    CHECK(strcmp(status_text(COOEE_STATUS_CRC), "the checksum does not match") == 0);
    CHECK(strcmp(status_text((enum cooee_status)99), "not a status") == 0);
}

int main(void)
{
    what_is_out_of_range_is_not_written();
    a_frame_of_another_length_is_none();
    what_is_damaged_or_unknown_is_refused_with_the_reason();
    return 0;
}
