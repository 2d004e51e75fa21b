#include "cooee/successor.h"

#if COOEE_IMAGE_ROOM > 0

static uint8_t byte_at(const void *context, uint16_t offset)
{
    const struct cooee_successor *successor = context;

    return slots_u8(successor->slots, successor->slot, offset);
}

/* Whether this node can run the image that is open. */
static enum cooee_status fits(const struct cooee_successor *successor)
{
    const struct cooee_sentinel *sentinel = &successor->sentinel;

    if (successor->image.size != slots_total(successor->slots, successor->slot)) {
        return COOEE_STATUS_SIZE;
    }
    if (sentinel->id != successor->built_in->id || sentinel->class_count != successor->built_in->class_count
        || (sentinel_channels(sentinel) & ~successor->channels) != 0 || (!successor->water && sentinel_needs_water(sentinel))) {
        return COOEE_STATUS_NOT_OURS;
    }
    return image_check(&successor->image);
}

/* Opens the image in `slot`, which is in use from then on if it can be. */
static enum cooee_status use(struct cooee_successor *successor, uint8_t slot)
{
    const struct cooee_successor before = *successor;
    enum cooee_status status = COOEE_STATUS_OK;

    successor->slot = slot;
    successor->trial = 0;
    if (slot == COOEE_SLOT_NONE) {
        return status;
    }
    successor->trial = slots_proved(successor->slots, slot) ? 0 : COOEE_TRIAL_WAKES;
    status = image_open(&successor->image, byte_at, successor, slots_total(successor->slots, slot));
    if (status == COOEE_STATUS_OK) {
        const struct cooee_image *image = &successor->image;

        successor->sentinel = (struct cooee_sentinel){.image = image, .version = image->version, .id = image->id,
                                                      .feature_count = image->feature_count, .class_count = image->class_count};
        status = fits(successor);
    }
    if (status != COOEE_STATUS_OK) {
        *successor = before;
    }
    return status;
}

/* The newest that can be used. */
static void find(struct cooee_successor *successor, uint8_t slot)
{
    while (use(successor, slot) != COOEE_STATUS_OK) {
        slots_refuse(successor->slots, slot);
        slot = slots_find(successor->slots);
    }
}

void successor_start(struct cooee_successor *successor, const struct cooee_store *store, uint8_t place,
                     const struct cooee_sentinel *built_in, uint16_t channels, bool water)
{
    *successor = (struct cooee_successor){
        .built_in = built_in,
        .slots = {store, (uint16_t)(COOEE_SETTINGS_STORE + 2 * COOEE_SLOT_HEAD * place),
                  (uint16_t)(COOEE_STORE_SIZE + 2UL * COOEE_IMAGE_ROOM * place), COOEE_IMAGE_ROOM},
        .channels = channels,
        .water = water,
        .slot = COOEE_SLOT_NONE};
    find(successor, slots_start(successor->slots));
}

const struct cooee_sentinel *successor_sentinel(const struct cooee_successor *successor)
{
    return successor->slot == COOEE_SLOT_NONE ? successor->built_in : &successor->sentinel;
}

/* Gives up the slot with this version; a version of no slot was given up before. */
static bool give_up(struct cooee_successor *successor, uint32_t version)
{
    const uint8_t used = successor->slot;

    for (uint8_t slot = 0; slot < 2; slot++) {
        if (slots_version(successor->slots, slot) == version) {
            slots_refuse(successor->slots, slot);
        }
    }
    find(successor, slots_find(successor->slots));
    return successor->slot != used;
}

bool successor_take(struct cooee_successor *successor, const struct cooee_piece *piece, struct cooee_wanted *answer)
{
    uint8_t slot;

    if (piece->total == 0) {
        *answer = (struct cooee_wanted){.kind = piece->kind, .version = piece->version, .state = COOEE_VALUE_REFUSED};
        return give_up(successor, piece->version);
    }
    if (!slots_take(successor->slots, successor->slot, piece, answer, &slot)) {
        return false;
    }
    answer->offset = (uint16_t)use(successor, slot);
    if (answer->offset != COOEE_STATUS_OK) {
        slots_refuse(successor->slots, slot);
        answer->state = COOEE_VALUE_REFUSED;
        return false;
    }
    successor->trial = COOEE_TRIAL_WAKES;
    slots_try(successor->slots, slot);
    answer->state = COOEE_VALUE_KEPT;
    return true;
}

void successor_prove(struct cooee_successor *successor)
{
    successor->trial = 0;
    slots_prove(successor->slots, successor->slot);
}

void successor_refuse(struct cooee_successor *successor)
{
    slots_refuse(successor->slots, successor->slot);
    find(successor, slots_find(successor->slots));
}

#endif
