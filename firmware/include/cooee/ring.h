/* Ring: calls and readings that nobody has acknowledged, in slots of memory that outlives power, written in turn. In one boot no
 * slot is written more than eight times in 24 hours. A slot that power was cut in fails its checksum and is free. */
#ifndef COOEE_RING_H
#define COOEE_RING_H

#include <stdbool.h>

#include "cooee/frame.h"
#include "cooee/settings.h"

#define COOEE_RING_SLOT 49
#define COOEE_RING_DONE 47 /* where in a slot is written that its frame was acknowledged; what is before it is written first */
#define COOEE_RING_SLOTS_MAX 15

struct cooee_outbox_entry {
    uint32_t measured_s; /* the node's clock, in the frame's boot */
    uint8_t length;
    uint8_t plain[COOEE_PLAIN_MAX];
    bool sent; /* behind what the ring keeps */
};

/* What a board gives: `slots` * COOEE_RING_SLOT bytes, for this alone. */
struct cooee_ring_memory {
    struct cooee_store store;
    uint8_t slots; /* 1..COOEE_RING_SLOTS_MAX */
};

/* What ring_start is given; null: keeps nothing. */
#if COOEE_ONE_NODE
extern const struct cooee_ring_memory *const the_ring;
#endif

struct cooee_ring {
#if !COOEE_ONE_NODE
    const struct cooee_ring_memory *memory;
#endif
    uint32_t spent_s;                       /* up to here the node's time is spent on writes */
    uint16_t waiting, sent;                 /* bit = slot */
    uint8_t written, offered;               /* slots: last written; that ring_next gave last */
};

/* Finds what an incarnation has left. `memory` may be null. */
void ring_start(struct cooee_ring *ring, const struct cooee_ring_memory *memory, uint32_t incarnation, uint16_t boot,
                uint32_t now_s);

/* Keeps a frame, as one that was not sent; false when there is no room, or no write to spend. */
bool ring_push(struct cooee_ring *ring, const struct cooee_outbox_entry *entry, uint32_t now_s);

/* Copies one that was not sent; false when there is none. ring_sent: that one was sent now. */
bool ring_next(struct cooee_ring *ring, struct cooee_outbox_entry *entry);
void ring_sent(struct cooee_ring *ring);

/* Forgets a frame. */
void ring_acknowledge(struct cooee_ring *ring, uint16_t boot, uint32_t sequence);

#endif
