/* Successor: a sentinel that came over the air as an image, in place of the one that came with the program (docs/SPEC.md, "Values
 * in pieces"). It runs from the slot in which it lies. */
#ifndef COOEE_SUCCESSOR_H
#define COOEE_SUCCESSOR_H

#include "cooee/image.h"
#include "cooee/slots.h"

struct cooee_successor {
    const struct cooee_sentinel *built_in;
    struct cooee_slots slots;
    uint16_t channels;              /* that the node has; bit = id */
    bool water;                     /* whether it has the filter */
    struct cooee_image image;       /* of `slot` */
    struct cooee_sentinel sentinel; /* the image's */
    uint8_t slot;                   /* in use; COOEE_SLOT_NONE: the built-in one */
    uint8_t trial;                  /* acknowledged wakes that are still wanted; 0: proved */
};

/* Takes the newest image of the store that has not failed; counts a start, as slots_start does. `place`: of the sentinel in the
 * node's configuration. */
void successor_start(struct cooee_successor *successor, const struct cooee_store *store, uint8_t place,
                     const struct cooee_sentinel *built_in, uint16_t channels, bool water);

/* The one that is in use. */
const struct cooee_sentinel *successor_sentinel(const struct cooee_successor *successor);

/* Keeps a piece beside the image in use, and says in `answer` what to ask next, or what became of the whole: one that is refused
 * has the reason, an enum cooee_status, for its offset. A piece of a total of 0 gives up what came with its version. True:
 * another sentinel is in use now. */
bool successor_take(struct cooee_successor *successor, const struct cooee_piece *piece, struct cooee_wanted *answer);

/* Ends the trial of the image in use. */
void successor_prove(struct cooee_successor *successor);

/* Gives up the image in use for the one before, or the built-in one. */
void successor_refuse(struct cooee_successor *successor);

#endif
