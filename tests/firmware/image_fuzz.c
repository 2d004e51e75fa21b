/* Reads images from stdin, each after two bytes of length; does with them all that can be done, and prints a line each: whether it
 * was opened, the status, and the classes of three rows. */
#include <stdio.h>
#include <stdlib.h>

#include "cooee/image.h"

static uint8_t byte_at(const void *context, uint16_t offset)
{
    return ((const uint8_t *)context)[offset];
}

static void decide(const struct cooee_image *image)
{
    static const int16_t steps[] = {-32767, 1, 977};
    uint8_t confidence;

    for (uint8_t i = 0; i < 3; i++) {
        int16_t row[COOEE_IMAGE_WIDTH];

        for (uint8_t j = 0; j < COOEE_IMAGE_WIDTH; j++) {
            row[j] = (int16_t)(steps[i] * (j + 1));
        }
        const uint8_t found = image_classify(image, row, &confidence);
        if (found != COOEE_CLASS_UNKNOWN && (found >= image->class_count || confidence > 100)) {
            abort();
        }
        printf(" %d", found);
    }
}

int main(void)
{
    int low;

    while ((low = getchar()) != EOF) {
        const size_t length = (size_t)(low | getchar() << 8);
        /* A heap block of exactly this size, so that reading past its end is seen. */
        uint8_t *bytes = malloc(length + (length == 0));
        struct cooee_image image;
        if (bytes == NULL || fread(bytes, 1, length, stdin) != length) {
            return 1;
        }
        enum cooee_status status = image_open(&image, byte_at, bytes, (uint16_t)length);
        printf("%d", status == COOEE_STATUS_OK);
        if (status == COOEE_STATUS_OK) {
            char text[256];
            status = image_check(&image);
            image_text(&image, text, UINT8_MAX);
            decide(&image);
        }
        printf(" %d\n", status);
        free(bytes);
    }
    return 0;
}
