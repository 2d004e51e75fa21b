#include "cooee/outbox.h"

#include <string.h>

#include "cooee/flash.h"

void outbox_start(struct cooee_outbox *outbox, struct cooee_outbox_entry *entry, cooee_outbox_size capacity)
{
    outbox->entry = entry;
    outbox->capacity = capacity;
    outbox->count = 0;
    outbox->dropped = 0;
#if !COOEE_ONE_NODE
    outbox->ring.memory = 0;
#endif
    outbox->ring.waiting = 0;
}

enum rank { READING, WORD, CALL };

/* What is sent first, and makes way last. Answers about a sentinel's image, which are many, wait with the readings. */
static COOEE_SHARED uint8_t rank(const uint8_t *plain)
{
    uint8_t type = frame_type(plain);

    if (type == COOEE_FRAME_CALL) {
        return CALL;
    }
    bool is_of_image = COOEE_IMAGE_ROOM > 0 && type == COOEE_FRAME_WANTED && plain[COOEE_PLAIN_HEAD] != COOEE_VALUE_SETTINGS;
    return type == COOEE_FRAME_TELEMETRY || is_of_image ? READING : WORD;
}

/* What outlives power, and each by itself counts: of hellos, and of answers, the newest alone is of use, and none after it. */
static bool is_lasting(const uint8_t *plain)
{
    return frame_type(plain) == COOEE_FRAME_CALL || frame_type(plain) == COOEE_FRAME_TELEMETRY;
}

static void remove_entry(struct cooee_outbox *outbox, cooee_outbox_size place)
{
    outbox->count--;
    memmove(&outbox->entry[place], &outbox->entry[place + 1], (outbox->count - place) * sizeof outbox->entry[0]);
}

/* The hello, or the answer, that a newer one takes the place of. */
static struct cooee_outbox_entry *outdated(struct cooee_outbox *outbox, const uint8_t *plain)
{
    for (cooee_outbox_size i = 0; !is_lasting(plain) && i < outbox->count; i++) {
        if (frame_type(outbox->entry[i].plain) == frame_type(plain)) {
            return &outbox->entry[i];
        }
    }
    return 0;
}

/* False when all that is there comes before the new one. */
static bool make_room(struct cooee_outbox *outbox, const uint8_t *plain)
{
    for (uint8_t lowest = READING; lowest <= rank(plain); lowest++) {
        for (cooee_outbox_size i = 0; i < outbox->count; i++) {
            if (rank(outbox->entry[i].plain) == lowest) {
                remove_entry(outbox, i);
                return true;
            }
        }
    }
    return false;
}

void outbox_push(struct cooee_outbox *outbox, const uint8_t *plain, uint8_t length, uint32_t measured_s)
{
    struct cooee_outbox_entry *entry = outdated(outbox, plain);

    if (entry == 0) {
        if (outbox->count == outbox->capacity) {
            outbox_secure(outbox, measured_s);
        }
        if (outbox->count == outbox->capacity) {
            outbox->dropped++;
            if (!make_room(outbox, plain)) {
                return;
            }
        }
        entry = &outbox->entry[outbox->count++];
    }
    entry->measured_s = measured_s;
    entry->sent = false;
    entry->length = length;
    memcpy(entry->plain, plain, length);
}

static bool is_unsent(const struct cooee_outbox_entry *entry)
{
    return !entry->sent;
}

static bool is_secured(const struct cooee_outbox_entry *entry)
{
    return is_lasting(entry->plain);
}

/* Of those that `wanted` takes the oldest of the highest rank, else a null pointer. */
static struct cooee_outbox_entry *first(struct cooee_outbox *outbox, bool (*wanted)(const struct cooee_outbox_entry *))
{
    struct cooee_outbox_entry *best = 0;

    for (cooee_outbox_size i = 0; i < outbox->count; i++) {
        struct cooee_outbox_entry *entry = &outbox->entry[i];
        if (wanted(entry) && (best == 0 || rank(entry->plain) > rank(best->plain))) {
            best = entry;
        }
    }
    return best;
}

struct cooee_outbox_entry *outbox_next(struct cooee_outbox *outbox, struct cooee_outbox_entry *copy)
{
    struct cooee_outbox_entry *entry = first(outbox, is_unsent);

    return (entry == 0 || rank(entry->plain) == READING) && ring_next(&outbox->ring, copy) ? copy : entry;
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
    for (cooee_outbox_size i = 0; present && i < outbox->count; i++) {
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

    while ((entry = first(outbox, is_secured)) != 0 && ring_push(&outbox->ring, entry, now_s)) {
        remove_entry(outbox, (cooee_outbox_size)(entry - outbox->entry));
    }
}

void outbox_requeue(struct cooee_outbox *outbox)
{
    outbox->ring.sent = 0;
    for (cooee_outbox_size i = 0; i < outbox->count; i++) {
        outbox->entry[i].sent = false;
    }
}
