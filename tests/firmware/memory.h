#ifndef MEMORY_H
#define MEMORY_H

#include <string.h>

#include "check.h"
#include "cooee/store.h"

/* Memory that loses its power after so many bytes: the one that is being written holds what it will. A test that includes
 * this says how large it is, MEMORY_SIZE. */
static struct {
    uint8_t bytes[MEMORY_SIZE];
    int left;
    uint8_t rubbish;
} memory;

static void load(void *context, uint16_t at, uint8_t *bytes, uint8_t count)
{
    (void)context;
    CHECK(at + count <= (int)sizeof memory.bytes);
    memcpy(bytes, memory.bytes + at, count);
}

static void save(void *context, uint16_t at, const uint8_t *bytes, uint8_t count)
{
    (void)context;
    CHECK(at + count <= (int)sizeof memory.bytes);
    for (uint8_t i = 0; i < count; i++) {
        if (memory.left > 0) {
            memory.bytes[at + i] = bytes[i];
        } else if (memory.left == 0) {
            memory.bytes[at + i] = memory.rubbish;
        }
        memory.left--;
    }
}

static const struct cooee_store store = {0, load, save};

#endif
