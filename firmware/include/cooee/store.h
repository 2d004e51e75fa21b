/* Memory that outlives power, as a board hands it in: what was never written is 0xFF. COOEE_STORE_SIZE bytes may be written at any
 * time; those of images, from there on, are erased when the first byte of a slot is written (a board with flash does it then), and
 * then written upwards. */
#ifndef COOEE_STORE_H
#define COOEE_STORE_H

#include <stdint.h>

struct cooee_store {
    void *context;
    void (*load)(void *context, uint16_t at, uint8_t *bytes, uint8_t count);
    void (*save)(void *context, uint16_t at, const uint8_t *bytes, uint8_t count);
};

#endif
