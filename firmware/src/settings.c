#include "cooee/settings.h"

/* A slot. What a power cut leaves is found by the order in which they are written: the state first, the count before the version. */
enum { STATE = 0, HAVE = 1, TOTAL = 2, VERSION = 3, BLOCK = 7 };
/* Any other state: it is being received. A trial adds the resets that it has seen. */
enum { REFUSED = 0x00, TRIAL = 0xA0, PROVED = 0x5A, RECEIVING = 0xFF };

#define FORMAT 1
#define SHORTEST_WAKE_S 60
/* Offsets in the block. */
enum { WAKE = 1, TELEMETRY = 3, SITE = 4, POLICIES = 12, CHANNELS = 13, FIRST_CHANNEL = 14 };
#define CRC_SIZE 4
#define POINT_SIZE 4

static uint32_t load(const struct cooee_store *store, uint8_t slot, uint8_t at, uint8_t size)
{
    uint8_t bytes[4];
    uint32_t value = 0;

    store->load(store->context, (uint16_t)(slot * COOEE_SLOT_SIZE + at), bytes, size);
    while (size > 0) {
        value = value << 8 | bytes[--size];
    }
    return value;
}

static uint8_t load_u8(const struct cooee_store *store, uint8_t slot, uint8_t at)
{
    return (uint8_t)load(store, slot, at, 1);
}

static uint16_t load_u16(const struct cooee_store *store, uint8_t slot, uint8_t at)
{
    return (uint16_t)load(store, slot, at, 2);
}

static void save_u8(const struct cooee_store *store, uint8_t slot, uint8_t at, uint8_t value)
{
    store->save(store->context, (uint16_t)(slot * COOEE_SLOT_SIZE + at), &value, 1);
}

/* CRC-32 of IEEE 802.3, lowest bit first. */
static bool checksum_fits(const struct cooee_store *store, uint8_t slot, uint8_t total)
{
    uint32_t crc = 0xFFFFFFFFUL;

    for (uint8_t at = 0; at < total - CRC_SIZE; at++) {
        crc ^= load_u8(store, slot, (uint8_t)(BLOCK + at));
        for (uint8_t bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320UL : crc >> 1;
        }
    }
    return load(store, slot, (uint8_t)(BLOCK + total - CRC_SIZE), 4) == (uint32_t)~crc;
}

static bool is_whole(const struct cooee_store *store, uint8_t slot)
{
    uint8_t total = load_u8(store, slot, TOTAL);

    return total >= FIRST_CHANNEL + CRC_SIZE && total <= COOEE_SETTINGS_MAX && load_u8(store, slot, HAVE) == total
           && checksum_fits(store, slot, total);
}

/* Where the points of a channel begin, or, for a channel that it does not have, where all of them end; 0 when they cannot be. */
static uint8_t find_points(const struct cooee_store *store, uint8_t slot, uint8_t channel)
{
    uint8_t at = BLOCK + FIRST_CHANNEL;

    for (uint8_t left = load_u8(store, slot, BLOCK + CHANNELS); left > 0; left--) {
        uint8_t count = load_u8(store, slot, (uint8_t)(at + 1));
        if (count < 2 || count > COOEE_POINTS_MAX || at >= BLOCK + COOEE_SETTINGS_MAX - CRC_SIZE) {
            return 0;
        }
        if (load_u8(store, slot, at) == channel) {
            return at;
        }
        at = (uint8_t)(at + 2 + count * POINT_SIZE);
    }
    return at;
}

static bool read_slot(const struct cooee_store *store, uint8_t slot, struct cooee_settings *settings)
{
    struct cooee_settings read = *settings; /* which has the rest of the site */
    int16_t *site[] = {&read.site.field_capacity_e4, &read.site.wilting_point_e4, &read.site.saturation_e4,
                       &read.site.depletion_fraction_e3};

    for (uint8_t i = 0; i < 4; i++) {
        *site[i] = (int16_t)(load_u16(store, slot, (uint8_t)(BLOCK + SITE + 2 * i)) & 0x7FFF);
    }
    read.version = load(store, slot, VERSION, 4);
    read.wake_interval_s = load_u16(store, slot, BLOCK + WAKE);
    read.telemetry_every = load_u8(store, slot, BLOCK + TELEMETRY);
    read.slot = slot;
    read.trial = load_u8(store, slot, STATE) == PROVED ? 0 : COOEE_TRIAL_WAKES;
    if (load_u8(store, slot, BLOCK) != FORMAT || read.wake_interval_s < SHORTEST_WAKE_S || read.telemetry_every == 0
        || read.site.wilting_point_e4 >= read.site.field_capacity_e4 || read.site.field_capacity_e4 > read.site.saturation_e4
        || read.site.depletion_fraction_e3 == 0 || read.site.depletion_fraction_e3 > 1000
        || load_u8(store, slot, BLOCK + POLICIES) != 0
        || find_points(store, slot, COOEE_CHANNEL_COUNT) != BLOCK + load_u8(store, slot, TOTAL) - CRC_SIZE) {
        return false;
    }
    *settings = read;
    return true;
}

