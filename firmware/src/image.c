#include "cooee/image.h"

#include "cooee/crc32.h"
#include "image_models.h"

#define CHECKSUM_SIZE 4
#define FORMAT (0xC0 | COOEE_IMAGE_ABI)

static uint16_t word_at(const struct cooee_image *image, uint16_t offset)
{
    const uint8_t low = image->read(image->context, offset);

    return (uint16_t)(low | image->read(image->context, (uint16_t)(offset + 1)) << 8);
}

static uint16_t normals_of(const struct cooee_image *image)
{
    return (uint16_t)(COOEE_IMAGE_HEAD + image->feature_count);
}

uint8_t image_feature(const struct cooee_image *image, uint8_t place)
{
    return image->read(image->context, (uint16_t)(COOEE_IMAGE_HEAD + place));
}

int16_t image_normal(const struct cooee_image *image, uint8_t place)
{
    return (int16_t)word_at(image, (uint16_t)(normals_of(image) + 2 * place));
}

struct cooee_alarm_policy image_policy(const struct cooee_image *image, uint8_t class_id)
{
    const uint16_t at = (uint16_t)(normals_of(image) + 2 * image->feature_count + COOEE_IMAGE_POLICY * (class_id - 1));
    const uint16_t percents = word_at(image, (uint16_t)(at + 6));

    return (struct cooee_alarm_policy){word_at(image, at), word_at(image, (uint16_t)(at + 2)), word_at(image, (uint16_t)(at + 4)),
                                       (uint8_t)(percents & 0xFF), (uint8_t)(percents >> 8)};
}

static bool checksum_fits(const struct cooee_image *image)
{
    uint32_t crc = COOEE_CRC32_START;

    for (uint16_t i = 0; i < image->size - CHECKSUM_SIZE; i++) {
        crc = crc32_next(crc, image->read(image->context, i));
    }
    return word_at(image, (uint16_t)(image->size - 4)) == (uint16_t)~crc
           && word_at(image, (uint16_t)(image->size - 2)) == (uint16_t)(~crc >> 16);
}

static bool counts_fit(const struct cooee_image *image)
{
    const uint8_t last_form = COOEE_IMAGE_SCORES ? COOEE_IMAGE_LAYERS : COOEE_IMAGE_TREES;

    return image->form >= COOEE_IMAGE_TREES && image->form <= last_form && image->feature_count > 0
           && image->feature_count <= COOEE_IMAGE_WIDTH && image->class_count > 1 && image->class_count <= COOEE_IMAGE_CLASSES
           && image->model <= image->about && image->about <= image->size - CHECKSUM_SIZE;
}

/* Its features are those of this core, and its percentages are some. */
static bool sentinel_fits(const struct cooee_image *image)
{
    if (image->feature_count > COOEE_SENTINEL_FEATURES) {
        return false;
    }
    for (uint8_t i = 0; i < image->feature_count; i++) {
        if (image_feature(image, i) >= COOEE_FEATURE_COUNT) {
            return false;
        }
    }
    for (uint8_t c = 1; c < image->class_count; c++) {
        const struct cooee_alarm_policy policy = image_policy(image, c);

        if (policy.raise_percent > 100 || policy.keep_percent > policy.raise_percent) {
            return false;
        }
    }
    return true;
}

enum cooee_status image_open(struct cooee_image *image, cooee_read_byte *read, const void *context, uint16_t room)
{
    image->read = read;
    image->context = context;
    if (room < COOEE_IMAGE_HEAD + CHECKSUM_SIZE) {
        return COOEE_STATUS_SIZE;
    }
    if (read(context, 0) != FORMAT) {
        return COOEE_STATUS_ABI;
    }
    image->size = word_at(image, 1);
    if (image->size < COOEE_IMAGE_HEAD + CHECKSUM_SIZE || image->size > room) {
        return COOEE_STATUS_SIZE;
    }
    if (!checksum_fits(image)) {
        return COOEE_STATUS_CHECKSUM;
    }
    image->id = read(context, 3);
    image->version = 0;
    for (uint8_t i = 4; i < 8; i++) {
        image->version = image->version << 8 | read(context, i);
    }
    image->form = read(context, 12);
    image->feature_count = read(context, 13);
    image->class_count = read(context, 14);
    image->about = word_at(image, 15);
    image->model = COOEE_IMAGE_HEAD;
    if (image->id != COOEE_IMAGE_NO_SENTINEL) {
        image->model = (uint16_t)(normals_of(image) + 2 * image->feature_count + COOEE_IMAGE_POLICY * (image->class_count - 1));
    }
    if (!counts_fit(image) || (image->id != COOEE_IMAGE_NO_SENTINEL && !sentinel_fits(image))) {
        return COOEE_STATUS_IMAGE;
    }
    return COOEE_STATUS_OK;
}

