#include "cooee/image.h"

#include "host.h"

static uint8_t byte_at(const void *context, uint16_t offset)
{
    return ((const uint8_t *)context)[offset];
}

static struct cooee_image opened(const uint8_t *bytes, uint16_t room)
{
    struct cooee_image image;

    (void)image_open(&image, byte_at, bytes, room);
    return image;
}

int host_image_open(const uint8_t *bytes, uint16_t room, struct host_image *out)
{
    struct cooee_image image;
    const enum cooee_status status = image_open(&image, byte_at, bytes, room);

    if (status == COOEE_STATUS_OK) {
        *out = (struct host_image){.version = image.version, .size = image.size, .model = image.model, .about = image.about,
                                   .id = image.id, .form = image.form, .feature_count = image.feature_count,
                                   .class_count = image.class_count};
        image_text(&image, out->text, UINT8_MAX);
    }
    return (int)status;
}

int host_image_check(const uint8_t *bytes, uint16_t room)
{
    const struct cooee_image image = opened(bytes, room);

    return (int)image_check(&image);
}

uint8_t host_image_feature(const uint8_t *bytes, uint16_t room, uint8_t place)
{
    const struct cooee_image image = opened(bytes, room);

    return image_feature(&image, place);
}

int16_t host_image_normal(const uint8_t *bytes, uint16_t room, uint8_t place)
{
    const struct cooee_image image = opened(bytes, room);

    return image_normal(&image, place);
}

struct host_policy host_image_policy(const uint8_t *bytes, uint16_t room, uint8_t class_id)
{
    const struct cooee_image image = opened(bytes, room);
    const struct cooee_alarm_policy policy = image_policy(&image, class_id);

    return (struct host_policy){policy.on_delay_min, policy.clear_delay_min, policy.repeat_min, policy.raise_percent,
                                policy.keep_percent};
}

void host_image_classify(const uint8_t *bytes, uint16_t room, const int16_t *rows, size_t count, struct host_verdict *verdicts)
{
    const struct cooee_image image = opened(bytes, room);

    for (size_t i = 0; i < count; i++) {
        verdicts[i].class_id = image_classify(&image, rows + i * image.feature_count, &verdicts[i].confidence);
    }
}
