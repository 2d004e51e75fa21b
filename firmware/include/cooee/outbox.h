/* Outbox: plain frames until they are acknowledged, oldest first; those of calls and readings that stay move on into the ring, where
 * there is one. */
#ifndef COOEE_OUTBOX_H
#define COOEE_OUTBOX_H

#include "cooee/ring.h"

/* The only node of a program counts its frames in a byte. */
#if COOEE_ONE_NODE
typedef uint8_t cooee_outbox_size;
#else
typedef uint16_t cooee_outbox_size;
#endif

struct cooee_outbox {
    struct cooee_outbox_entry *entry; /* entry[0 .. count-1], oldest first */
    cooee_outbox_size capacity, count;
    uint32_t dropped; /* frames that were lost because the outbox was full */
    struct cooee_ring ring;
};

/* Without a ring, until ring_start. */
void outbox_start(struct cooee_outbox *outbox, struct cooee_outbox_entry *entry, cooee_outbox_size capacity);

/* Keeps a frame that frame_write made; a hello, or an answer about a value in pieces, takes the place of the one before. When full and
 * the ring takes nothing, the oldest of what outbox_next would send last makes way, unless the new frame itself would come behind. */
void outbox_push(struct cooee_outbox *outbox, const uint8_t *plain, uint8_t length, uint32_t measured_s);

/* The entry to send next, or a null pointer: calls, then hello and answer about settings, then what the ring has, which is in `copy`,
 * then the rest; old before new. */
struct cooee_outbox_entry *outbox_next(struct cooee_outbox *outbox, struct cooee_outbox_entry *copy);

/* That entry was sent. */
void outbox_sent(struct cooee_outbox *outbox, struct cooee_outbox_entry *entry, const struct cooee_outbox_entry *copy);

/* Whether a frame has not been acknowledged yet. */
bool outbox_waits(const struct cooee_outbox *outbox);

/* Forgets the frame with this sequence of a boot, which `present` says is the one that runs. */
void outbox_acknowledge(struct cooee_outbox *outbox, uint16_t boot, uint32_t sequence, bool present);

/* Moves what the ring takes there. */
void outbox_secure(struct cooee_outbox *outbox, uint32_t now_s);

/* Frames that were sent are to be sent again. */
void outbox_requeue(struct cooee_outbox *outbox);

#endif