static struct cooee_bits bits_of(const struct cooee_image *image, uint16_t from, uint16_t to)
{
    return (struct cooee_bits){.read = image->read, .context = image->context, .at = from, .end = to};
}

uint8_t image_classify(const struct cooee_image *image, const int16_t features[], uint8_t *confidence_percent)
{
    struct cooee_bits bits = bits_of(image, image->model, image->about);
    const bool trees = !COOEE_IMAGE_SCORES || image->form == COOEE_IMAGE_TREES;
    const uint8_t found = (trees ? trees_classify : scores_classify)(image, &bits, features, confidence_percent);

    if (bits.failed) {
        *confidence_percent = 0;
        return COOEE_CLASS_UNKNOWN;
    }
    return found;
}

/* Passes the text at the beginning of what is said about the model. */
static void take_text(struct cooee_bits *bits, char *text, uint8_t room)
{
    struct cooee_code letters;
    uint8_t length, kept = 0;

    code_read(bits, &letters);
    for (length = (uint8_t)bits_take(bits, 8); length > 0 && !bits->failed; length--) {
        const char letter = (char)code_next(bits, &letters);

        if (kept + 1 < room) {
            text[kept++] = letter;
        }
    }
    if (room > 0) {
        text[kept] = 0;
    }
}

void image_text(const struct cooee_image *image, char *text, uint8_t room)
{
    struct cooee_bits bits = bits_of(image, image->about, (uint16_t)(image->size - CHECKSUM_SIZE));

    take_text(&bits, text, room);
}

/* How many bits hold numbers up to `highest`. */
static uint8_t width_of(uint8_t highest)
{
    uint8_t width = 0;

    for (; highest > 0; highest >>= 1) {
        width++;
    }
    return width;
}

enum cooee_status image_check(const struct cooee_image *image)
{
    struct cooee_bits bits = bits_of(image, image->about, (uint16_t)(image->size - CHECKSUM_SIZE));
    const uint8_t width = width_of((uint8_t)(image->feature_count - 1));
    struct cooee_code values;
    uint8_t rows;

    take_text(&bits, NULL, 0);
    code_read(&bits, &values);
    rows = (uint8_t)bits_take(&bits, 8);
    if (rows == 0) {
        return COOEE_STATUS_IMAGE;
    }
    for (; rows > 0; rows--) {
        int16_t row[COOEE_IMAGE_WIDTH];
        uint8_t confidence, changes, class_id, percent;

        for (uint8_t i = 0; i < image->feature_count; i++) {
            row[i] = image->id == COOEE_IMAGE_NO_SENTINEL ? 0 : image_normal(image, i);
        }
        for (changes = (uint8_t)bits_take(&bits, width_of(image->feature_count)); changes > 0; changes--) {
            const uint8_t place = (uint8_t)bits_take(&bits, width);

            if (place >= image->feature_count) {
                return COOEE_STATUS_IMAGE;
            }
            row[place] = code_next(&bits, &values);
        }
        class_id = (uint8_t)bits_take(&bits, width_of((uint8_t)(image->class_count - 1)));
        percent = (uint8_t)bits_take(&bits, 7);
        if (bits.failed) {
            return COOEE_STATUS_IMAGE;
        }
        if (image_classify(image, row, &confidence) != class_id || confidence != percent) {
            return confidence == 0 ? COOEE_STATUS_IMAGE : COOEE_STATUS_GOLDEN;
        }
    }
    return COOEE_STATUS_OK;
}
