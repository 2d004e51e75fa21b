/* Memory that outlives power, as a board hands it in: what was never written is 0xFF. COOEE_STORE_SIZE bytes may be written at any
 * time. COOEE_IMAGES_STORE bytes follow for images, in slots of COOEE_IMAGE_ROOM that are written upwards from their first byte,
 * which a board with flash takes as the word to erase the slot; each piece but the last has an even length. */
#ifndef COOEE_STORE_H
#define COOEE_STORE_H

#include <stdint.h>

struct cooee_store {
    void *context;
    void (*load)(void *context, uint16_t at, uint8_t *bytes, uint8_t count);
    void (*save)(void *context, uint16_t at, const uint8_t *bytes, uint8_t count);
};

#endif
