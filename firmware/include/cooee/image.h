/* Image: a ported classifier as bytes, checked before it is used and run from wherever it lies (docs/SPEC.md, "Image").
 *
 * What runs has the arithmetic of the C that `cooee port` writes, and the same class and confidence. It needs no RAM but the
 * stack: the bits are decoded anew at each row. */
#ifndef COOEE_IMAGE_H
#define COOEE_IMAGE_H

#include "cooee/huffman.h"
#include "cooee/sentinel.h"

#define COOEE_IMAGE_ABI 1
#define COOEE_IMAGE_HEAD 17
#define COOEE_IMAGE_POLICY 8  /* bytes */

/* Id of a model that is no sentinel: its features are columns, and it has no normals and policies. */
#define COOEE_IMAGE_NO_SENTINEL 255

enum cooee_image_form {
    COOEE_IMAGE_TREES = 1,
    COOEE_IMAGE_LINEAR,
    COOEE_IMAGE_NET,
    COOEE_IMAGE_BONSAI,
    COOEE_IMAGE_BOOSTING,
    COOEE_IMAGE_LAYERS
};

struct cooee_image {
    cooee_read_byte *read;
    const void *context;
    uint32_t version;
    uint16_t size;
    uint16_t model, about; /* bytes at which the bits of the model, and those about it, begin */
    uint8_t id, form, feature_count, class_count;
};

/* Checks form, sizes and checksum of the image in the first bytes of a place with `room`; SIZE, ABI, CHECKSUM or IMAGE say what
 * is wrong. Whoever lets it decide calls image_check first. */
enum cooee_status image_open(struct cooee_image *image, cooee_read_byte *read, const void *context, uint16_t room);

/* Runs its golden rows: GOLDEN when one comes out otherwise, IMAGE when the bits are no model. */
enum cooee_status image_check(const struct cooee_image *image);

/* Class of a row and confidence in it; COOEE_CLASS_UNKNOWN and 0 when the bits are no model. */
uint8_t image_classify(const struct cooee_image *image, const int16_t features[], uint8_t *confidence_percent);

/* Of a sentinel; `class_id` is at least 1. */
uint8_t image_feature(const struct cooee_image *image, uint8_t place);
int16_t image_normal(const struct cooee_image *image, uint8_t place);
struct cooee_alarm_policy image_policy(const struct cooee_image *image, uint8_t class_id);

/* Its name and its classes' names, "soil,ok,too_dry", cut to `room` bytes with the 0 at their end. */
void image_text(const struct cooee_image *image, char *text, uint8_t room);

#endif
