/* The core on a computer: many nodes in bulk. edge/core/build_core.py declares this file to Python. */
#ifndef COOEE_HOST_H
#define COOEE_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "cooee/site.h"

struct host_feature {
    const char *name, *unit;
    double scale;
    uint16_t channels; /* bit = channel id */
};

struct host_policy {
    uint16_t on_delay_min, clear_delay_min, repeat_min;
    uint8_t raise_percent, keep_percent;
};

struct host_sentinel {
    const char *name, *classes; /* classes: comma separated */
    const uint8_t *features;
    const int16_t *normals;
    uint32_t version;
    uint16_t channels; /* bit = channel id */
    uint8_t id, feature_count, class_count, needs_water;
};

struct host_change { /* struct cooee_policy_change */
    uint8_t sentinel, class_id, field;
    uint16_t value;
};

#define HOST_CHANGES 40
struct host_config {
    struct cooee_site site;
    struct host_change changes[HOST_CHANGES];
    uint8_t change_count;
    uint32_t incarnation;
    uint16_t address, boot, wake_interval_s, resend_after_s, channels;
    uint8_t sentinels; /* bit = place in the list of built-in sentinels */
    uint8_t key[16];
};

struct host_verdict {
    uint8_t class_id, confidence;
};

struct host_call {
    uint32_t node, step, since_s;
    uint8_t sentinel, class_id, state, confidence, length; /* length: bytes of its frame */
};

/* What a wake's telemetry said: bits of faulty channels, and the bytes of its frame. */
struct host_telemetry {
    uint16_t faults, length;
};

/* Settings in use. */
struct host_settings {
    uint32_t version;
    uint16_t wake_interval_s;
    struct cooee_site site;
    uint8_t telemetry_every, trial;
};

struct host_nodes;

uint32_t host_feature_count(void);
struct host_feature host_feature(uint32_t id);
uint32_t host_channel_count(void);
uint32_t host_sentinel_count(void);
struct host_sentinel host_sentinel(uint32_t place);
struct host_policy host_policy(uint32_t place, uint32_t class_id);

/* What a node hears of a weather station with the answer to a wake: struct cooee_weather; et0_e1 HOST_NOTHING_HEARD for no word. */
#define HOST_NOTHING_HEARD 65535
struct host_weather {
    uint16_t et0_e1, rain_e1;
};

/* readings (nodes, steps, channels), heard (nodes, steps), which may be null -> out (features, nodes, steps). */
void host_features(const int16_t *readings, const struct host_weather *heard, size_t nodes, size_t steps, uint16_t step_s,
                   const struct cooee_site *sites, int16_t *out);
/* The same -> how far the water filter has the probes at 10 and 30 cm beside the truth, 1e-4 m3/m3: out (2, nodes, steps). */
void host_probe_offsets(const int16_t *readings, const struct host_weather *heard, size_t nodes, size_t steps, uint16_t step_s,
                        const struct cooee_site *sites, int16_t *out);
struct cooee_water;
void host_hear(struct cooee_water *water, const struct host_weather *heard);

/* rows (count, features of the sentinel) -> verdicts (count) */
void host_classify(uint32_t place, const int16_t *rows, size_t count, struct host_verdict *verdicts);

/* What an image says of itself. */
struct host_image {
    uint32_t version;
    uint16_t size, model, about; /* where its parts begin, in bytes */
    uint8_t id, form, feature_count, class_count;
    char text[256];
};

/* The image in `room` bytes: a cooee_status, and *out when it is OK. What follows wants bytes of which that is so. */
int host_image_open(const uint8_t *bytes, uint16_t room, struct host_image *out);
int host_image_check(const uint8_t *bytes, uint16_t room);
uint8_t host_image_feature(const uint8_t *bytes, uint16_t room, uint8_t place);
int16_t host_image_normal(const uint8_t *bytes, uint16_t room, uint8_t place);
struct host_policy host_image_policy(const uint8_t *bytes, uint16_t room, uint8_t class_id);

