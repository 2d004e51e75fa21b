#include "cooee/settings.h"

#include <string.h>

#include "check.h"

#define MEMORY_SIZE COOEE_STORE_SIZE
#include "memory.h"

/* Puts the checksum behind a block; its length with it. */
static uint8_t sealed(uint8_t block[COOEE_SETTINGS_MAX], uint8_t length)
{
    uint32_t crc = 0xFFFFFFFFUL;

    for (uint8_t i = 0; i < length; i++) {
        crc ^= block[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320UL : crc >> 1;
        }
    }
    for (uint8_t i = 0; i < 4; i++) {
        block[length++] = (uint8_t)(~crc >> 8 * i);
    }
    return length;
}

/* A block whose wake interval is 100 times its version, with three points of channel 1. */
static uint8_t block_of(uint32_t version, uint8_t block[COOEE_SETTINGS_MAX])
{
    static const uint8_t head[] = {1, 0, 0, 1, 0x00, 0x0C, 0x84, 0x03, 0x68, 0x10, 0x90, 0x01, 0, 1, 1, 3};
    uint8_t length = sizeof head;

    memcpy(block, head, sizeof head);
    block[1] = (uint8_t)(100 * version);
    block[2] = (uint8_t)(100 * version >> 8);
    for (uint8_t i = 0; i < 12; i++) {
        block[length++] = (uint8_t)(i % 4 == 1 || i % 4 == 3 ? i : i * 3);
    }
    return sealed(block, length);
}

static struct cooee_settings built_in(void)
{
    return (struct cooee_settings){.wake_interval_s = 600, .telemetry_every = 1, .slot = COOEE_SLOT_NONE};
}

static struct cooee_settings after_start(void)
{
    struct cooee_settings settings = built_in();

    memory.left = 10000;
    settings_start(&store, &settings);
    return settings;
}

/* Sends what the node asks for until it asks no more or has no power. */
static struct cooee_wanted deliver_block(uint32_t version, const uint8_t block[], uint8_t total, struct cooee_settings *settings)
{
    struct cooee_wanted wanted = {.offset = 0};

    do {
        struct cooee_piece piece = {.version = version, .offset = wanted.offset, .total = total, .kind = COOEE_VALUE_SETTINGS};
        piece.count = (uint8_t)(total - piece.offset < COOEE_PIECE_MAX ? total - piece.offset : COOEE_PIECE_MAX);
        memcpy(piece.bytes, block + piece.offset, piece.count);
        settings_take(&store, &piece, settings, &wanted);
    } while (wanted.state == COOEE_VALUE_WANTS && memory.left >= 0);
    return wanted;
}

static struct cooee_wanted deliver(uint32_t version, struct cooee_settings *settings)
{
    uint8_t block[COOEE_SETTINGS_MAX];
    uint8_t total = block_of(version, block);

    return deliver_block(version, block, total, settings);
}

static void start_blank(void)
{
    memset(memory.bytes, 0xFF, sizeof memory.bytes);
    memory.left = 10000;
}

static void what_is_whole_is_used_and_outlives_a_restart(void)
{
    struct cooee_point points[COOEE_POINTS_MAX];
    start_blank();
    struct cooee_settings settings = after_start();

    CHECK_EQUAL(settings.slot, COOEE_SLOT_NONE);
    CHECK_EQUAL(settings_points(&store, &settings, 1, points), 0);
    CHECK_EQUAL(deliver(5, &settings).state, COOEE_VALUE_KEPT);
    CHECK_EQUAL(settings.version, 5);
    CHECK_EQUAL(settings.wake_interval_s, 500);
    CHECK_EQUAL(settings.site.field_capacity_e4, 3072);
    CHECK_EQUAL(settings.trial, COOEE_TRIAL_WAKES);
    CHECK_EQUAL(settings_points(&store, &settings, 1, points), 3);
    CHECK_EQUAL(points[1].x, 12 + (5 << 8));
    CHECK_EQUAL(points[2].y, 30 + (11 << 8));
    CHECK_EQUAL(settings_points(&store, &settings, 0, points), 0);
    settings_prove(&store, &settings);
    CHECK_EQUAL(after_start().version, 5);
    struct cooee_wanted older = deliver(4, &settings);
    CHECK_EQUAL(older.state, COOEE_VALUE_KEPT);
    CHECK_EQUAL(older.version, 5);
    CHECK_EQUAL(settings.version, 5);
}

static void what_is_given_up_stays_so(void)
{
    start_blank();
    struct cooee_settings settings = after_start();

    deliver(5, &settings);
    settings_prove(&store, &settings);
    deliver(6, &settings);
    CHECK_EQUAL(after_start().version, 6);
    CHECK_EQUAL(after_start().version, 6);
    settings = after_start(); /* the third reset */
    CHECK_EQUAL(settings.version, 5);
    CHECK_EQUAL(settings.trial, 0);
    CHECK_EQUAL(deliver(6, &settings).state, COOEE_VALUE_REFUSED);
    CHECK_EQUAL(settings.version, 5);
    CHECK_EQUAL(deliver(7, &settings).state, COOEE_VALUE_KEPT);
    settings_refuse(&store, &settings);
    settings = built_in();
    CHECK(settings_find(&store, &settings));
    CHECK_EQUAL(settings.version, 5);
    struct cooee_piece long_one = {.version = 9, .total = COOEE_SETTINGS_MAX + 1, .count = 1};
    struct cooee_wanted answer;
    CHECK(!settings_take(&store, &long_one, &settings, &answer));
    CHECK_EQUAL(answer.state, COOEE_VALUE_REFUSED);
}

