#include "cooee/successor.h"

#include <string.h>

#include "check.h"
#include "cooee/crc32.h"
#include "frozen/images.h"

#define SIZE ((uint16_t)sizeof soil_image)
#define KIND COOEE_VALUE_SENTINEL /* of the sentinel with id 0 */
#define PLACE 1

#define MEMORY_SIZE (COOEE_STORE_SIZE + COOEE_IMAGES_STORE)
#include "memory.h"

static const struct cooee_sentinel built_in = {.version = 99, .class_count = 3};
static struct cooee_successor successor;

static uint32_t runs(void)
{
    return successor_sentinel(&successor)->version;
}

static void start(void)
{
    memory.left = 1000000;
    successor_start(&successor, &store, PLACE, &built_in, COOEE_CHANNELS_ALL, true);
}

static void start_blank(void)
{
    memset(memory.bytes, 0xFF, sizeof memory.bytes);
    start();
}

static void sign(uint8_t *image, uint16_t size)
{
    uint32_t crc = COOEE_CRC32_START;

    for (uint16_t i = 0; i < size - 4; i++) {
        crc = crc32_next(crc, image[i]);
    }
    for (uint8_t i = 0; i < 4; i++) {
        image[size - 4 + i] = (uint8_t)(~crc >> 8 * i);
    }
}

/* Sends what the node asks for until it asks no more or has no power. */
static struct cooee_wanted deliver(const uint8_t *image, uint16_t total, uint32_t version)
{
    struct cooee_wanted wanted = {.offset = 0};

    do {
        struct cooee_piece piece = {.version = version, .offset = wanted.offset, .total = total, .kind = KIND};
        piece.count = (uint8_t)(total - piece.offset < COOEE_PIECE_MAX ? total - piece.offset : COOEE_PIECE_MAX);
        memcpy(piece.bytes, image + piece.offset, piece.count);
        successor_take(&successor, &piece, &wanted);
    } while (wanted.state == COOEE_VALUE_WANTS && memory.left >= 0);
    return wanted;
}

/* The soil sentinel as if its model had the version that it is sent with. */
static struct cooee_wanted send(uint8_t version)
{
    uint8_t image[sizeof soil_image];

    memcpy(image, soil_image, SIZE);
    memcpy(image + 4, (const uint8_t[]){0, 0, 0, version}, 4);
    sign(image, SIZE);
    return deliver(image, SIZE, version);
}

static void what_is_whole_and_fits_decides_and_outlives_a_restart(void)
{
    int16_t features[COOEE_SENTINEL_FEATURES];
    uint8_t here, there;

    start_blank();
    CHECK_EQUAL(runs(), 99);
    struct cooee_wanted answer = send(5);
    CHECK_EQUAL(answer.state, COOEE_VALUE_KEPT);
    CHECK_EQUAL(answer.kind, KIND);
    CHECK_EQUAL(runs(), 5);
    CHECK_EQUAL(successor.trial, COOEE_TRIAL_WAKES);
    successor_prove(&successor);
    start();
    CHECK_EQUAL(runs(), 5);
    CHECK_EQUAL(successor.trial, 0);
    const struct cooee_sentinel *sentinel = successor_sentinel(&successor);
    CHECK_EQUAL(sentinel->feature_count, soil_image[13]);
    for (uint8_t i = 0; i < sentinel->feature_count; i++) {
        features[i] = image_normal(&successor.image, i);
    }
    CHECK_EQUAL(image_classify(&successor.image, features, &here), 0);
    CHECK_EQUAL(sentinel_policy(sentinel, 1).keep_percent, image_policy(&successor.image, 1).keep_percent);
    struct cooee_verdict verdict = {.class_id = 0, .confidence = here};
    struct cooee_evidence evidence[COOEE_EVIDENCE_MAX];
    there = sentinel_explain(sentinel, features, verdict, evidence);
    CHECK(there <= COOEE_EVIDENCE_MAX);
    CHECK(sentinel_channels(sentinel) != 0);
    CHECK_EQUAL(send(4).version, 5); /* an older one is answered with the one in use */
    CHECK_EQUAL(runs(), 5);
}

static void what_resets_or_falls_silent_or_is_taken_back_gives_way_to_the_one_before(void)
{
    start_blank();
    send(5);
    successor_prove(&successor);
    send(6);
    start();
    start();
    CHECK_EQUAL(runs(), 6);
    start(); /* the third reset */
    CHECK_EQUAL(runs(), 5);
    CHECK_EQUAL(successor.trial, 0);
    CHECK_EQUAL(send(6).state, COOEE_VALUE_REFUSED);
    CHECK_EQUAL(send(7).state, COOEE_VALUE_KEPT);
    successor_refuse(&successor);
    CHECK_EQUAL(runs(), 5);
    send(8);
    successor_prove(&successor);
    for (int again = 0; again < 2; again++) {
        struct cooee_wanted answer = deliver(soil_image, 0, 8);
        CHECK_EQUAL(answer.state, COOEE_VALUE_REFUSED);
        CHECK_EQUAL(answer.version, 8);
        CHECK_EQUAL(runs(), 5);
    }
    deliver(soil_image, 0, 5);
    CHECK_EQUAL(runs(), 99);
    start();
    CHECK_EQUAL(runs(), 99);
}

