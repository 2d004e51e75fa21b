/* Ring log: the ring's memory on flash, which is erased by pages and written once. Slots lie behind one another in one of several pages;
 * when it is full, those that still wait go on in the next page, in turn, so that all wear alike. Power may go at any time. */
#ifndef COOEE_RING_LOG_H
#define COOEE_RING_LOG_H

#include "cooee/ring.h"

/* Bytes of a slot on flash, and of a page's head. A page holds as many slots as the ring has, and one more at least. */
#define COOEE_RING_RECORD 52
#define COOEE_RING_PAGE_HEAD 4

/* Flash, as a board hands it in. */
struct cooee_ring_pages {
    const uint8_t *(*at)(uint8_t page);                            /* until the next call; erased: all ones */
    void (*erase)(uint8_t page);
    void (*write)(uint8_t page, uint16_t offset, uint16_t half);   /* an even offset, erased before */
    uint16_t size;                                                 /* of a page */
    uint8_t first, count;                                          /* 2 pages or more */
};

struct cooee_ring_log {
    const struct cooee_ring_pages *pages;
    uint16_t record[COOEE_RING_SLOTS_MAX]; /* where a slot lies in the page; 0: nowhere */
    uint16_t end;                          /* where the next one will */
    uint8_t page;
    uint8_t staged[COOEE_RING_DONE];       /* of a slot that is being written */
};

/* Finds what is there; before the ring starts. */
void ring_log_start(struct cooee_ring_log *log, const struct cooee_ring_pages *pages);

/* For struct cooee_store; the context is a log. */
void ring_log_load(void *context, uint16_t at, uint8_t *bytes, uint8_t count);
void ring_log_save(void *context, uint16_t at, const uint8_t *bytes, uint8_t count);

#endif
