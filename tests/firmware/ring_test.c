#include "cooee/ring.h"

#include <string.h>

#include "check.h"

#define SLOTS 4
#define DAY_S 86400L
#define INCARNATION 0xABCD1234UL

/* Memory that counts what is written, and loses its power after `left` more bytes. */
static struct {
    uint8_t bytes[SLOTS * COOEE_RING_SLOT];
    int writes[SLOTS * COOEE_RING_SLOT];
    long left;
} cells;

static void load(void *context, uint16_t at, uint8_t *bytes, uint8_t count)
{
    CHECK(context == &cells);
    CHECK(at + count <= (int)sizeof cells.bytes);
    memcpy(bytes, cells.bytes + at, count);
}

static void save(void *context, uint16_t at, const uint8_t *bytes, uint8_t count)
{
    CHECK(context == &cells);
    CHECK(at + count <= (int)sizeof cells.bytes);
    for (uint8_t i = 0; i < count && cells.left > 0; i++, cells.left--) {
        cells.bytes[at + i] = bytes[i];
        cells.writes[at + i]++;
    }
}

static const struct cooee_ring_memory memory = {{&cells, load, save}, SLOTS};

static void erase(void)
{
    memset(&cells, 0, sizeof cells);
    memset(cells.bytes, 0xFF, sizeof cells.bytes);
    cells.left = 1000000000L;
}

static struct cooee_ring started(uint16_t boot, uint32_t now_s)
{
    struct cooee_ring ring;

    ring_start(&ring, &memory, INCARNATION, boot, now_s);
    return ring;
}

static struct cooee_outbox_entry entry_of(uint8_t type, uint16_t boot, uint32_t sequence)
{
    struct cooee_frame frame;
    struct cooee_outbox_entry entry = {.measured_s = 600 * sequence + 7};

    memset(&frame, 0, sizeof frame);
    frame.type = type;
    frame.address = 1;
    frame.incarnation = INCARNATION;
    frame.boot = boot;
    frame.sequence = sequence;
    if (type == COOEE_FRAME_CALL) {
        frame.body.call.class_id = 1;
    } else {
        frame.body.telemetry.channels = 1;
    }
    CHECK_EQUAL(frame_write(&frame, entry.plain, &entry.length), COOEE_STATUS_OK);
    return entry;
}

enum { T = COOEE_FRAME_TELEMETRY, C = COOEE_FRAME_CALL };

static bool push(struct cooee_ring *ring, uint8_t type, uint16_t boot, uint32_t sequence, uint32_t now_s)
{
    struct cooee_outbox_entry entry = entry_of(type, boot, sequence);

    return ring_push(ring, &entry, now_s);
}

/* The next frame is this one, as it was pushed; it counts as sent. */
static void check_next(struct cooee_ring *ring, uint8_t type, uint16_t boot, uint32_t sequence)
{
    struct cooee_outbox_entry wanted = entry_of(type, boot, sequence), found;

    CHECK(ring_next(ring, &found));
    CHECK_EQUAL(found.measured_s, wanted.measured_s);
    CHECK_EQUAL(found.length, wanted.length);
    CHECK(memcmp(found.plain, wanted.plain, wanted.length) == 0);
    ring_sent(ring);
}

static void check_empty(struct cooee_ring *ring)
{
    struct cooee_outbox_entry found;

    CHECK(!ring_next(ring, &found));
}

static void frames_outlive_the_power_until_they_are_acknowledged(void)
{
    erase();
    struct cooee_ring ring = started(1, 0);
    CHECK(push(&ring, T, 1, 5, 0));
    CHECK(push(&ring, C, 1, 6, 0));
    ring = started(2, 0);
    check_next(&ring, C, 1, 6); /* the second boot begins with the third slot */
    check_next(&ring, T, 1, 5);
    check_empty(&ring);
    ring_acknowledge(&ring, 2, 5); /* of the present boot: another frame */
    ring_acknowledge(&ring, 1, 6);
    ring = started(3, 0);
    check_next(&ring, T, 1, 5);
    check_empty(&ring);
    ring_acknowledge(&ring, 1, 5);
    ring = started(4, 0);
    check_empty(&ring);
    CHECK(push(&ring, T, 4, 1, 0)); /* where one was acknowledged before */
    ring = started(5, 0);
    check_next(&ring, T, 4, 1);
}