static struct cooee_wanted send_changed(uint16_t at, uint8_t change, uint32_t version)
{
    uint8_t image[sizeof soil_image];

    memcpy(image, soil_image, SIZE);
    image[at] ^= change;
    sign(image, SIZE);
    return deliver(image, SIZE, version);
}

static void what_does_not_fit_is_refused_with_the_reason(void)
{
    struct cooee_wanted answer;
    int golden = 0;

    start_blank();
    send(5);
    answer = send_changed(0, 1, 6);
    CHECK_EQUAL(answer.state, COOEE_VALUE_REFUSED);
    CHECK_EQUAL(answer.offset, COOEE_STATUS_ABI);
    CHECK_EQUAL(send_changed(0, 1, 6).state, COOEE_VALUE_REFUSED); /* for good */
    CHECK_EQUAL(send_changed(3, 1, 7).offset, COOEE_STATUS_NOT_OURS); /* another sentinel */
    CHECK_EQUAL(send_changed(1, 2, 8).offset, COOEE_STATUS_SIZE);
    CHECK_EQUAL(deliver(soil_image, COOEE_IMAGE_ROOM + 1, 9).offset, COOEE_STATUS_SIZE);
    for (uint16_t at = successor.image.model; at < successor.image.about; at++) {
        answer = send_changed(at, 4, 10U + at);
        if (answer.state == COOEE_VALUE_KEPT) { /* what no golden row meets */
            successor_refuse(&successor);
            continue;
        }
        CHECK(answer.offset == COOEE_STATUS_GOLDEN || answer.offset == COOEE_STATUS_IMAGE);
        golden += answer.offset == COOEE_STATUS_GOLDEN;
        CHECK_EQUAL(runs(), 5);
    }
    CHECK(golden >= 10);
    CHECK_EQUAL(runs(), 5);
    successor_start(&successor, &store, PLACE, &built_in, 1U << COOEE_CHANNEL_HUMIDITY, true); /* burnt anew, for other probes */
    CHECK_EQUAL(runs(), 99);
    CHECK_EQUAL(send(200).offset, COOEE_STATUS_NOT_OURS);
}

static void a_spoilt_piece_is_asked_for_again(void)
{
    struct cooee_wanted answer;
    struct cooee_piece piece = {.version = 5, .total = SIZE, .kind = KIND, .count = COOEE_PIECE_MAX};

    start_blank();
    memset(piece.bytes, 0x55, sizeof piece.bytes);
    successor_take(&successor, &piece, &answer);
    CHECK_EQUAL(answer.offset, COOEE_PIECE_MAX);
    uint8_t image[sizeof soil_image];
    memcpy(image, soil_image, SIZE);
    sign(image, SIZE);
    for (uint16_t at = COOEE_PIECE_MAX; at < SIZE; at = (uint16_t)(at + piece.count)) {
        piece.offset = at;
        piece.count = (uint8_t)(SIZE - at < COOEE_PIECE_MAX ? SIZE - at : COOEE_PIECE_MAX);
        memcpy(piece.bytes, image + at, piece.count);
        successor_take(&successor, &piece, &answer);
    }
    CHECK_EQUAL(answer.state, COOEE_VALUE_WANTS);
    CHECK_EQUAL(answer.offset, 0);
    CHECK_EQUAL(runs(), 99);
    CHECK_EQUAL(deliver(image, SIZE, 5).state, COOEE_VALUE_KEPT);
}

/* At every byte that is written, with rubbish in it that could be a count or a state. */
static void power_lost_at_any_byte_leaves_the_old_sentinel_or_the_new(void)
{
    static const uint8_t rubbish[] = {0xFF, 0x00, 20, 32, 0x5B};
    int cut;

    for (cut = 0; cut == 0 || memory.left < 0; cut++) {
        start_blank();
        send(5);
        successor_prove(&successor);
        send(6);
        successor_prove(&successor);
        memory.left = cut;
        memory.rubbish = rubbish[cut % sizeof rubbish];
        send(7);
        int left = memory.left;
        start();
        CHECK(runs() == 6 || runs() == 7);
        CHECK_EQUAL(image_check(&successor.image), COOEE_STATUS_OK);
        send(7);
        CHECK(runs() == 7 || memory.rubbish == 0x00);
        send(8);
        CHECK_EQUAL(runs(), 8);
        memory.left = left;
    }
    CHECK(cut > SIZE);
}

int main(void)
{
    what_is_whole_and_fits_decides_and_outlives_a_restart();
    what_resets_or_falls_silent_or_is_taken_back_gives_way_to_the_one_before();
    what_does_not_fit_is_refused_with_the_reason();
    a_spoilt_piece_is_asked_for_again();
    power_lost_at_any_byte_leaves_the_old_sentinel_or_the_new();
    return 0;
}
