/* Frames: bytes on the air and back (docs/SPEC.md, "Air frame"). */
#ifndef COOEE_FRAME_H
#define COOEE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "cooee/channels.h"
#include "cooee/status.h"

#define COOEE_FRAME_VERSION 1
#define COOEE_FRAME_MAX 51
#define COOEE_FRAME_HEAD 12
#define COOEE_AGE_MAX_S 16777215UL
#define COOEE_EVIDENCE_MAX 3
#define COOEE_ACKNOWLEDGED_MAX 6

enum cooee_frame_type {
    COOEE_FRAME_HELLO = 0,
    COOEE_FRAME_TELEMETRY = 1,
    COOEE_FRAME_CALL = 2,
    COOEE_FRAME_ACKNOWLEDGEMENT = 15
};

struct cooee_hello {
    uint16_t firmware_version, wake_interval_s, channels;
};

struct cooee_telemetry {
    uint16_t channels, faults;
    int16_t raw[COOEE_CHANNEL_COUNT]; /* by channel id; COOEE_MISSING where the bit of `channels` is not set */
};

struct cooee_evidence {
    uint8_t feature;
    int16_t value;
};

struct cooee_call {
    uint32_t version, since_s;
    uint8_t sentinel, class_id, confidence, state, evidence_count;
    struct cooee_evidence evidence[COOEE_EVIDENCE_MAX];
};

struct cooee_acknowledgement {
    uint8_t count;
    uint32_t sequence[COOEE_ACKNOWLEDGED_MAX];
};

struct cooee_frame {
    uint32_t sequence, age_s;
    uint16_t address, boot;
    uint8_t type;
    union {
        struct cooee_hello hello;
        struct cooee_telemetry telemetry;
        struct cooee_call call;
        struct cooee_acknowledgement acknowledgement;
    } body;
};

/* Writes head and body without age and checksum, which frame_seal adds. Sets the length of the sealed frame. */
enum cooee_status frame_write(const struct cooee_frame *frame, uint8_t bytes[COOEE_FRAME_MAX], uint8_t *length);

/* Sets the age (saturating) and the checksum of a frame of `length` bytes. */
void frame_seal(uint8_t *bytes, uint8_t length, uint32_t age_s);

/* Reads any bytes; on any status but OK `frame` holds nothing of use. Ids of sentinels, classes and features are not judged. */
enum cooee_status frame_decode(const uint8_t *bytes, size_t length, struct cooee_frame *frame);

/* Type and sequence of a frame that frame_write made. */
uint8_t frame_type(const uint8_t *bytes);
uint32_t frame_sequence(const uint8_t *bytes);

#endif
