#include "cooee/outbox.h"

#include <string.h>

#include "cooee/flash.h"

void outbox_start(struct cooee_outbox *outbox, struct cooee_outbox_entry *entry, uint16_t capacity)
{
    outbox->entry = entry;
    outbox->capacity = capacity;
    outbox->count = 0;
    outbox->dropped = 0;
    outbox->ring.memory = 0;
    outbox->ring.waiting = 0;
}

static bool is_call(const struct cooee_outbox_entry *entry)
{
    return frame_type(entry->plain) == COOEE_FRAME_CALL;
}

static bool is_reading(const uint8_t *plain)
{
    return frame_type(plain) == COOEE_FRAME_TELEMETRY;
}

static void remove_entry(struct cooee_outbox *outbox, uint16_t place)
{
    outbox->count--;
    memmove(&outbox->entry[place], &outbox->entry[place + 1], (outbox->count - place) * sizeof outbox->entry[0]);
}

/* False when the outbox is full of other frames and a reading comes. */
static COOEE_SHARED bool make_room(struct cooee_outbox *outbox, bool for_reading)
{
    uint16_t place = 0;

    while (place < outbox->count && !is_reading(outbox->entry[place].plain)) {
        place++;
    }
    if (place == outbox->count && for_reading) {
        return false;
    }
    remove_entry(outbox, place == outbox->count ? 0 : place);
    return true;
}

void outbox_push(struct cooee_outbox *outbox, const uint8_t *plain, uint8_t length, uint32_t measured_s)
{
    if (outbox->count == outbox->capacity) {
        outbox_secure(outbox, measured_s);
    }
    if (outbox->count == outbox->capacity) {
        outbox->dropped++;
        if (!make_room(outbox, is_reading(plain))) {
            return;
        }
    }
    struct cooee_outbox_entry *entry = &outbox->entry[outbox->count++];
    entry->measured_s = measured_s;
    entry->sent = false;
    entry->length = length;
    memcpy(entry->plain, plain, length);
}

/* The oldest call, else the oldest of the others that `wanted` takes, else a null pointer. */
static struct cooee_outbox_entry *first(struct cooee_outbox *outbox, bool (*wanted)(const struct cooee_outbox_entry *))
{
    struct cooee_outbox_entry *oldest = 0;

    for (uint16_t i = 0; i < outbox->count; i++) {
        struct cooee_outbox_entry *entry = &outbox->entry[i];
        if (!wanted(entry)) {
            continue;
        }
        if (is_call(entry)) {
            return entry;
        }
        if (oldest == 0) {
            oldest = entry;
        }
    }
    return oldest;
}

static bool is_unsent(const struct cooee_outbox_entry *entry)
{
    return !entry->sent;
}

/* What outlives power: a hello or a question is of no use after it. */
static bool is_lasting(const struct cooee_outbox_entry *entry)
{
    return is_call(entry) || is_reading(entry->plain);
}

struct cooee_outbox_entry *outbox_next(struct cooee_outbox *outbox, struct cooee_outbox_entry *copy)
{
    struct cooee_outbox_entry *entry = first(outbox, is_unsent);

    return (entry == 0 || !is_call(entry)) && ring_next(&outbox->ring, copy) ? copy : entry;
}

void outbox_sent(struct cooee_outbox *outbox, struct cooee_outbox_entry *entry, const struct cooee_outbox_entry *copy)
{
    if (entry == copy) {
        ring_sent(&outbox->ring);
    } else {
        entry->sent = true;
    }
}

bool outbox_waits(const struct cooee_outbox *outbox)
{
    return outbox->count > 0 || outbox->ring.waiting != 0;
}

void outbox_acknowledge(struct cooee_outbox *outbox, uint16_t boot, uint32_t sequence, bool present)
{
    for (uint16_t i = 0; present && i < outbox->count; i++) {
        if (frame_sequence(outbox->entry[i].plain) == sequence) {
            remove_entry(outbox, i);
            return;
        }
    }
    ring_acknowledge(&outbox->ring, boot, sequence);
}

void outbox_secure(struct cooee_outbox *outbox, uint32_t now_s)
{
    struct cooee_outbox_entry *entry;

    while ((entry = first(outbox, is_lasting)) != 0 && ring_push(&outbox->ring, entry, now_s)) {
        remove_entry(outbox, (uint16_t)(entry - outbox->entry));
    }
}

void outbox_requeue(struct cooee_outbox *outbox)
{
    outbox->ring.sent = 0;
    for (uint16_t i = 0; i < outbox->count; i++) {
        outbox->entry[i].sent = false;
    }
}
