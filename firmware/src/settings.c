#include "cooee/settings.h"

#include <stddef.h>

#define FORMAT_PLAIN 1
#define FORMAT_WITH_CROP 2
#define SHORTEST_WAKE_S 60
/* Offsets in the block; behind the changes of policies come the number of channels, the channels, and the crop. */
enum { WAKE = 1, TELEMETRY = 3, SITE = 4, CHANGES = 12, FIRST_CHANGE = 13 };
/* The soil: what struct cooee_site begins with. */
#define SITE_SIZE 8
#define CHANGE_SIZE 5
#define MOST_CHANGES 20
#define POINT_SIZE 4
/* The crop: the day of its planting, and what struct cooee_site has of it in bytes. */
#define CROP_SIZE 12
#define LAST_DAY_OF_YEAR 366
#define SHALLOWEST_ROOTS_CM 5
#define CRC_SIZE 4
#define NOWHERE 255

static struct cooee_slots slots_of(const struct cooee_store *store)
{
#if COOEE_IMAGE_ROOM > 0
    return (struct cooee_slots){store, 0, 2 * COOEE_SLOT_HEAD, COOEE_SETTINGS_MAX};
#else
    return (struct cooee_slots){store};
#endif
}

/* As it lies in the block: low byte first, as every processor that this runs on has it. */
uint8_t settings_change(const struct cooee_store *store, uint8_t slot, uint8_t place, struct cooee_policy_change *change)
{
    const struct cooee_slots slots = slots_of(store);

    slots_load(slots, slot, (uint8_t)(FIRST_CHANGE + place * CHANGE_SIZE), (uint8_t *)change, CHANGE_SIZE);
    return slots_u8(slots, slot, CHANGES);
}

static bool changes_valid(struct cooee_slots slots, uint8_t slot)
{
    struct cooee_policy_change change;
    uint8_t i = 0;

    while (i < settings_change(slots.store, slot, i, &change)) {
        if (change.class_id == 0 || change.field >= COOEE_POLICY_FIELDS || (change.field >= COOEE_POLICY_RAISE && change.value > 100)
            || ++i > MOST_CHANGES) {
            return false;
        }
    }
    return true;
}

/* Where the points of a channel begin, or, for a channel that it does not have, where all of them end; NOWHERE when they cannot be. */
static uint8_t find_points(struct cooee_slots slots, uint8_t slot, uint8_t channel)
{
    uint8_t at = (uint8_t)(FIRST_CHANGE + slots_u8(slots, slot, CHANGES) * CHANGE_SIZE);

    for (uint8_t left = slots_u8(slots, slot, at++); left > 0; left--) {
        uint8_t count = at < COOEE_SETTINGS_MAX - CRC_SIZE ? slots_u8(slots, slot, (uint8_t)(at + 1)) : 0;
        if (count < 2 || count > COOEE_POINTS_MAX) {
            return NOWHERE;
        }
        if (slots_u8(slots, slot, at) == channel) {
            return at;
        }
        at = (uint8_t)(at + 2 + count * POINT_SIZE);
    }
    return at;
}

/* What follows the changes of policies; false when it cannot be. */
static bool read_rest(struct cooee_slots slots, uint8_t slot, struct cooee_site *site)
{
    const uint8_t format = slots_u8(slots, slot, 0), at = find_points(slots, slot, COOEE_CHANNEL_COUNT);
    const uint8_t crop = format == FORMAT_WITH_CROP ? CROP_SIZE : 0;

    if ((crop == 0 && format != FORMAT_PLAIN) || (uint16_t)(at + crop + CRC_SIZE) != slots_total(slots, slot)) {
        return false;
    }
    if (crop == 0) {
        return true;
    }
    site->planted_on = slots_u16(slots, slot, at);
    slots_load(slots, slot, (uint8_t)(at + 2), (uint8_t *)site + offsetof(struct cooee_site, stage_days), CROP_SIZE - 2);
    return site->planted_on <= LAST_DAY_OF_YEAR && site->root_cm[0] >= SHALLOWEST_ROOTS_CM && site->root_cm[0] <= site->root_cm[1]
        && site->drainage_h > 0;
}

static bool read_slot(struct cooee_slots slots, uint8_t slot, struct cooee_settings *settings)
{
    struct cooee_settings read = *settings; /* which has the crop */

    slots_load(slots, slot, SITE, (uint8_t *)&read.site, SITE_SIZE);
    read.version = slots_version(slots, slot);
    read.wake_interval_s = slots_u16(slots, slot, WAKE);
    read.telemetry_every = slots_u8(slots, slot, TELEMETRY);
    read.slot = slot;
    read.trial = slots_proved(slots, slot) ? 0 : COOEE_TRIAL_WAKES;
    if (read.wake_interval_s < SHORTEST_WAKE_S || read.telemetry_every == 0 || !site_valid(&read.site) || !changes_valid(slots, slot)
        || !read_rest(slots, slot, &read.site)) {
        return false;
    }
    *settings = read;
    return true;
}

bool settings_find(const struct cooee_store *store, struct cooee_settings *settings)
{
    const struct cooee_slots slots = slots_of(store);
    const uint8_t slot = slots_find(slots);

    return slot != COOEE_SLOT_NONE && read_slot(slots, slot, settings);
}

bool settings_start(const struct cooee_store *store, struct cooee_settings *settings)
{
    const struct cooee_slots slots = slots_of(store);
    const uint8_t slot = slots_start(slots);

    return slot != COOEE_SLOT_NONE && read_slot(slots, slot, settings);
}

void settings_prove(const struct cooee_store *store, struct cooee_settings *settings)
{
    const struct cooee_slots slots = slots_of(store);

    settings->trial = 0;
    slots_prove(slots, settings->slot);
}

void settings_refuse(const struct cooee_store *store, const struct cooee_settings *settings)
{
    const struct cooee_slots slots = slots_of(store);

    slots_refuse(slots, settings->slot);
}

bool settings_take(const struct cooee_store *store, const struct cooee_piece *piece, struct cooee_settings *settings,
                   struct cooee_wanted *answer)
{
    const struct cooee_slots slots = slots_of(store);
    uint8_t slot;

    if (!slots_take(slots, settings->slot, piece, answer, &slot)) {
        return false;
    }
    if (!read_slot(slots, slot, settings)) {
        slots_refuse(slots, slot);
        return false;
    }
    slots_try(slots, slot);
    answer->state = COOEE_VALUE_KEPT;
    return true;
}

uint8_t settings_points(const struct cooee_store *store, const struct cooee_settings *settings, uint8_t channel,
                        struct cooee_point points[COOEE_POINTS_MAX])
{
    const struct cooee_slots slots = slots_of(store);
    const uint8_t slot = settings->slot;

    if (slot == COOEE_SLOT_NONE) {
        return 0;
    }
    uint8_t at = find_points(slots, slot, channel);
    if (at == find_points(slots, slot, COOEE_CHANNEL_COUNT)) {
        return 0;
    }
    uint8_t count = slots_u8(slots, slot, (uint8_t)(at + 1));
    slots_load(slots, slot, (uint8_t)(at + 2), (uint8_t *)points, (uint8_t)(count * POINT_SIZE));
    return count;
}
