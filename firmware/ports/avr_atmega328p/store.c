/* EEPROM: the boot count, in two places written in turn, so that power lost while one is written leaves the other; who the node
 * is, from the program when that was compiled for an enrolled node; the slots of what comes over the air; and its ring. */
#include "hal/store.h"

#include <avr/eeprom.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <string.h>

#include "board.h"
#include "cooee/flash.h"

#define ERASED 0xFFFFU
#define ERASED_LONG 0xFFFFFFFFUL

static struct {
    uint16_t boot[2];
    uint32_t incarnation;
    uint8_t key[COOEE_KEY_SIZE];
    uint8_t values[COOEE_STORE_SIZE + COOEE_IMAGES_STORE];
    uint8_t ring[BOARD_RING_SLOTS * COOEE_RING_SLOT];
} kept EEMEM;

static uint16_t count_at(uint8_t index)
{
    uint16_t count = eeprom_read_word(&kept.boot[index]);
    return count == ERASED ? 0 : count;
}

static uint16_t next_boot(void)
{
    uint16_t first = count_at(0), second = count_at(1);
    uint16_t next = (uint16_t)((first > second ? first : second) + 1);

    eeprom_write_word(&kept.boot[first > second], next);
    return next;
}

/* The incarnation last: power lost before it leaves it to be done again. */
static void keep(const struct cooee_start *start)
{
    eeprom_write_block(start->key, kept.key, sizeof start->key);
    eeprom_write_dword(&kept.incarnation, start->incarnation);
}

static uint8_t cause_of_reset(void)
{
    uint8_t flags = time_reset_flags();

    if ((flags & 1 << PORF) != 0 || flags == 0) {
        return COOEE_RESET_POWER;
    }
    if ((flags & 1 << BORF) != 0) {
        return COOEE_RESET_BROWN_OUT;
    }
    return (flags & 1 << WDRF) != 0 ? COOEE_RESET_WATCHDOG : COOEE_RESET_BUTTON;
}

#ifdef NODE_INCARNATION
/* What `cooee enrol` wrote for this board. */
static void enrol(struct cooee_start *start)
{
    static const uint8_t key[COOEE_KEY_SIZE] COOEE_FLASH = NODE_KEY;

    if (start->incarnation != NODE_INCARNATION) {
        start->incarnation = NODE_INCARNATION;
        memcpy_P(start->key, key, sizeof key);
        keep(start);
    }
}
#else
extern const uint32_t __heap_start[]; /* the linker's: where RAM that no variable has begins */

/* Nobody has enrolled this board: it draws the sum of what RAM held at power-on, neither 0 nor what erased memory holds, once. */
static void enrol(struct cooee_start *start)
{
    if (start->incarnation == 0 || start->incarnation == ERASED_LONG) {
        for (const uint32_t *at = __heap_start; at < (const uint32_t *)(RAMEND - 3); at++) {
            start->incarnation += *at;
        }
        start->incarnation = (start->incarnation & 0x7FFFFFFFUL) | 1;
        memset(start->key, 0, sizeof start->key);
        keep(start);
    }
}
#endif

void hal_store_start(void *context, struct cooee_start *start)
{
    (void)context;
    start->incarnation = eeprom_read_dword(&kept.incarnation);
    eeprom_read_block(start->key, kept.key, sizeof start->key);
    enrol(start);
    start->boot = next_boot();
    start->reset = cause_of_reset();
    start->wakes_missed = 0;
}

/* The context is where a store begins. */
static void load_eeprom(void *context, uint16_t at, uint8_t *bytes, uint8_t count)
{
    eeprom_read_block(bytes, (uint8_t *)context + at, count);
}

static void save_eeprom(void *context, uint16_t at, const uint8_t *bytes, uint8_t count)
{
    eeprom_update_block(bytes, (uint8_t *)context + at, count);
}

const struct cooee_store board_store = {kept.values, load_eeprom, save_eeprom};
const struct cooee_ring_memory board_ring = {{kept.ring, load_eeprom, save_eeprom}, BOARD_RING_SLOTS};
