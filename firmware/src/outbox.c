#include "cooee/outbox.h"

#include <string.h>

void outbox_start(struct cooee_outbox *outbox, struct cooee_outbox_entry *entry, uint16_t capacity)
{
    outbox->entry = entry;
    outbox->capacity = capacity;
    outbox->count = 0;
    outbox->dropped = 0;
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
static bool make_room(struct cooee_outbox *outbox, bool for_reading)
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

struct cooee_outbox_entry *outbox_next(struct cooee_outbox *outbox)
{
    struct cooee_outbox_entry *oldest = 0;

    for (uint16_t i = 0; i < outbox->count; i++) {
        struct cooee_outbox_entry *entry = &outbox->entry[i];
        if (entry->sent) {
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

bool outbox_acknowledge(struct cooee_outbox *outbox, uint32_t sequence)
{
    for (uint16_t i = 0; i < outbox->count; i++) {
        if (frame_sequence(outbox->entry[i].plain) == sequence) {
            remove_entry(outbox, i);
            return true;
        }
    }
    return false;
}

void outbox_requeue(struct cooee_outbox *outbox)
{
    for (uint16_t i = 0; i < outbox->count; i++) {
        outbox->entry[i].sent = false;
    }
}
