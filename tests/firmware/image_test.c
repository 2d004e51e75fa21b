/* Images: frozen ones of every form, and what is refused. */
#include <string.h>

#include "check.h"
#include "cooee/crc32.h"
#include "cooee/image.h"
#include "frozen/images.h"

#define ROOM 512

static uint8_t byte_at(const void *context, uint16_t offset)
{
    return ((const uint8_t *)context)[offset];
}

/* Writes the checksum that fits. */
static void sign(uint8_t *bytes, uint16_t size)
{
    uint32_t crc = COOEE_CRC32_START;

    for (uint16_t i = 0; i < size - 4; i++) {
        crc = crc32_next(crc, bytes[i]);
    }
    for (uint8_t i = 0; i < 4; i++) {
        bytes[size - 4 + i] = (uint8_t)(~crc >> 8 * i);
    }
}

/* What becomes of the soil sentinel with a byte changed, its checksum written anew. */
static enum cooee_status changed(uint16_t place, uint8_t value)
{
    uint8_t bytes[ROOM];
    struct cooee_image image;

    memcpy(bytes, soil_image, sizeof soil_image);
    bytes[place] = value;
    sign(bytes, sizeof soil_image);
    const enum cooee_status status = image_open(&image, byte_at, bytes, sizeof soil_image);
    return status == COOEE_STATUS_OK ? image_check(&image) : status;
}

static void test_every_form_decides(void)
{
    static const struct {
        const uint8_t *bytes;
        uint16_t size;
        const char *text;
    } samples[] = {{soil_image, sizeof soil_image, "soil,ok,too_dry,waterlogged"},
                   {forest_image, sizeof forest_image, "tried,0,1,2,3"},
                   {linear_image, sizeof linear_image, "tried,0,1,2,3"},
                   {net_image, sizeof net_image, "tried,0,1"},
                   {bonsai_image, sizeof bonsai_image, "tried,0,1,2"},
                   {boosting_image, sizeof boosting_image, "tried,0,1"},
                   {layers_image, sizeof layers_image, "tried,0,1,2,3"}};

    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct cooee_image image;
        char text[64], cut[5];

        CHECK_EQUAL(image_open(&image, byte_at, samples[i].bytes, samples[i].size), COOEE_STATUS_OK);
        CHECK_EQUAL(image_check(&image), COOEE_STATUS_OK);
        image_text(&image, text, sizeof text);
        CHECK(strcmp(text, samples[i].text) == 0);
        image_text(&image, cut, sizeof cut);
        CHECK(strlen(cut) == 4 && strncmp(cut, text, 4) == 0);
    }
}

static void test_a_sentinel_says_what_it_needs(void)
{
    struct cooee_image image;
    struct cooee_alarm_policy policy;

    CHECK_EQUAL(image_open(&image, byte_at, soil_image, ROOM), COOEE_STATUS_OK);
    CHECK_EQUAL(image.size, sizeof soil_image);
    CHECK_EQUAL(image.id, 0);
    CHECK(image.version == 0xea55abc5);
    CHECK_EQUAL(image.class_count, 3);
    CHECK_EQUAL(image.feature_count, 4);
    CHECK_EQUAL(image_feature(&image, 2), COOEE_FEATURE_WATER_AIR);
    CHECK_EQUAL(image_normal(&image, 0), 370);
    policy = image_policy(&image, 2);
    CHECK_EQUAL(policy.on_delay_min, 0);
    CHECK_EQUAL(policy.clear_delay_min, 360);
    CHECK_EQUAL(policy.repeat_min, 1440);
    CHECK_EQUAL(policy.raise_percent, 50);
    CHECK_EQUAL(policy.keep_percent, 35);
}

static void test_the_trees_of_soil_are_walked(void)
{
    /* A normal day, and soil without air for a day after rain: paths of firmware/sentinels/soil.c. */
    const int16_t normal[] = {370, 62, 2300, 30};
    const int16_t wet[] = {0, 200, 800, 24};
    struct cooee_image image;
    uint8_t confidence;

    CHECK_EQUAL(image_open(&image, byte_at, soil_image, sizeof soil_image), COOEE_STATUS_OK);
    CHECK_EQUAL(image_classify(&image, normal, &confidence), 0);
    CHECK_EQUAL(confidence, 98);
    CHECK_EQUAL(image_classify(&image, wet, &confidence), 2);
    CHECK_EQUAL(confidence, 98);
}

static void test_a_value_on_a_threshold_goes_below(void)
{
    /* Soil that has been without air for 16 h, beside 927 and 16, of firmware/sentinels/soil.c. */
    static const struct {
        int16_t row[4];
        uint8_t class_id, confidence;
    } samples[] = {{{0, 200, 927, 16}, 2, 98}, {{0, 200, 928, 16}, 0, 64}, {{0, 200, 928, 17}, 2, 77}};
    struct cooee_image image;
    uint8_t confidence;

    CHECK_EQUAL(image_open(&image, byte_at, soil_image, sizeof soil_image), COOEE_STATUS_OK);
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        CHECK_EQUAL(image_classify(&image, samples[i].row, &confidence), samples[i].class_id);
        CHECK_EQUAL(confidence, samples[i].confidence);
    }
}

