#include "cooee/slots.h"

#include "cooee/crc32.h"
#include "cooee/flash.h"

/* The head of a slot. What a power cut leaves is found by the order in which it is written: the state first, the count before the
 * version. */
enum { STATE = 0, VERSION = 1, HAVE = 5, TOTAL = HAVE + sizeof(cooee_slot_size) };
/* Any other state: it is being received. A trial adds the resets that it has seen. */
enum { REFUSED = 0x00, TRIAL = 0xA0, PROVED = 0x5A, RECEIVING = 0xFF };

#define CRC_SIZE 4
#if COOEE_IMAGE_ROOM > 0
#define HEADS(slots) (slots).heads
#define BYTES(slots) (slots).bytes
#define ROOM(slots) (slots).room
#else
#define HEADS(slots) ((void)(slots), 0)
#define BYTES(slots) ((void)(slots), 2 * COOEE_SLOT_HEAD)
#define ROOM(slots) COOEE_SETTINGS_MAX
#endif

static uint32_t load_number(const struct cooee_store *store, uint16_t at, uint8_t size)
{
    uint8_t bytes[4];
    uint32_t value = 0;

    store->load(store->context, at, bytes, size);
    while (size > 0) {
        value = value << 8 | bytes[--size];
    }
    return value;
}

static void save_number(const struct cooee_store *store, uint16_t at, uint32_t value, uint8_t size)
{
    uint8_t bytes[4];

    for (uint8_t i = 0; i < size; i++, value >>= 8) {
        bytes[i] = (uint8_t)value;
    }
    store->save(store->context, at, bytes, size);
}

static uint16_t head_of(struct cooee_slots slots, uint8_t slot)
{
    return (uint16_t)(HEADS(slots) + slot * COOEE_SLOT_HEAD);
}

static uint16_t bytes_of(struct cooee_slots slots, uint8_t slot)
{
    return (uint16_t)(BYTES(slots) + slot * ROOM(slots));
}

static uint8_t state_of(struct cooee_slots slots, uint8_t slot)
{
    return (uint8_t)load_number(slots.store, (uint16_t)(head_of(slots, slot) + STATE), 1);
}

static void save_state(struct cooee_slots slots, uint8_t slot, uint8_t state)
{
    save_number(slots.store, (uint16_t)(head_of(slots, slot) + STATE), state, 1);
}

static cooee_slot_size have_of(struct cooee_slots slots, uint8_t slot)
{
    return (cooee_slot_size)load_number(slots.store, (uint16_t)(head_of(slots, slot) + HAVE), sizeof(cooee_slot_size));
}

static void save_have(struct cooee_slots slots, uint8_t slot, cooee_slot_size have)
{
    save_number(slots.store, (uint16_t)(head_of(slots, slot) + HAVE), have, sizeof have);
}

void slots_load(struct cooee_slots slots, uint8_t slot, cooee_slot_size at, uint8_t *bytes, uint8_t count)
{
    slots.store->load(slots.store->context, (uint16_t)(bytes_of(slots, slot) + at), bytes, count);
}

uint8_t slots_u8(struct cooee_slots slots, uint8_t slot, cooee_slot_size at)
{
    return (uint8_t)load_number(slots.store, (uint16_t)(bytes_of(slots, slot) + at), 1);
}

uint16_t slots_u16(struct cooee_slots slots, uint8_t slot, cooee_slot_size at)
{
    return (uint16_t)load_number(slots.store, (uint16_t)(bytes_of(slots, slot) + at), 2);
}

cooee_slot_size slots_total(struct cooee_slots slots, uint8_t slot)
{
    return (cooee_slot_size)load_number(slots.store, (uint16_t)(head_of(slots, slot) + TOTAL), sizeof(cooee_slot_size));
}

uint32_t slots_version(struct cooee_slots slots, uint8_t slot)
{
    return slot == COOEE_SLOT_NONE ? 0 : load_number(slots.store, (uint16_t)(head_of(slots, slot) + VERSION), 4);
}