static bool is_trial(uint8_t state)
{
    return state >= TRIAL && state < TRIAL + COOEE_TRIAL_RESETS;
}

bool settings_find(const struct cooee_store *store, struct cooee_settings *settings)
{
    bool found = false;

    for (uint8_t slot = 0; slot < 2; slot++) {
        uint8_t state = load_u8(store, slot, STATE);
        bool newer = !found || load(store, slot, VERSION, 4) > settings->version;
        if ((state == PROVED || is_trial(state)) && newer && is_whole(store, slot)) {
            found = read_slot(store, slot, settings) || found;
        }
    }
    return found;
}

bool settings_start(const struct cooee_store *store, struct cooee_settings *settings)
{
    while (settings_find(store, settings)) {
        uint8_t state = load_u8(store, settings->slot, STATE);
        if (!is_trial(state)) {
            return true;
        }
        if (is_trial(++state)) {
            save_u8(store, settings->slot, STATE, state);
            return true;
        }
        settings_refuse(store, settings);
    }
    return false;
}

void settings_prove(const struct cooee_store *store, struct cooee_settings *settings)
{
    settings->trial = 0;
    save_u8(store, settings->slot, STATE, PROVED);
}

void settings_refuse(const struct cooee_store *store, const struct cooee_settings *settings)
{
    save_u8(store, settings->slot, STATE, REFUSED);
}

static void begin(const struct cooee_store *store, uint8_t slot, const struct cooee_piece *piece)
{
    uint8_t version[4];

    for (uint8_t i = 0; i < 4; i++) {
        version[i] = (uint8_t)(piece->version >> 8 * i);
    }
    save_u8(store, slot, STATE, RECEIVING);
    save_u8(store, slot, HAVE, 0);
    save_u8(store, slot, TOTAL, (uint8_t)piece->total);
    store->save(store->context, (uint16_t)(slot * COOEE_SLOT_SIZE + VERSION), version, 4);
}

bool settings_take(const struct cooee_store *store, const struct cooee_piece *piece, struct cooee_settings *settings,
                   struct cooee_wanted *answer)
{
    uint8_t slot = settings->slot == 0 ? 1 : 0;

    *answer = (struct cooee_wanted){.kind = COOEE_VALUE_SETTINGS, .version = piece->version, .state = COOEE_SETTINGS_REFUSED};
    if (piece->version <= settings->version) {
        answer->version = settings->version;
        answer->state = COOEE_SETTINGS_KEPT;
        return false;
    }
    bool begun = load(store, slot, VERSION, 4) == piece->version && load_u8(store, slot, TOTAL) == piece->total;
    if (piece->total > COOEE_SETTINGS_MAX || (begun && load_u8(store, slot, STATE) == REFUSED)) {
        return false;
    }
    uint8_t have = begun ? load_u8(store, slot, HAVE) : 0;
    if (!begun || have > piece->total) {
        begin(store, slot, piece);
        have = 0;
    }
    if (piece->offset == have && have + piece->count <= piece->total) {
        store->save(store->context, (uint16_t)(slot * COOEE_SLOT_SIZE + BLOCK + have), piece->bytes, piece->count);
        have = (uint8_t)(have + piece->count);
        save_u8(store, slot, HAVE, have);
    }
    if (have == piece->total && is_whole(store, slot)) {
        if (!read_slot(store, slot, settings)) {
            save_u8(store, slot, STATE, REFUSED);
            return false;
        }
        save_u8(store, slot, STATE, TRIAL);
        answer->state = COOEE_SETTINGS_KEPT;
        return true;
    }
    if (have == piece->total) { /* a piece that power was cut in: once more */
        save_u8(store, slot, HAVE, 0);
        have = 0;
    }
    answer->offset = have;
    answer->state = COOEE_SETTINGS_WANTS;
    return false;
}

uint8_t settings_points(const struct cooee_store *store, const struct cooee_settings *settings, uint8_t channel,
                        struct cooee_point points[COOEE_POINTS_MAX])
{
    uint8_t slot = settings->slot;

    if (slot == COOEE_SLOT_NONE) {
        return 0;
    }
    uint8_t at = find_points(store, slot, channel);
    if (at == BLOCK + load_u8(store, slot, TOTAL) - CRC_SIZE) {
        return 0;
    }
    uint8_t count = load_u8(store, slot, (uint8_t)(at + 1));
    for (uint8_t i = 0; i < count; i++) {
        uint8_t point = (uint8_t)(at + 2 + i * POINT_SIZE);
        points[i].x = (int16_t)load_u16(store, slot, point);
        points[i].y = (int16_t)load_u16(store, slot, (uint8_t)(point + 2));
    }
    return count;
}
