#include "cooee/settings.h"

#define FORMAT 1
#define SHORTEST_WAKE_S 60
/* Offsets in the block. */
enum { WAKE = 1, TELEMETRY = 3, SITE = 4, POLICIES = 12, CHANNELS = 13, FIRST_CHANNEL = 14 };
#define CRC_SIZE 4
#define POINT_SIZE 4

static struct cooee_slots slots_of(const struct cooee_store *store)
{
#if COOEE_IMAGE_ROOM > 0
    return (struct cooee_slots){store, 0, 2 * COOEE_SLOT_HEAD, COOEE_SETTINGS_MAX};
#else
    return (struct cooee_slots){store};
#endif
}

static uint8_t end_of(struct cooee_slots slots, uint8_t slot)
{
    return (uint8_t)(slots_total(slots, slot) - CRC_SIZE);
}

/* Where the points of a channel begin, or, for a channel that it does not have, where all of them end; 0 when they cannot be. */
static uint8_t find_points(struct cooee_slots slots, uint8_t slot, uint8_t channel)
{
    uint8_t at = FIRST_CHANNEL;

    for (uint8_t left = slots_u8(slots, slot, CHANNELS); left > 0; left--) {
        uint8_t count = slots_u8(slots, slot, (uint8_t)(at + 1));
        if (count < 2 || count > COOEE_POINTS_MAX || at >= COOEE_SETTINGS_MAX - CRC_SIZE) {
            return 0;
        }
        if (slots_u8(slots, slot, at) == channel) {
            return at;
        }
        at = (uint8_t)(at + 2 + count * POINT_SIZE);
    }
    return at;
}

static bool read_slot(struct cooee_slots slots, uint8_t slot, struct cooee_settings *settings)
{
    struct cooee_settings read = *settings; /* which has the rest of the site */
    int16_t *site[] = {&read.site.field_capacity_e4, &read.site.wilting_point_e4, &read.site.saturation_e4,
                       &read.site.depletion_fraction_e3};

    for (uint8_t i = 0; i < 4; i++) {
        *site[i] = (int16_t)(slots_u16(slots, slot, (uint8_t)(SITE + 2 * i)) & 0x7FFF);
    }
    read.version = slots_version(slots, slot);
    read.wake_interval_s = slots_u16(slots, slot, WAKE);
    read.telemetry_every = slots_u8(slots, slot, TELEMETRY);
    read.slot = slot;
    read.trial = slots_proved(slots, slot) ? 0 : COOEE_TRIAL_WAKES;
    if (slots_u8(slots, slot, 0) != FORMAT || read.wake_interval_s < SHORTEST_WAKE_S || read.telemetry_every == 0
        || read.site.wilting_point_e4 >= read.site.field_capacity_e4 || read.site.field_capacity_e4 > read.site.saturation_e4
        || read.site.depletion_fraction_e3 == 0 || read.site.depletion_fraction_e3 > 1000
        || slots_u8(slots, slot, POLICIES) != 0 || find_points(slots, slot, COOEE_CHANNEL_COUNT) != end_of(slots, slot)) {
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
    if (at == end_of(slots, slot)) {
        return 0;
    }
    uint8_t count = slots_u8(slots, slot, (uint8_t)(at + 1));
    for (uint8_t i = 0; i < count; i++) {
        uint8_t point = (uint8_t)(at + 2 + i * POINT_SIZE);
        points[i].x = (int16_t)slots_u16(slots, slot, point);
        points[i].y = (int16_t)slots_u16(slots, slot, (uint8_t)(point + 2));
    }
    return count;
}
