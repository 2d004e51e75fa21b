#include "cooee/ring_log.h"

#include <string.h>

#define ERASED 0xFFFFU
/* A page's head is its serial number, and that inverted, written last. */
enum { SERIAL = 0, INVERTED = 2 };
/* A record: its slot, written first, so that nobody writes there again; the slot's bytes, one that fills the last half word; and what
 * the ring writes once the frame was acknowledged. */
enum { SLOT = 0, BYTES = 2, DONE = BYTES + COOEE_RING_DONE + 1 };
#define MARK 0xA500U

static uint16_t half_in(const uint8_t bytes[])
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint16_t half_at(const struct cooee_ring_log *log, uint8_t page, uint16_t offset)
{
    return half_in(log->pages->at((uint8_t)(log->pages->first + page)) + offset);
}

static void write(const struct cooee_ring_log *log, uint8_t page, uint16_t offset, uint16_t half)
{
    log->pages->write((uint8_t)(log->pages->first + page), offset, half);
}

static bool is_used(const struct cooee_ring_log *log, uint8_t page)
{
    return (half_at(log, page, SERIAL) ^ half_at(log, page, INVERTED)) == ERASED;
}

/* The record behind one that power was cut in. */
static void find_records(struct cooee_ring_log *log)
{
    uint16_t mark;

    for (log->end = COOEE_RING_PAGE_HEAD; log->end + COOEE_RING_RECORD <= log->pages->size; log->end += COOEE_RING_RECORD) {
        mark = half_at(log, log->page, (uint16_t)(log->end + SLOT));
        if (mark == ERASED) {
            return;
        }
        if ((mark & 0xFF00U) == MARK && (mark & 0xFFU) < COOEE_RING_SLOTS_MAX) {
            log->record[mark & 0xFFU] = log->end;
        }
    }
}

void ring_log_start(struct cooee_ring_log *log, const struct cooee_ring_pages *pages)
{
    bool found = false;

    memset(log, 0, sizeof *log);
    log->pages = pages;
    log->end = pages->size;
    for (uint8_t page = 0; page < pages->count; page++) {
        if (is_used(log, page)
            && (!found || (uint16_t)(half_at(log, page, SERIAL) - half_at(log, log->page, SERIAL)) < 0x8000U)) {
            log->page = page;
            found = true;
        }
    }
    if (found) {
        find_records(log);
    }
}

static void write_record(struct cooee_ring_log *log, uint8_t page, uint16_t at, uint8_t slot, const uint8_t bytes[COOEE_RING_DONE])
{
    write(log, page, (uint16_t)(at + SLOT), (uint16_t)(MARK | slot));
    for (uint8_t i = 0; i < COOEE_RING_DONE; i = (uint8_t)(i + 2)) {
        uint8_t high = i + 1 < COOEE_RING_DONE ? bytes[i + 1] : 0xFF;
        write(log, page, (uint16_t)(at + BYTES + i), (uint16_t)(bytes[i] | high << 8));
    }
    log->record[slot] = at;
}

/* Whether the ring has acknowledged it: it wrote the checksum, the slot's last bytes, once more. */
static bool is_done(const struct cooee_ring_log *log, uint8_t slot)
{
    const uint8_t *at = log->pages->at((uint8_t)(log->pages->first + log->page)) + log->record[slot];

    return half_in(at + DONE) == half_in(at + BYTES + COOEE_RING_DONE - 2);
}

/* Goes on in the next page with what waits, other than in `but`. Until its head is written the old page counts. */
static void renew(struct cooee_ring_log *log, uint8_t but)
{
    const uint16_t serial = is_used(log, log->page) ? (uint16_t)(half_at(log, log->page, SERIAL) + 1) : 0;
    const uint8_t next = (uint8_t)(log->page + 1 < log->pages->count ? log->page + 1 : 0);
    uint8_t bytes[COOEE_RING_DONE];

    log->pages->erase((uint8_t)(log->pages->first + next));
    log->end = COOEE_RING_PAGE_HEAD;
    for (uint8_t slot = 0; slot < COOEE_RING_SLOTS_MAX; slot++) {
        if (log->record[slot] == 0) {
            continue;
        }
        if (slot == but || is_done(log, slot)) {
            log->record[slot] = 0;
            continue;
        }
        memcpy(bytes, log->pages->at((uint8_t)(log->pages->first + log->page)) + log->record[slot] + BYTES, sizeof bytes);
        write_record(log, next, log->end, slot, bytes);
        log->end += COOEE_RING_RECORD;
    }
    write(log, next, SERIAL, serial);
    write(log, next, INVERTED, (uint16_t)~serial);
    log->page = next;
}

void ring_log_load(void *context, uint16_t at, uint8_t *bytes, uint8_t count)
{
    const struct cooee_ring_log *log = context;
    const uint16_t record = log->record[at / COOEE_RING_SLOT];
    uint8_t within = (uint8_t)(at % COOEE_RING_SLOT);

    for (uint8_t i = 0; i < count; i++, within++) {
        uint8_t place = (uint8_t)(within < COOEE_RING_DONE ? BYTES + within : DONE + within - COOEE_RING_DONE);
        bytes[i] = record == 0 ? 0xFF : log->pages->at((uint8_t)(log->pages->first + log->page))[record + place];
    }
}

void ring_log_save(void *context, uint16_t at, const uint8_t *bytes, uint8_t count)
{
    struct cooee_ring_log *log = context;
    const uint8_t slot = (uint8_t)(at / COOEE_RING_SLOT), within = (uint8_t)(at % COOEE_RING_SLOT);

    if (within == COOEE_RING_DONE) {
        const uint16_t done = (uint16_t)(log->record[slot] + DONE);
        if (half_at(log, log->page, done) == ERASED) { /* what power was cut in is not written twice: it is sent again */
            write(log, log->page, done, half_in(bytes));
        }
        return;
    }
    memcpy(log->staged + within, bytes, count);
    if (within + count == COOEE_RING_DONE) {
        if (log->end + COOEE_RING_RECORD > log->pages->size) {
            renew(log, slot);
        }
        write_record(log, log->page, log->end, slot, log->staged);
        log->end += COOEE_RING_RECORD;
    }
}