static void another_incarnations_frames_are_nobodys(void)
{
    erase();
    struct cooee_ring ring = started(1, 0);
    CHECK(push(&ring, T, 1, 5, 0));
    ring_start(&ring, &memory, INCARNATION + 1, 2, 0);
    check_empty(&ring);
    ring_start(&ring, 0, INCARNATION, 2, 0);
    check_empty(&ring);
    CHECK(!push(&ring, T, 2, 1, DAY_S));
}

static void a_full_ring_keeps_what_it_has(void)
{
    erase();
    struct cooee_ring ring = started(0, 0);
    for (uint32_t i = 0; i < SLOTS; i++) {
        CHECK(push(&ring, T, 0, i, DAY_S));
    }
    CHECK(!push(&ring, C, 0, 10, 2 * DAY_S));
    ring_acknowledge(&ring, 0, 1);
    CHECK(push(&ring, C, 0, 11, 2 * DAY_S));
    check_next(&ring, T, 0, 2);
    check_next(&ring, T, 0, 3);
    check_next(&ring, T, 0, 0);
    check_next(&ring, C, 0, 11);
    check_empty(&ring);
}

/* Power is cut after any number of bytes: what was whole before is whole after, and what was not is no frame. */
static void a_torn_write_harms_nothing(void)
{
    for (long bytes = 0; bytes <= 2L * COOEE_RING_SLOT; bytes++) {
        erase();
        struct cooee_ring ring = started(0, 0);
        for (uint32_t i = 0; i < SLOTS; i++) { /* every slot has held a frame */
            CHECK(push(&ring, C, 0, i, DAY_S));
            ring_acknowledge(&ring, 0, i);
        }
        ring = started(SLOTS, 0);
        CHECK(push(&ring, T, SLOTS, 1, 0));
        cells.left = bytes;
        push(&ring, T, SLOTS, 2, 0);
        ring_acknowledge(&ring, SLOTS, 2);
        cells.left = 1000000000L;
        ring = started(2 * SLOTS - 1, 0);
        check_next(&ring, T, SLOTS, 1);
        if (ring.waiting != ring.sent) {
            check_next(&ring, T, SLOTS, 2);
        }
        check_empty(&ring);
        CHECK(push(&ring, T, 2 * SLOTS - 1, 1, 0));
    }
}

/* Whatever is pushed finds a free slot; wakes of a minute to two hours. */
static void no_cell_is_written_more_than_eight_times_a_day(void)
{
    for (uint32_t step_s = 60; step_s <= 7200; step_s *= 2) {
        erase();
        struct cooee_ring ring = started(1, 0);
        int before[4 * 24][SLOTS * COOEE_RING_SLOT];
        uint32_t hour = 0;
        for (uint32_t now_s = 0; now_s < 4 * DAY_S; now_s += step_s) {
            for (; hour <= now_s / 3600; hour++) {
                memcpy(before[hour], cells.writes, sizeof before[0]);
            }
            if (now_s > DAY_S && push(&ring, T, 1, now_s, now_s)) { /* a day's credit is there */
                ring_acknowledge(&ring, 1, now_s);
            }
            for (size_t i = 0; hour > 24 && i < sizeof cells.bytes; i++) {
                CHECK(cells.writes[i] - before[hour - 24][i] <= 8);
            }
        }
        if (step_s < 3000) {
            CHECK(cells.writes[0] >= 3 * 7); /* and not less, or it would keep little */
        }
    }
}

int main(void)
{
    frames_outlive_the_power_until_they_are_acknowledged();
    another_incarnations_frames_are_nobodys();
    a_full_ring_keeps_what_it_has();
    a_torn_write_harms_nothing();
    no_cell_is_written_more_than_eight_times_a_day();
    return 0;
}
