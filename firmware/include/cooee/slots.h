/* Slots: a value that comes in pieces is kept in one of two places of memory that outlives power, beside the one in use
 * (docs/SPEC.md, "Values in pieces"). What is new is on trial until it has proved itself; what does not is given up. */
#ifndef COOEE_SLOTS_H
#define COOEE_SLOTS_H

#include <stdbool.h>

#include "cooee/config.h"
#include "cooee/frame.h"
#include "cooee/store.h"

/* Bytes of the longest block of settings. */
#define COOEE_SETTINGS_MAX 120
/* In neither slot: what came with the program. */
#define COOEE_SLOT_NONE 2
/* Acknowledged wakes until a new value has proved itself. */
#define COOEE_TRIAL_WAKES 3
/* Times in a row that nobody answers, or resets, until a new value is given up. */
#define COOEE_TRIAL_TRIES 4
#define COOEE_TRIAL_RESETS 3

enum cooee_value_state { COOEE_VALUE_WANTS = 0, COOEE_VALUE_KEPT = 1, COOEE_VALUE_REFUSED = 2 };

/* A board that takes settings alone has no other slots than theirs, and counts in bytes: 500 bytes of flash on an AVR. */
#if COOEE_IMAGE_ROOM > 0
typedef uint16_t cooee_slot_size;
#else
typedef uint8_t cooee_slot_size;
#endif
/* What is kept of a slot beside its bytes. */
#define COOEE_SLOT_HEAD (5 + 2 * sizeof(cooee_slot_size))

/* Bytes of a store: those of settings, with the heads of images; and those of images, which follow. */
#define COOEE_SETTINGS_STORE (2 * (COOEE_SLOT_HEAD + COOEE_SETTINGS_MAX))
#define COOEE_STORE_SIZE (COOEE_SETTINGS_STORE + (COOEE_IMAGE_ROOM > 0 ? 2 * COOEE_SLOT_HEAD * COOEE_NODE_SENTINELS : 0))
#define COOEE_IMAGES_STORE (2UL * COOEE_NODE_SENTINELS * COOEE_IMAGE_ROOM)

/* Two slots: their heads lie at `heads`, one behind the other, and their bytes, `room` each, at `bytes`. */
struct cooee_slots {
    const struct cooee_store *store;
#if COOEE_IMAGE_ROOM > 0
    uint16_t heads, bytes, room;
#endif
};

void slots_load(struct cooee_slots slots, uint8_t slot, cooee_slot_size at, uint8_t *bytes, uint8_t count);

/* A number in a slot's bytes, little-endian. */
uint8_t slots_u8(struct cooee_slots slots, uint8_t slot, cooee_slot_size at);
uint16_t slots_u16(struct cooee_slots slots, uint8_t slot, cooee_slot_size at);

cooee_slot_size slots_total(struct cooee_slots slots, uint8_t slot);
uint32_t slots_version(struct cooee_slots slots, uint8_t slot); /* 0 of COOEE_SLOT_NONE */
bool slots_proved(struct cooee_slots slots, uint8_t slot);

/* The slot with the newest value that is whole and has not failed. */
uint8_t slots_find(struct cooee_slots slots);

/* Counts a start; the same as slots_find, but that what was started in vain for the third time is given up. */
uint8_t slots_start(struct cooee_slots slots);

/* Keeps a piece beside the value in slot `used`, and says in `answer` what to ask next. True: the other slot, which is `*taken`,
 * holds the whole value; the caller looks at it, and says slots_try or slots_refuse. */
bool slots_take(struct cooee_slots slots, uint8_t used, const struct cooee_piece *piece, struct cooee_wanted *answer,
                uint8_t *taken);

void slots_try(struct cooee_slots slots, uint8_t slot);
void slots_prove(struct cooee_slots slots, uint8_t slot);
void slots_refuse(struct cooee_slots slots, uint8_t slot);

#endif
