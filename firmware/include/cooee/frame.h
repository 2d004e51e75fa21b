/* Frames: what a node says, plain as it is kept and sealed as it goes on the air (docs/SPEC.md, "Air frame"). */
#ifndef COOEE_FRAME_H
#define COOEE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "cooee/ascon.h"
#include "cooee/channels.h"
#include "cooee/status.h"

#define COOEE_FRAME_VERSION 2
#define COOEE_FRAME_MAX 51
#define COOEE_FRAME_HEAD 16
/* A plain frame: the head without its age, which is known only at sending, and the body. */
#define COOEE_PLAIN_HEAD 13
#define COOEE_PLAIN_MAX 40
/* Bytes that sealing adds to a plain frame: age and tag. */
#define COOEE_SEAL_SIZE 11
#define COOEE_AGE_MAX_S 16777215UL
#define COOEE_EVIDENCE_MAX 3
#define COOEE_ACKNOWLEDGED_MAX 6
#define COOEE_HELLO_SENTINELS 3
#define COOEE_PIECE_MAX 18
#define COOEE_TELEMETRY_HEAD 4
/* Channels of a node, at most: a telemetry holds so many values. */
#define COOEE_NODE_CHANNELS 11
/* Kinds of values that travel in pieces: settings, and the image of the sentinel with an id, which is added. */
#define COOEE_VALUE_SETTINGS 1
#define COOEE_VALUE_SENTINEL 2
#define COOEE_ET0_UNKNOWN 255

enum cooee_frame_type {
    COOEE_FRAME_HELLO = 0,
    COOEE_FRAME_TELEMETRY = 1,
    COOEE_FRAME_CALL = 2,
    COOEE_FRAME_WANTED = 3,
    COOEE_FRAME_PIECE = 12,
    COOEE_FRAME_WEATHER = 13,
    COOEE_FRAME_ACKNOWLEDGEMENT = 15
};

/* What the seconds of a frame from a node are: bits of its type on the air. */
enum cooee_frame_time {
    COOEE_TIME_AGE = 0,     /* its age */
    COOEE_TIME_EARLIER = 4, /* of an earlier boot: that boot's clock when it was measured */
    COOEE_TIME_NOW = 8      /* the node's clock: it is measured in this second */
};

enum cooee_reset {
    COOEE_RESET_POWER = 0,
    COOEE_RESET_BROWN_OUT = 1,
    COOEE_RESET_WATCHDOG = 2,
    COOEE_RESET_BUTTON = 3,
    COOEE_RESET_PROGRAM = 4
};

struct cooee_hello {
    uint32_t settings_version;
    uint32_t sentinel_version[COOEE_HELLO_SENTINELS];
    uint16_t firmware_version, wake_interval_s, channels, wakes_missed;
    uint8_t reset, sentinel_count; /* reset: enum cooee_reset; sentinel_count: of those whose version is told */
};

struct cooee_telemetry {
    uint16_t channels, faults;
    int16_t raw[COOEE_CHANNEL_COUNT]; /* by channel id: the value; COOEE_FAILED and why of a faulty channel; else COOEE_MISSING */
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

/* Of a value that travels in pieces: the next one that a node wants, or what became of the whole. */
struct cooee_wanted {
    uint32_t version;
    uint16_t offset;     /* of a sentinel that is refused: why, an enum cooee_status */
    uint8_t kind, state; /* state: enum cooee_value_state */
};

struct cooee_piece {
    uint32_t version;
    uint16_t offset, total;
    uint8_t kind, count;
    uint8_t bytes[COOEE_PIECE_MAX];
};

/* What a node that has no station learns of one. */
struct cooee_weather {
    uint16_t rain_e1; /* of its gauge since some time, 0.1 mm, wraps */
    uint8_t et0_e1;   /* reference evapotranspiration of the last 24 hours, 0.1 mm; COOEE_ET0_UNKNOWN */
};

struct cooee_acknowledgement {
    uint8_t count;
    uint32_t sequence[COOEE_ACKNOWLEDGED_MAX];
};

struct cooee_frame {
    uint32_t incarnation, sequence;
    uint32_t age_s; /* or the low 24 bits of a clock, as `time` has it */
    uint16_t address, boot;
    uint8_t type, time; /* time: enum cooee_frame_time */
    union {
        struct cooee_hello hello;
        struct cooee_telemetry telemetry;
        struct cooee_call call;
        struct cooee_wanted wanted;
        struct cooee_piece piece;
        struct cooee_weather weather;
        struct cooee_acknowledgement acknowledgement;
    } body;
};

/* Writes a plain frame. */
enum cooee_status frame_write(const struct cooee_frame *frame, uint8_t plain[COOEE_PLAIN_MAX], uint8_t *length);

/* The same for a frame of a node that is valid, and returns its length: a node, which makes no other, goes without the checks. */
uint8_t frame_write_up(const struct cooee_frame *frame, uint8_t plain[COOEE_PLAIN_MAX]);

/* Reads a plain frame of any bytes; its age is 0. On any status but OK `frame` holds nothing of use. Ids of sentinels, classes
 * and features are not judged. */
enum cooee_status frame_read(const uint8_t *plain, size_t length, struct cooee_frame *frame);

/* Seals a frame that frame_write made, of `length` bytes, with its age (saturating) or a clock; returns how many bytes go on the
 * air. */
uint8_t frame_seal(const uint8_t key[COOEE_KEY_SIZE], const uint8_t *plain, uint8_t length, enum cooee_frame_time time,
                   uint32_t seconds, uint8_t bytes[COOEE_FRAME_MAX]);

/* Reads the head alone of any bytes from the air, which tells whose key to try; nothing vouches for it. LENGTH or VERSION when
 * they are no frame. */
enum cooee_status frame_head(const uint8_t *bytes, size_t length, struct cooee_frame *frame);

/* Opens any bytes from the air. On any status but OK `frame` holds nothing of use. */
enum cooee_status frame_open(const uint8_t key[COOEE_KEY_SIZE], const uint8_t *bytes, size_t length, struct cooee_frame *frame);

/* The same, once frame_head has answered OK for `frame`, for what goes to a node alone and TYPE for all else: a node, which hears
 * nothing else, goes without the code for it. */
enum cooee_status frame_open_down(const uint8_t key[COOEE_KEY_SIZE], const uint8_t *bytes, size_t length,
                                  struct cooee_frame *frame);

/* Of a plain frame. */
uint8_t frame_type(const uint8_t *plain);
uint32_t frame_incarnation(const uint8_t *plain);
uint16_t frame_boot(const uint8_t *plain);
uint32_t frame_sequence(const uint8_t *plain);

#endif
