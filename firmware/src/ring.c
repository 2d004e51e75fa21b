#include "cooee/ring.h"

#include <stddef.h>

#include "cooee/crc32.h"
#include "little_endian.h"

/* A slot: the entry, its checksum, and the same again once it was acknowledged. So each cell is written once a round. */
enum { PLAIN = offsetof(struct cooee_outbox_entry, plain), CHECK = PLAIN + COOEE_PLAIN_MAX, DONE = COOEE_RING_DONE };
/* A day has seven rounds of all slots, and one more that was not used before. */
#define ROUND_S (86400U / 7)
/* What was spent before is not known at a start: each may write so many frames at once. */
#define WRITES_AT_START 2

#if COOEE_ONE_NODE
#define MEMORY(ring) ((void)(ring), the_ring)
#else
#define MEMORY(ring) ((ring)->memory)
#endif

static void load_slot(const struct cooee_ring *ring, uint8_t slot, uint8_t at, void *bytes, uint8_t count)
{
    const struct cooee_store *store = &MEMORY(ring)->store;

    store->load(store->context, (uint16_t)(slot * COOEE_RING_SLOT + at), bytes, count);
}

static void save_slot(const struct cooee_ring *ring, uint8_t slot, uint8_t at, const void *bytes, uint8_t count)
{
    const struct cooee_store *store = &MEMORY(ring)->store;

    store->save(store->context, (uint16_t)(slot * COOEE_RING_SLOT + at), bytes, count);
}

static uint16_t bit(uint8_t slot)
{
    return (uint16_t)(1U << slot);
}

static uint16_t checksum_of(const uint8_t bytes[])
{
    uint32_t crc = COOEE_CRC32_START;

    for (uint8_t i = 0; i < CHECK; i++) {
        crc = crc32_next(crc, bytes[i]);
    }
    return (uint16_t)crc;
}

void ring_start(struct cooee_ring *ring, const struct cooee_ring_memory *memory, uint32_t incarnation, uint16_t boot,
                uint32_t now_s)
{
    uint8_t bytes[COOEE_RING_SLOT];

#if !COOEE_ONE_NODE
    ring->memory = memory;
#endif
    ring->waiting = ring->sent = 0;
    if (memory == 0) {
        return;
    }
    ring->spent_s = now_s - WRITES_AT_START * (ROUND_S / memory->slots);
    ring->written = (uint8_t)(boot % memory->slots); /* or many short boots would wear out the first slots */
    for (uint8_t slot = 0; slot < memory->slots; slot++) {
        load_slot(ring, slot, 0, bytes, sizeof bytes);
        uint16_t check = checksum_of(bytes);
        if (check == le_get_u16(bytes + CHECK) && check != le_get_u16(bytes + DONE)
            && frame_incarnation(bytes + PLAIN) == incarnation) {
            ring->waiting |= bit(slot);
        }
    }
}

/* The next slot of some, in turn; there is one. */
static uint8_t next(const struct cooee_ring *ring, uint16_t slots)
{
    uint8_t slot = ring->written;

    do {
        slot = (uint8_t)(slot + 1 < MEMORY(ring)->slots ? slot + 1 : 0);
    } while ((slots & bit(slot)) == 0);
    return slot;
}

/* Time that was not spent on writes adds up to a round. */
static bool spend(struct cooee_ring *ring, uint32_t now_s)
{
    uint16_t each_s = ROUND_S / MEMORY(ring)->slots;

    if (now_s - ring->spent_s > ROUND_S) {
        ring->spent_s = now_s - ROUND_S;
    }
    if (now_s - ring->spent_s < each_s) {
        return false;
    }
    ring->spent_s += each_s;
    return true;
}

bool ring_push(struct cooee_ring *ring, const struct cooee_outbox_entry *entry, uint32_t now_s)
{
    uint16_t free_slots, check = checksum_of((const uint8_t *)entry);

    if (MEMORY(ring) == 0 || (free_slots = (uint16_t)(bit(MEMORY(ring)->slots) - 1) & (uint16_t)~ring->waiting) == 0
        || !spend(ring, now_s)) {
        return false;
    }
    uint8_t slot = next(ring, free_slots);
    save_slot(ring, slot, 0, entry, CHECK);
    save_slot(ring, slot, CHECK, &check, sizeof check);
    ring->written = slot;
    ring->waiting |= bit(slot);
    ring->sent &= (uint16_t)~bit(slot);
    return true;
}

bool ring_next(struct cooee_ring *ring, struct cooee_outbox_entry *entry)
{
    uint16_t unsent = ring->waiting & (uint16_t)~ring->sent;

    if (unsent == 0) {
        return false;
    }
    ring->offered = next(ring, unsent);
    load_slot(ring, ring->offered, 0, entry, CHECK);
    return true;
}

void ring_sent(struct cooee_ring *ring)
{
    ring->sent |= bit(ring->offered);
}

void ring_acknowledge(struct cooee_ring *ring, uint16_t boot, uint32_t sequence)
{
    uint8_t bytes[DONE];

    for (uint8_t slot = 0; slot < COOEE_RING_SLOTS_MAX; slot++) {
        if ((ring->waiting & bit(slot)) == 0) {
            continue;
        }
        load_slot(ring, slot, 0, bytes, sizeof bytes);
        if (frame_boot(bytes + PLAIN) == boot && frame_sequence(bytes + PLAIN) == sequence) {
            save_slot(ring, slot, DONE, bytes + CHECK, DONE - CHECK);
            ring->waiting &= (uint16_t)~bit(slot);
        }
    }
}
