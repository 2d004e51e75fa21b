/* Reads plain frames from stdin, each after a byte of length; prints a line a frame: its status, or the frame written again. What
 * is no frame must not open either. */
#include <stdio.h>
#include <stdlib.h>

#include "cooee/frame.h"

int main(void)
{
    int length;

    while ((length = getchar()) != EOF) {
        /* A heap block of exactly this size, so that reading past its end is seen. */
        uint8_t *bytes = malloc((size_t)length + (length == 0));
        uint8_t again[COOEE_PLAIN_MAX];
        static const uint8_t key[COOEE_KEY_SIZE];
        uint8_t again_length;
        struct cooee_frame frame;
        if (bytes == NULL || fread(bytes, 1, (size_t)length, stdin) != (size_t)length) {
            return 1;
        }
        if (frame_open(key, bytes, (size_t)length, &frame) == COOEE_STATUS_OK) {
            return 1;
        }
        enum cooee_status status = frame_read(bytes, (size_t)length, &frame);
        if (status != COOEE_STATUS_OK || (status = frame_write(&frame, again, &again_length)) != COOEE_STATUS_OK) {
            printf("%d", status);
        } else {
            for (uint8_t i = 0; i < again_length; i++) {
                printf("%02x", again[i]);
            }
        }
        putchar('\n');
        free(bytes);
    }
    return 0;
}
