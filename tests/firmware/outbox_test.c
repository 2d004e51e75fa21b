#include "cooee/outbox.h"

#include <string.h>

#include "check.h"

#define CAPACITY 4

/* S and I: answers about settings and an image. */
enum { T = COOEE_FRAME_TELEMETRY, C = COOEE_FRAME_CALL, H = COOEE_FRAME_HELLO, S = COOEE_FRAME_WANTED, I = S | 16 };

static struct cooee_outbox_entry entry[CAPACITY];

static void push(struct cooee_outbox *outbox, uint8_t type, uint32_t sequence)
{
    struct cooee_frame frame;
    uint8_t plain[COOEE_PLAIN_MAX];
    uint8_t length;

    memset(&frame, 0, sizeof frame);
    frame.type = type & 15;
    frame.address = 1;
    frame.sequence = sequence;
    if (type == COOEE_FRAME_CALL) {
        frame.body.call.class_id = 1;
    } else if (type == COOEE_FRAME_HELLO) {
        frame.body.hello = (struct cooee_hello){.channels = 1, .wake_interval_s = 60};
    } else if (type == COOEE_FRAME_TELEMETRY) {
        frame.body.telemetry.channels = 1;
    } else {
        frame.body.wanted.version = 1;
        frame.body.wanted.kind = type == S ? COOEE_VALUE_SETTINGS : COOEE_VALUE_SENTINEL;
    }
    CHECK_EQUAL(frame_write(&frame, plain, &length), COOEE_STATUS_OK);
    outbox_push(outbox, plain, length, sequence);
}

static struct cooee_outbox filled(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    struct cooee_outbox outbox;
    uint8_t types[CAPACITY] = {a, b, c, d};

    outbox_start(&outbox, entry, CAPACITY);
    for (uint8_t i = 0; i < CAPACITY; i++) {
        push(&outbox, types[i], i);
    }
    return outbox;
}

static void check_holds(const struct cooee_outbox *outbox, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    uint32_t wanted[CAPACITY] = {a, b, c, d};

    CHECK_EQUAL(outbox->count, CAPACITY);
    for (uint8_t i = 0; i < CAPACITY; i++) {
        CHECK_EQUAL(frame_sequence(outbox->entry[i].plain), wanted[i]);
    }
}

static void a_full_outbox_drops_the_oldest_telemetry(void)
{
    struct cooee_outbox outbox = filled(C, T, C, T);
    push(&outbox, T, 4);
    check_holds(&outbox, 0, 2, 3, 4);
    push(&outbox, C, 5);
    check_holds(&outbox, 0, 2, 4, 5);
    CHECK_EQUAL(outbox.dropped, 2);
}

static void calls_make_way_for_calls_only(void)
{
    struct cooee_outbox outbox = filled(C, C, C, C);
    push(&outbox, T, 4);
    check_holds(&outbox, 0, 1, 2, 3);
    push(&outbox, C, 5);
    check_holds(&outbox, 1, 2, 3, 5);
    CHECK_EQUAL(outbox.dropped, 2);
}

static void hello_and_answers_make_way_for_calls_and_readings_for_them(void)
{
    struct cooee_outbox outbox = filled(T, C, H, T);
    push(&outbox, S, 4);
    check_holds(&outbox, 1, 2, 3, 4);
    push(&outbox, C, 5);
    check_holds(&outbox, 1, 2, 4, 5);
    push(&outbox, T, 6);
    check_holds(&outbox, 1, 2, 4, 5);
    push(&outbox, C, 7);
    check_holds(&outbox, 1, 4, 5, 7);
    push(&outbox, C, 8);
    push(&outbox, S, 9);
    push(&outbox, H, 10);
    check_holds(&outbox, 1, 5, 7, 8);
}

static void a_newer_hello_or_answer_takes_the_place_of_the_one_before(void)
{
    struct cooee_outbox outbox = filled(H, T, S, C);
    outbox.entry[0].sent = true;
    push(&outbox, H, 4);
    push(&outbox, I, 5);
    push(&outbox, S, 6);
    check_holds(&outbox, 4, 1, 6, 3);
    CHECK(!outbox.entry[0].sent);
    CHECK_EQUAL(outbox.dropped, 0);
}

static void check_order(struct cooee_outbox outbox, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    uint32_t order[CAPACITY] = {a, b, c, d};

    for (uint8_t i = 0; i < CAPACITY; i++) {
        struct cooee_outbox_entry copy, *next = outbox_next(&outbox, &copy);
        CHECK(next != 0);
        CHECK_EQUAL(frame_sequence(next->plain), order[i]);
        outbox_sent(&outbox, next, &copy);
    }
    CHECK(outbox_next(&outbox, 0) == 0);
}

static void calls_are_sent_first_and_readings_last(void)
{
    check_order(filled(T, C, T, C), 1, 3, 0, 2);
    check_order(filled(T, H, S, C), 3, 1, 2, 0);
    check_order(filled(T, I, H, T), 2, 0, 1, 3);
}

static void an_acknowledged_frame_is_forgotten_once(void)
{
    struct cooee_outbox outbox = filled(T, C, T, C);

    outbox_acknowledge(&outbox, 0, 2, true);
    outbox_acknowledge(&outbox, 0, 2, true);
    CHECK_EQUAL(outbox.count, 3);
    push(&outbox, T, 4);
    check_holds(&outbox, 0, 1, 3, 4);
    CHECK_EQUAL(outbox.dropped, 0);
}

static void what_was_sent_can_be_sent_again(void)
{
    struct cooee_outbox outbox = filled(T, T, T, T);

    outbox.entry[0].sent = true;
    CHECK_EQUAL(frame_sequence(outbox_next(&outbox, 0)->plain), 1);
    outbox_requeue(&outbox);
    CHECK_EQUAL(frame_sequence(outbox_next(&outbox, 0)->plain), 0);
}

int main(void)
{
    a_full_outbox_drops_the_oldest_telemetry();
    calls_make_way_for_calls_only();
    hello_and_answers_make_way_for_calls_and_readings_for_them();
    a_newer_hello_or_answer_takes_the_place_of_the_one_before();
    calls_are_sent_first_and_readings_last();
    an_acknowledged_frame_is_forgotten_once();
    what_was_sent_can_be_sent_again();
    return 0;
}
