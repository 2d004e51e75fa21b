#include <string.h>

#include "frame_parts.h"
#include "little_endian.h"

#define BODY_MAX (COOEE_FRAME_MAX - COOEE_FRAME_HEAD - COOEE_TAG_SIZE)

uint8_t frame_seal(const uint8_t key[COOEE_KEY_SIZE], const uint8_t *plain, uint8_t length, enum cooee_frame_time time,
                   uint32_t seconds, uint8_t bytes[COOEE_FRAME_MAX])
{
    uint8_t size = (uint8_t)(length - COOEE_PLAIN_HEAD);
    uint8_t *body = bytes + COOEE_FRAME_HEAD;

    memcpy(bytes, plain, COOEE_PLAIN_HEAD);
    bytes[0] = (uint8_t)(bytes[0] | time);
    le_put(bytes + COOEE_PLAIN_HEAD, time == COOEE_TIME_AGE && seconds > COOEE_AGE_MAX_S ? COOEE_AGE_MAX_S : seconds, 3);
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
    frame_read_head(bytes, frame);
    frame->age_s = le_get(bytes + COOEE_PLAIN_HEAD, 3);
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
    status = frame_read_body(body, size, frame);
    return status == COOEE_STATUS_OK ? frame_check(frame) : status;
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
    return frame_read_down(body, size, frame);
}