/* At every byte that is written, with rubbish in it that could be a count or a state. */
static void power_lost_at_any_byte_leaves_the_old_settings_or_the_new(void)
{
    static const uint8_t rubbish[] = {0xFF, 0x00, 20, 32, 0x5B};
    int cut, cuts = 0;

    for (uint8_t i = 0; i < sizeof rubbish; i++) {
        for (cut = 0; cut == 0 || memory.left < 0; cut++) {
            start_blank();
            struct cooee_settings settings = after_start();
            deliver(5, &settings);
            settings_prove(&store, &settings);
            deliver(6, &settings);
            settings_prove(&store, &settings);
            memory.left = cut;
            memory.rubbish = rubbish[i];
            deliver(7, &settings);
            int left = memory.left;
            settings = after_start();
            CHECK(settings.version == 6 || settings.version == 7);
            CHECK_EQUAL(settings.wake_interval_s, settings.version * 100);
            deliver(7, &settings);
            CHECK(settings.version == 7 || rubbish[i] == 0x00);
            CHECK_EQUAL(settings.wake_interval_s, settings.version * 100);
            deliver(8, &settings);
            CHECK_EQUAL(settings.version, 8);
            memory.left = left;
            cuts++;
        }
    }
    CHECK(cuts > 5 * 40);
}

/* Of the second format: class 2 of sentinel 3 is repeated each 1440 min, no calibration, and a crop. */
static const uint8_t second[] = {2, 0x58, 0x02, 1, 0x00, 0x0C, 0x84, 0x03, 0x68, 0x10, 0x90, 0x01,
                                 1, 0xA0, 0x05, 3, 2, 2,
                                 0,
                                 131, 0, 30, 40, 45, 30, 15, 110, 70, 25, 70, 18};

static struct cooee_wanted deliver_changed(uint32_t version, uint8_t at, uint8_t value, uint8_t length, struct cooee_settings *settings)
{
    uint8_t block[COOEE_SETTINGS_MAX];

    memset(block, 0, sizeof block);
    memcpy(block, second, sizeof second);
    block[at] = value;
    return deliver_block(version, block, sealed(block, length), settings);
}

static void changes_and_crop_are_as_they_were_sent_and_the_first_format_leaves_them_to_the_program(void)
{
    struct cooee_policy_change change;
    start_blank();
    struct cooee_settings settings = after_start();

    CHECK_EQUAL(deliver_changed(5, 0, 2, sizeof second, &settings).state, COOEE_VALUE_KEPT);
    CHECK_EQUAL(settings.site.planted_on, 131);
    CHECK_EQUAL(settings.site.stage_days[2], 45);
    CHECK_EQUAL(settings.site.kcb_e2[1], 110);
    CHECK_EQUAL(settings.site.root_cm[1], 70);
    CHECK_EQUAL(settings.site.drainage_h, 18);
    CHECK_EQUAL(settings_change(&store, settings.slot, 0, &change), 1);
    CHECK_EQUAL(change.sentinel, 3);
    CHECK_EQUAL(change.class_id, 2);
    CHECK_EQUAL(change.field, COOEE_POLICY_REPEAT);
    CHECK_EQUAL(change.value, 1440);
    settings_prove(&store, &settings);
    deliver(6, &settings);
    settings = built_in();
    CHECK(settings_find(&store, &settings));
    CHECK_EQUAL(settings.version, 6);
    CHECK_EQUAL(settings.site.planted_on, 0);
    CHECK_EQUAL(settings_change(&store, settings.slot, 0, &change), 0);
}

static void what_cannot_be_is_refused_wherever_its_counts_lead(void)
{
    /* offset, value, length: an unknown format; more changes than fit, or than there are; more channels; a crop cut or absent. */
    static const uint8_t wrong[][3] = {{0, 0, sizeof second}, {0, 3, sizeof second}, {0, 1, sizeof second}, {12, 0, sizeof second},
                                       {12, 2, sizeof second}, {12, 21, 116}, {12, 255, 116}, {18, 1, sizeof second}, {18, 255, 116},
                                       {0, 2, sizeof second - 1}, {0, 2, sizeof second + 1}, {0, 2, 19}, {0, 2, 14}, {0, 2, 1}};
    start_blank();
    struct cooee_settings settings = after_start();

    for (uint8_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_EQUAL(deliver_changed(5 + i, wrong[i][0], wrong[i][1], wrong[i][2], &settings).state, COOEE_VALUE_REFUSED);
        CHECK_EQUAL(settings.version, 0);
        CHECK_EQUAL(after_start().slot, COOEE_SLOT_NONE);
    }
    CHECK_EQUAL(deliver_changed(99, 0, 2, sizeof second, &settings).state, COOEE_VALUE_KEPT);
}

int main(void)
{
    changes_and_crop_are_as_they_were_sent_and_the_first_format_leaves_them_to_the_program();
    what_cannot_be_is_refused_wherever_its_counts_lead();
    what_is_whole_is_used_and_outlives_a_restart();
    what_is_given_up_stays_so();
    power_lost_at_any_byte_leaves_the_old_settings_or_the_new();
    return 0;
}
