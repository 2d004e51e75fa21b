/* Node: the loop over a board that is handed in. The caller owns all memory. */
#ifndef COOEE_NODE_H
#define COOEE_NODE_H

#include "cooee/outbox.h"
#include "cooee/sentinel.h"
#include "cooee/settings.h"
#include "cooee/successor.h"
#include "cooee/water.h"

/* Who a node is since this start, and how it came to start. The key belongs to the incarnation, and both outlive power; what no
 * enrolment has put there is a random incarnation and the open key, sixteen zeroes. */
struct cooee_start {
    uint32_t incarnation; /* not 0 */
    uint16_t boot;        /* counts restarts, kept through them */
    uint16_t wakes_missed;
    uint8_t reset;        /* enum cooee_reset */
    uint16_t days;        /* that the node has run before, since it was programmed */
    uint8_t key[COOEE_KEY_SIZE];
};

/* What a board gives the core. `context` is handed back in every call. */
struct cooee_hal {
    void *context;
    uint32_t (*now_s)(void *context);                                            /* seconds, monotonic, wraps */
    void (*start)(void *context, struct cooee_start *start);                     /* counts this restart */
    void (*read)(void *context, int16_t raw[COOEE_CHANNEL_COUNT]);               /* COOEE_MISSING for no reading */
    bool (*send)(void *context, const uint8_t *bytes, uint8_t length);           /* false: try again later */
    uint8_t (*receive)(void *context, uint8_t bytes[COOEE_FRAME_MAX]);           /* listens; 0 for nothing; for node_converse */
    const struct cooee_store *store;                                             /* for what comes over the air; null: nothing does */
    const struct cooee_ring_memory *ring;                                        /* null: frames go with the power */
};

struct cooee_node_config {
    struct cooee_site site;
    const struct cooee_sentinel *const *sentinels;
    uint8_t sentinel_count;  /* 0..COOEE_NODE_SENTINELS */
    uint8_t telemetry_every; /* wakes between telemetry frames, 1..255 */
    uint16_t address;        /* 1..65534 */
    uint16_t wake_interval_s; /* site, telemetry_every and this: until settings change them; 60..65535: below a minute the slow averages lose precision */
    uint16_t resend_after_s; /* until frames without acknowledgement are sent again; 0: when the caller says, outbox_requeue */
    uint16_t channels;       /* bit = channel id; all that the sentinels need */
    uint8_t change_count;    /* of `changes` */
    const struct cooee_policy_change *changes; /* of the sentinels' policies, until settings come */
};

/* Arrays of the caller; node_probe_count and node_alarm_count say how many elements a configuration needs. */
struct cooee_node_memory {
    struct cooee_probe *probes;
    struct cooee_alarm *alarms;
    struct cooee_outbox_entry *outbox;
    uint8_t probe_count, alarm_count;
    cooee_outbox_size outbox_count; /* 1 or more */
    struct cooee_water *water; /* null: without the water filter */
    struct cooee_successor *successors; /* one a sentinel, for those that come over the air (COOEE_IMAGE_ROOM); null: none */
};

/* What node_start is given. */
#if COOEE_ONE_NODE
extern const struct cooee_node_config the_config;
extern const struct cooee_hal the_hal;
#endif

struct cooee_node {
#if !COOEE_ONE_NODE
    const struct cooee_node_config *config;
    const struct cooee_hal *hal;
#endif
    struct cooee_alarm *alarms;
    struct cooee_water *water;
    struct cooee_successor *successors;
    struct cooee_probes probes;
    struct cooee_outbox outbox;
    struct cooee_verdict verdicts[COOEE_NODE_SENTINELS]; /* newest, in the order of the configuration */
    struct cooee_start start;
    struct cooee_settings settings; /* in use: those of the configuration, or newer ones */
    uint32_t sequence, measured_s;
    uint32_t heard; /* sequence of the newest frame from the gateway */
    uint32_t tried_s; /* when frames were last sent */
    uint8_t wakes; /* since the last telemetry */
    uint8_t unanswered; /* times in a row that frames were sent and none was acknowledged */
    bool measured;
    bool urgent; /* a call is new */
    bool acknowledged; /* something, since the last wake */
};

uint8_t node_probe_count(const struct cooee_node_config *config);
uint8_t node_alarm_count(const struct cooee_node_config *config);

/* Whether one of the sentinels needs the water filter. */
bool node_needs_water(const struct cooee_node_config *config);

/* Starts from nothing and queues a hello. CONFIG or MEMORY when it cannot. */
enum cooee_status node_start(struct cooee_node *node, const struct cooee_node_config *config,
                             const struct cooee_node_memory *memory, const struct cooee_hal *hal);

/* Reads the sensors through the hal and takes the reading. */
void node_wake(struct cooee_node *node);

/* Takes a reading: checks, windows, verdicts, calls, telemetry. node_wake is this with the hal's clock and sensors. */
void node_measure(struct cooee_node *node, uint32_t now_s, const int16_t raw[COOEE_CHANNEL_COUNT]);

/* By which a class of one of its sentinels calls: the sentinel's own policy, changed by the settings in use or the configuration. */
struct cooee_alarm_policy node_policy(const struct cooee_node *node, const struct cooee_sentinel *sentinel, uint8_t class_id);

/* Sends what waits, as long as the radio takes it; false when nothing was sent, so that no answer will come. While nobody
 * answers it sends one frame alone: when resend_after_s has passed, doubled with each time up to COOEE_RETRY_MAX_S, and when a
 * call is new. Once that one is acknowledged, the next call sends the others. */
bool node_transmit(struct cooee_node *node);

/* Sends, listens, and sends what an answer lets go, until nothing waits or nobody answers. */
void node_converse(struct cooee_node *node);

/* Takes bytes from the radio: forgets what an acknowledgement names, keeps a piece of settings or of a sentinel, hears of the
 * weather. Of what the gateway has sealed for this boot of this incarnation it takes what is newer than all before. */
enum cooee_status node_receive(struct cooee_node *node, const uint8_t *bytes, size_t length);

#endif