static COOEE_SHARED bool is_whole(struct cooee_slots slots, uint8_t slot)
{
    uint32_t crc = COOEE_CRC32_START;
    cooee_slot_size total = slots_total(slots, slot);

    if (total <= CRC_SIZE || total > ROOM(slots) || have_of(slots, slot) != total) {
        return false;
    }
    total = (cooee_slot_size)(total - CRC_SIZE);
    for (cooee_slot_size at = 0; at < total; at++) {
        crc = crc32_next(crc, slots_u8(slots, slot, at));
    }
    return load_number(slots.store, (uint16_t)(bytes_of(slots, slot) + total), CRC_SIZE) == (uint32_t)~crc;
}

static bool is_trial(uint8_t state)
{
    return state >= TRIAL && state < TRIAL + COOEE_TRIAL_RESETS;
}

bool slots_proved(struct cooee_slots slots, uint8_t slot)
{
    return state_of(slots, slot) == PROVED;
}

uint8_t slots_find(struct cooee_slots slots)
{
    uint8_t found = COOEE_SLOT_NONE;
    uint32_t newest = 0;

    for (uint8_t slot = 0; slot < 2; slot++) {
        uint8_t state = state_of(slots, slot);
        uint32_t version = slots_version(slots, slot);
        if ((state == PROVED || is_trial(state)) && version > newest && is_whole(slots, slot)) {
            found = slot;
            newest = version;
        }
    }
    return found;
}

uint8_t slots_start(struct cooee_slots slots)
{
    uint8_t slot;

    while ((slot = slots_find(slots)) != COOEE_SLOT_NONE && !slots_proved(slots, slot)) {
        uint8_t state = (uint8_t)(state_of(slots, slot) + 1);
        save_state(slots, slot, is_trial(state) ? state : REFUSED);
        if (is_trial(state)) {
            break;
        }
    }
    return slot;
}

bool slots_take(struct cooee_slots slots, uint8_t used, const struct cooee_piece *piece, struct cooee_wanted *answer,
                uint8_t *taken)
{
    uint8_t slot = used == 0 ? 1 : 0;
    uint32_t version = slots_version(slots, used);

    *answer = (struct cooee_wanted){.kind = piece->kind, .version = piece->version, .state = COOEE_VALUE_REFUSED};
    if (piece->version <= version) {
        answer->version = version;
        answer->state = COOEE_VALUE_KEPT;
        return false;
    }
    bool begun = slots_version(slots, slot) == piece->version && slots_total(slots, slot) == piece->total;
    if (begun && state_of(slots, slot) == REFUSED) {
        return false;
    }
    if (piece->total > ROOM(slots)) {
        answer->offset = COOEE_STATUS_SIZE;
        return false;
    }
    cooee_slot_size have = begun ? have_of(slots, slot) : 0;
    if (!begun || have > piece->total) {
        save_state(slots, slot, RECEIVING);
        save_have(slots, slot, 0);
        save_number(slots.store, (uint16_t)(head_of(slots, slot) + TOTAL), piece->total, sizeof have);
        save_number(slots.store, (uint16_t)(head_of(slots, slot) + VERSION), piece->version, 4);
        have = 0;
    }
    if (piece->offset == have && have + piece->count <= piece->total) {
        slots.store->save(slots.store->context, (uint16_t)(bytes_of(slots, slot) + have), piece->bytes, piece->count);
        have = (cooee_slot_size)(have + piece->count);
        save_have(slots, slot, have);
    }
    if (have == piece->total) {
        *taken = slot;
        if (is_whole(slots, slot)) {
            return true;
        }
        save_have(slots, slot, 0); /* a piece that power was cut in: once more */
        have = 0;
    }
    answer->offset = have;
    answer->state = COOEE_VALUE_WANTS;
    return false;
}

void slots_try(struct cooee_slots slots, uint8_t slot)
{
    save_state(slots, slot, TRIAL);
}

void slots_prove(struct cooee_slots slots, uint8_t slot)
{
    save_state(slots, slot, PROVED);
}

void slots_refuse(struct cooee_slots slots, uint8_t slot)
{
    save_state(slots, slot, REFUSED);
}