static void test_what_is_no_image_is_refused(void)
{
    uint8_t bytes[ROOM];
    struct cooee_image image;

    CHECK_EQUAL(image_open(&image, byte_at, soil_image, 20), COOEE_STATUS_SIZE);
    CHECK_EQUAL(image_open(&image, byte_at, soil_image, sizeof soil_image - 1), COOEE_STATUS_SIZE);
    memcpy(bytes, soil_image, sizeof soil_image);
    bytes[100] ^= 1;
    CHECK_EQUAL(image_open(&image, byte_at, bytes, sizeof soil_image), COOEE_STATUS_CHECKSUM);
    CHECK_EQUAL(changed(0, 0xC2), COOEE_STATUS_ABI);
    CHECK_EQUAL(changed(1, 20), COOEE_STATUS_SIZE);
    CHECK_EQUAL(changed(2, 1), COOEE_STATUS_SIZE);
    CHECK_EQUAL(changed(12, 0), COOEE_STATUS_IMAGE);   /* form */
    CHECK_EQUAL(changed(12, 5), COOEE_STATUS_IMAGE);
    CHECK_EQUAL(changed(13, 0), COOEE_STATUS_IMAGE);   /* features */
    CHECK_EQUAL(changed(13, 65), COOEE_STATUS_IMAGE);
    CHECK_EQUAL(changed(13, 25), COOEE_STATUS_IMAGE);  /* more than a sentinel has */
    CHECK_EQUAL(changed(14, 1), COOEE_STATUS_IMAGE);   /* classes */
    CHECK_EQUAL(changed(14, 33), COOEE_STATUS_IMAGE);
    CHECK_EQUAL(changed(15, 0), COOEE_STATUS_IMAGE);   /* the model ends before it begins */
    CHECK_EQUAL(changed(16, 1), COOEE_STATUS_IMAGE);   /* or beyond the image */
    CHECK_EQUAL(changed(17, COOEE_FEATURE_COUNT), COOEE_STATUS_IMAGE);
    CHECK_EQUAL(changed(17 + 12 + 6, 101), COOEE_STATUS_IMAGE); /* per cent to raise */
    CHECK_EQUAL(changed(17 + 12 + 7, 81), COOEE_STATUS_IMAGE);  /* more to keep than to raise */
}

static void test_a_model_that_is_none_is_refused(void)
{
    const uint16_t model = 17 + 12 + 16;

    CHECK_EQUAL(changed(model, 0), COOEE_STATUS_IMAGE);     /* no trees */
    CHECK_EQUAL(changed(model + 1, 0), COOEE_STATUS_IMAGE); /* no votes */
    CHECK_EQUAL(changed(model, 255), COOEE_STATUS_IMAGE);   /* more trees than there are */
    CHECK_EQUAL(changed(model + 3, 0), COOEE_STATUS_IMAGE); /* nodes without bits */
    CHECK_EQUAL(changed(model + 3, 0x09), COOEE_STATUS_IMAGE); /* codes longer than there are */
    CHECK_EQUAL(changed(model + 3, 0x08), COOEE_STATUS_IMAGE); /* more codes than bits tell apart */
}

static void test_a_golden_row_that_comes_out_otherwise_is_refused(void)
{
    uint8_t bytes[ROOM];
    struct cooee_image image;
    uint16_t golden = 0;

    memcpy(bytes, soil_image, sizeof soil_image);
    for (uint16_t i = 17 + 12 + 16 + 12; i < sizeof soil_image - 4; i++) {
        bytes[i] ^= 1;
        sign(bytes, sizeof soil_image);
        CHECK_EQUAL(image_open(&image, byte_at, bytes, sizeof soil_image), COOEE_STATUS_OK);
        golden = (uint16_t)(golden + (image_check(&image) == COOEE_STATUS_GOLDEN));
        bytes[i] ^= 1;
    }
    CHECK(golden > 10);
}

static void test_a_golden_rows_confidence_counts(void)
{
    uint8_t golden = 0;

    /* The last row's class and confidence, nine bits, end less than a byte before the checksum. */
    for (uint8_t bit = 0; bit < 16; bit++) {
        const uint16_t place = (uint16_t)(sizeof soil_image - 6 + bit / 8);

        golden = (uint8_t)(golden + (changed(place, (uint8_t)(soil_image[place] ^ 0x80 >> bit % 8)) == COOEE_STATUS_GOLDEN));
    }
    CHECK(golden >= 7);
}

int main(void)
{
    test_every_form_decides();
    test_a_sentinel_says_what_it_needs();
    test_the_trees_of_soil_are_walked();
    test_a_value_on_a_threshold_goes_below();
    test_what_is_no_image_is_refused();
    test_a_model_that_is_none_is_refused();
    test_a_golden_row_that_comes_out_otherwise_is_refused();
    test_a_golden_rows_confidence_counts();
    return 0;
}
