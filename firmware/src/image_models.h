/* Models of images: what decodes and runs them at once. */
#ifndef IMAGE_MODELS_H
#define IMAGE_MODELS_H

#include "cooee/image.h"

/* A class by the sums of trees' votes, and one by the scores of all others. */
uint8_t trees_classify(const struct cooee_image *image, struct cooee_bits *bits, const int16_t features[],
                       uint8_t *confidence_percent);
uint8_t scores_classify(const struct cooee_image *image, struct cooee_bits *bits, const int16_t features[],
                        uint8_t *confidence_percent);

/* Trees that add what their leaves say to scores, to each of `count` in turn. */
void trees_add(const struct cooee_image *image, struct cooee_bits *bits, const int16_t features[], int32_t scores[], uint8_t count);

#endif
