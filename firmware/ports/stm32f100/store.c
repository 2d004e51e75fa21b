/* What outlives power, in two pages of flash of which one is in use. A page begins with its serial number, which is written last; then
 * come the incarnation, the settings and the heads of images, and the boots: as many as half words are no longer erased, counted on
 * from a base. A page that is full, or whose settings or heads change, is written anew into the other one; power lost meanwhile leaves
 * the old one. The bytes of images are in pages of their own, that follow, and so is
 * the ring. */
#include "hal/store.h"

#include <string.h>

#include "board.h"
#include "cooee/ring_log.h"
#include "node.h"
#include "pages.h"

#ifndef NODE_INCARNATION
#error "cooee enrol makes NODE_INCARNATION and NODE_KEY"
#endif
#define ERASED 0xFFFFU
enum { SERIAL = 0, BASE = 2, INCARNATION = 4, SLOTS = 8, BOOTS = 512 };
#define MARK 0x0000
#define RESET_PIN (1U << 2)
#define RESET_POWER (1U << 3)
#define RESET_PROGRAM (1U << 4)
#define RESET_WATCHDOG (1U << 5)

#if COOEE_IMAGE_ROOM % PAGE_SIZE != 0
#error "COOEE_IMAGE_ROOM: whole pages of flash"
#endif
#if COOEE_IMAGES_STORE / PAGE_SIZE > PAGES_IMAGES
#error "COOEE_IMAGE_ROOM, COOEE_NODE_SENTINELS: there are not so many pages of flash"
#endif

static uint8_t slots[COOEE_STORE_SIZE];
static uint8_t page;
static uint16_t boot;
static uint32_t incarnation;

static uint16_t half_at(uint8_t of, uint16_t offset)
{
    const uint8_t *at = page_at(of) + offset;

    return (uint16_t)(at[0] | at[1] << 8);
}

static bool newer(uint16_t one, uint16_t other)
{
    return other == ERASED || (uint16_t)(one - other) < 0x8000U;
}

/* Where the next boot is marked. */
static uint16_t boots_end(void)
{
    uint16_t at = BOOTS;

    while (at < PAGE_SIZE && half_at(page, at) != ERASED) {
        at = (uint16_t)(at + 2);
    }
    return at;
}

/* Writes what is kept into the other page, which is in use from then on. */
static void renew(void)
{
    uint8_t other = !page;
    uint16_t serial = half_at(page, SERIAL) == ERASED ? 0 : (uint16_t)(half_at(page, SERIAL) + 1);

    page_erase(other);
    page_write(other, BASE, boot);
    page_write(other, INCARNATION, (uint16_t)incarnation);
    page_write(other, INCARNATION + 2, (uint16_t)(incarnation >> 16));
    for (uint16_t at = 0; at < COOEE_STORE_SIZE; at = (uint16_t)(at + 2)) {
        page_write(other, (uint16_t)(SLOTS + at), (uint16_t)(slots[at] | slots[at + 1] << 8));
    }
    page_write(other, SERIAL, serial == ERASED ? 0 : serial);
    page = other;
}

static void find(void)
{
    uint16_t first = half_at(0, SERIAL), second = half_at(1, SERIAL);

    page = first != ERASED && newer(first, second) ? 0 : 1;
    memcpy(slots, page_at(page) + SLOTS, sizeof slots);
    if (half_at(page, SERIAL) != ERASED) {
        incarnation = half_at(page, INCARNATION) | (uint32_t)half_at(page, INCARNATION + 2) << 16;
        boot = (uint16_t)(half_at(page, BASE) + (boots_end() - BOOTS) / 2);
    }
}

/* The boot is on flash before anything is sealed with it. It goes on through incarnations, for one may come back with its program. */
static void count_boot(void)
{
    uint16_t at = boots_end();

    boot++;
    if (incarnation != NODE_INCARNATION) {
        incarnation = NODE_INCARNATION;
        renew();
    } else if (at == PAGE_SIZE) {
        renew();
    } else {
        page_write(page, at, MARK);
    }
}

static struct cooee_ring_log ring;
static const struct cooee_ring_pages ring_pages = {page_at, page_erase, page_write, PAGE_SIZE, PAGE_RING, PAGES_RING};

static uint8_t cause_of_reset(void)
{
    uint8_t flags = time_reset_flags();

    if ((flags & RESET_WATCHDOG) != 0) {
        return COOEE_RESET_WATCHDOG;
    }
    if ((flags & RESET_PROGRAM) != 0) {
        return COOEE_RESET_PROGRAM;
    }
    return (flags & (RESET_POWER | RESET_PIN)) == RESET_PIN ? COOEE_RESET_BUTTON : COOEE_RESET_POWER;
}

void hal_store_start(void *context, struct cooee_start *start)
{
    static const uint8_t key[COOEE_KEY_SIZE] = NODE_KEY;

    (void)context;
    find();
    count_boot();
    ring_log_start(&ring, &ring_pages);
    *start = (struct cooee_start){.incarnation = incarnation, .boot = boot, .reset = cause_of_reset()};
    memcpy(start->key, key, sizeof key);
}

#if COOEE_IMAGE_ROOM > 0
static uint8_t page_of_image(uint16_t at)
{
    return (uint8_t)(PAGES_KEPT + at / PAGE_SIZE);
}

static void load_image(uint16_t at, uint8_t *bytes, uint8_t count)
{
    for (; count > 0; count--, at++) {
        *bytes++ = page_at(page_of_image(at))[at % PAGE_SIZE];
    }
}

/* From an even byte on, as all pieces but the last have an even length. What power was cut in is not written twice: the image's
 * checksum finds it. */
static void save_image(uint16_t at, const uint8_t *bytes, uint8_t count)
{
    if (at % COOEE_IMAGE_ROOM == 0) {
        for (uint16_t within = 0; within < COOEE_IMAGE_ROOM; within = (uint16_t)(within + PAGE_SIZE)) {
            page_erase(page_of_image((uint16_t)(at + within)));
        }
    }
    for (uint8_t i = 0; i < count; i = (uint8_t)(i + 2), at = (uint16_t)(at + 2)) {
        if (half_at(page_of_image(at), at % PAGE_SIZE) == ERASED) {
            page_write(page_of_image(at), at % PAGE_SIZE, (uint16_t)(bytes[i] | (i + 1 < count ? bytes[i + 1] : 0xFF) << 8));
        }
    }
}
#else
#define load_image(at, bytes, count)
#define save_image(at, bytes, count)
#endif

static void load(void *context, uint16_t at, uint8_t *bytes, uint8_t count)
{
    (void)context;
    if (at < COOEE_STORE_SIZE) {
        memcpy(bytes, slots + at, count);
    } else {
        load_image((uint16_t)(at - COOEE_STORE_SIZE), bytes, count);
    }
}

static void save(void *context, uint16_t at, const uint8_t *bytes, uint8_t count)
{
    (void)context;
    if (at >= COOEE_STORE_SIZE) {
        save_image((uint16_t)(at - COOEE_STORE_SIZE), bytes, count);
    } else if (memcmp(slots + at, bytes, count) != 0) {
        memcpy(slots + at, bytes, count);
        renew();
    }
}

const struct cooee_store board_store = {0, load, save};
const struct cooee_ring_memory board_ring = {{&ring, ring_log_load, ring_log_save}, BOARD_RING_SLOTS};
