/* Probes: the channels a node has, each with its check and its window. */
#ifndef COOEE_PROBE_H
#define COOEE_PROBE_H

#include "cooee/channel.h"
#include "cooee/window.h"

struct cooee_probe {
    struct cooee_channel channel;
    struct cooee_window window;
};

struct cooee_water;

struct cooee_probes {
    struct cooee_probe *probe; /* one a bit of `channels`, in id order */
    uint16_t channels;         /* bit = channel id */
    uint16_t faults;           /* bit = channel id: the newest reading is out of range, stuck, or long missing */
    uint16_t stale_s;          /* a value older than this is none */
    const struct cooee_water *water; /* of a node with the filter, else null */
};

/* `probe` has channel_count(channels) elements. A value is stale after three wake intervals, but not within the hour. */
void probes_start(struct cooee_probes *probes, struct cooee_probe *probe, uint16_t channels, uint16_t wake_interval_s);

/* Another interval between wakes. */
void probes_interval(struct cooee_probes *probes, uint16_t wake_interval_s);

/* Takes a reading (by channel id, COOEE_MISSING for none) `dt_s` seconds after the last one. */
void probes_push(struct cooee_probes *probes, const int16_t raw[COOEE_CHANNEL_COUNT], uint16_t dt_s);

/* The window of a channel whose value can be trusted now, or a null pointer. */
const struct cooee_window *probes_window(const struct cooee_probes *probes, uint8_t id);

#endif
