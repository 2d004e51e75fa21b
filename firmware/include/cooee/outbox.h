/* Outbox: plain frames until they are acknowledged, oldest first. */
#ifndef COOEE_OUTBOX_H
#define COOEE_OUTBOX_H

#include <stdbool.h>

#include "cooee/frame.h"

struct cooee_outbox_entry {
    uint32_t measured_s; /* the node's clock */
    bool sent;
    uint8_t length;
    uint8_t plain[COOEE_PLAIN_MAX];
};

struct cooee_outbox {
    struct cooee_outbox_entry *entry; /* entry[0 .. count-1], oldest first */
    uint16_t capacity, count;
    uint32_t dropped; /* frames that were lost because the outbox was full */
};

void outbox_start(struct cooee_outbox *outbox, struct cooee_outbox_entry *entry, uint16_t capacity);

/* Keeps a frame that frame_write made. When full, the oldest telemetry makes way; where there is none, the oldest frame makes
 * way for a newer one, and telemetry is dropped itself. */
void outbox_push(struct cooee_outbox *outbox, const uint8_t *plain, uint8_t length, uint32_t measured_s);

/* The entry to send next, calls before the rest and old before new, or a null pointer. */
struct cooee_outbox_entry *outbox_next(struct cooee_outbox *outbox);

/* Forgets the frame with this sequence; false when there is none. */
bool outbox_acknowledge(struct cooee_outbox *outbox, uint32_t sequence);

/* Frames that were sent are to be sent again. */
void outbox_requeue(struct cooee_outbox *outbox);

#endif
