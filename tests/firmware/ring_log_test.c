#include "cooee/ring_log.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

#define SLOTS 5
#define PAGES 3
#define FIRST 7
#define SIZE (COOEE_RING_PAGE_HEAD + 7 * COOEE_RING_RECORD + 6)
#define INCARNATION 0xABCD1234UL
#define FRAMES 50
#define DAY_S 86400UL

/* Flash that is as strict as an STM32's, and loses its power after `left` more words or erasures: what is being written then has
 * some of its bits, what is being erased some of its old and some new. */
static struct {
    uint8_t bytes[PAGES][SIZE];
    int erased[PAGES];
    long left, used;
} flash;

static bool is_powered(void)
{
    flash.used++;
    return flash.left-- > 0;
}

static const uint8_t *at(uint8_t page)
{
    CHECK(page >= FIRST && page < FIRST + PAGES);
    return flash.bytes[page - FIRST];
}

static void erase(uint8_t page)
{
    uint8_t *bytes = flash.bytes[page - FIRST];

    if (is_powered()) {
        memset(bytes, 0xFF, SIZE);
        flash.erased[page - FIRST]++;
    } else if (flash.left == -1) {
        for (int i = 0; i < SIZE; i++) {
            bytes[i] |= (uint8_t)rand();
        }
    }
}

static void write(uint8_t page, uint16_t offset, uint16_t half)
{
    uint8_t *bytes = flash.bytes[page - FIRST] + offset;

    CHECK(offset % 2 == 0 && offset + 2 <= SIZE);
    if (flash.left < 0) {
        flash.used++;
        return;
    }
    CHECK(bytes[0] == 0xFF && bytes[1] == 0xFF);
    if (!is_powered()) {
        half |= (uint16_t)rand();
    }
    bytes[0] = (uint8_t)half;
    bytes[1] = (uint8_t)(half >> 8);
}

static const struct cooee_ring_pages pages = {at, erase, write, SIZE, FIRST, PAGES};
static struct cooee_ring_log memory_log;
static const struct cooee_ring_memory memory = {{&memory_log, ring_log_load, ring_log_save}, SLOTS};

static struct cooee_ring started(uint16_t boot)
{
    struct cooee_ring ring;

    flash.left = 1000000000L;
    ring_log_start(&memory_log, &pages);
    ring_start(&ring, &memory, INCARNATION, boot, 0);
    return ring;
}

static void start_blank(void)
{
    memset(flash.bytes, 0xFF, sizeof flash.bytes);
    memset(flash.erased, 0, sizeof flash.erased);
    flash.used = 0;
}

static struct cooee_outbox_entry entry_of(uint32_t sequence)
{
    struct cooee_frame frame;
    struct cooee_outbox_entry entry;

    memset(&entry, 0, sizeof entry);
    memset(&frame, 0, sizeof frame);
    entry.measured_s = 600 * sequence + 7;
    frame.type = COOEE_FRAME_TELEMETRY;
    frame.address = 1;
    frame.incarnation = INCARNATION;
    frame.boot = 1;
    frame.sequence = sequence;
    frame.body.telemetry.channels = 1;
    CHECK_EQUAL(frame_write(&frame, entry.plain, &entry.length), COOEE_STATUS_OK);
    return entry;
}

/* What the ring has, bit = sequence; each is as it was pushed. */
static uint64_t kept(struct cooee_ring *ring)
{
    struct cooee_outbox_entry found;
    uint64_t sequences = 0;

    ring->sent = 0;
    while (ring_next(ring, &found)) {
        uint32_t sequence = frame_sequence(found.plain);
        struct cooee_outbox_entry wanted = entry_of(sequence);
        CHECK_EQUAL(found.measured_s, wanted.measured_s);
        CHECK_EQUAL(found.length, wanted.length);
        CHECK(memcmp(found.plain, wanted.plain, sizeof found.plain) == 0);
        CHECK((sequences >> sequence & 1) == 0);
        sequences |= 1ULL << sequence;
        ring_sent(ring);
    }
    return sequences;
}

/* Frames come and are acknowledged, some late, until power goes: then `*doubtful` is the one that was being written or forgotten. */
static uint64_t live(struct cooee_ring *ring, uint32_t from, uint32_t to, uint64_t waiting, uint64_t *doubtful)
{
    for (uint32_t sequence = from; sequence < to; sequence++) {
        struct cooee_outbox_entry entry = entry_of(sequence);
        *doubtful = 1ULL << sequence;
        if (ring_push(ring, &entry, (sequence + 1) * DAY_S)) {
            waiting |= 1ULL << sequence;
        }
        if (flash.left < 0) {
            return waiting;
        }
        for (uint32_t old = 0; old <= sequence; old++) {
            if ((waiting >> old & 1) != 0 && (old % 4 != 0 || sequence > old + 9)) {
                *doubtful = 1ULL << old;
                ring_acknowledge(ring, 1, old);
                if (flash.left < 0) {
                    return waiting;
                }
                waiting &= ~(1ULL << old);
            }
        }
        CHECK(kept(ring) == waiting);
    }
    *doubtful = 0;
    return waiting;
}

static void frames_outlive_the_power_until_they_are_acknowledged(void)
{
    uint64_t doubtful;
    start_blank();
    struct cooee_ring ring = started(1);

    CHECK(kept(&ring) == 0);
    uint64_t waiting = live(&ring, 0, FRAMES, 0, &doubtful);
    CHECK(waiting != 0);
    ring = started(2);
    CHECK(kept(&ring) == waiting);
}

/* At every word that is written and every erasure; and once more, soon after the start that follows. */
static void power_lost_at_any_word_costs_no_frame_that_was_written(void)
{
    long cuts = 0;

    for (long cut = 0;; cut++) {
        uint64_t doubtful, again;
        start_blank();
        struct cooee_ring ring = started(1);
        flash.left = cut;
        uint64_t waiting = live(&ring, 0, FRAMES, 0, &doubtful);
        if (flash.left >= 0) {
            break;
        }
        ring = started(2);
        uint64_t found = kept(&ring);
        CHECK((found & ~doubtful) == (waiting & ~doubtful));
        flash.left = cut % 97;
        waiting = live(&ring, FRAMES, FRAMES + 9, found, &again);
        ring = started(3);
        again |= doubtful; /* whose acknowledgement was torn is sent once more */
        CHECK((kept(&ring) & ~again) == (waiting & ~again));
        cuts++;
    }
    CHECK(cuts > FRAMES * 20);
}

static void pages_wear_alike(void)
{
    uint64_t doubtful;
    start_blank();

    for (uint16_t boot = 1; boot < 9; boot++) {
        struct cooee_ring ring = started(boot);
        for (uint32_t old = 0; old < FRAMES; old++) {
            ring_acknowledge(&ring, 1, old);
        }
        live(&ring, 0, FRAMES, 0, &doubtful);
    }
    for (int page = 0; page < PAGES; page++) {
        CHECK(flash.erased[page] > 8);
        CHECK(abs(flash.erased[page] - flash.erased[0]) <= 1);
    }
}

int main(void)
{
    srand(20261127);
    frames_outlive_the_power_until_they_are_acknowledged();
    power_lost_at_any_word_costs_no_frame_that_was_written();
    pages_wear_alike();
    return 0;
}