/* rows (count, features of the image) -> verdicts (count) */
void host_image_classify(const uint8_t *bytes, uint16_t room, const int16_t *rows, size_t count, struct host_verdict *verdicts);

/* Verdicts (rows, steps) through one alarm a row: the call state after each step, COOEE_CALL_NONE for no event. */
void host_alarms(const uint8_t *classes, const uint8_t *confidences, size_t rows, size_t steps, uint32_t step_s, uint8_t class_id,
                 const struct host_policy *policy, uint8_t *states);

/* A null pointer without memory or when a configuration is not valid; then *faulty is its place (or count without memory). */
struct host_nodes *host_nodes_new(const struct host_config *configs, size_t count, uint16_t outbox_frames, size_t *faulty);
void host_nodes_free(struct host_nodes *nodes);

/* readings (nodes, channels); `mask` (nodes) may be null. A node starts, and queues its hello, when it first wakes. */
void host_nodes_wake(struct host_nodes *nodes, uint32_t now_s, const int16_t *readings, const uint8_t *mask);
void host_nodes_restart(struct host_nodes *nodes, size_t node);

/* Sends at most `capacity` frames: frame i is bytes[i * 51 ..] of length[i] from index[i]. Returns how many. */
size_t host_nodes_transmit(struct host_nodes *nodes, uint32_t now_s, size_t capacity, uint32_t *index, uint8_t *length,
                           uint8_t *bytes);
/* What a node has learnt (windows, alarms, outbox, counts), for a process that comes after: as many bytes as host_nodes_state_size
 * says. Restoring is refused (0) to a node of another build, channels, sentinels, incarnation or boot. */
size_t host_nodes_state_size(const struct host_nodes *nodes, size_t node);
void host_nodes_save(const struct host_nodes *nodes, size_t node, uint8_t *bytes);
int host_nodes_restore(struct host_nodes *nodes, size_t node, const uint8_t *bytes, size_t length);
/* The next value of these channels (bit = id) is no evidence of a probe that stands still. */
void host_nodes_excuse(struct host_nodes *nodes, size_t node, uint16_t channels);
int host_nodes_receive(struct host_nodes *nodes, size_t node, const uint8_t *bytes, size_t length);
void host_nodes_requeue(struct host_nodes *nodes, size_t node);
struct host_settings host_nodes_settings(const struct host_nodes *nodes, size_t node);
/* By which a class of the sentinel at a place among the node's calls. */
struct host_policy host_nodes_policy(const struct host_nodes *nodes, size_t node, uint8_t place, uint8_t class_id);
/* Version of the sentinel that runs at a place among the node's. */
uint32_t host_nodes_sentinel(const struct host_nodes *nodes, size_t node, uint8_t place);
/* What a node keeps without power: settings and images. Keeping what has another size is refused (0); it counts from the node's
 * next start. */
size_t host_nodes_kept_size(const struct host_nodes *nodes, size_t node);
void host_nodes_kept(const struct host_nodes *nodes, size_t node, uint8_t *bytes);
int host_nodes_keep(struct host_nodes *nodes, size_t node, const uint8_t *bytes, size_t length);
/* Sentinels on trial have seen no reset so far. */
void host_nodes_forgive(struct host_nodes *nodes, size_t node);
void host_nodes_outbox(const struct host_nodes *nodes, uint32_t *waiting, uint32_t *dropped);

/* readings (nodes, steps, channels), heard (nodes, steps), which may be null -> verdicts (nodes, steps, sentinels) and telemetry (nodes, steps), which may be null; frames are read
 * and forgotten. Returns the number of calls, which host_nodes_calls gives until the next run, or -1 without memory. */
long host_nodes_run(struct host_nodes *nodes, uint32_t start_s, uint32_t step_s, size_t steps, const int16_t *readings,
                    const struct host_weather *heard, struct host_verdict *verdicts, struct host_telemetry *telemetry);
const struct host_call *host_nodes_calls(const struct host_nodes *nodes);

#endif
