#include "pages.h"

#include "registers.h"

#define KEY_1 0x45670123UL
#define KEY_2 0xCDEF89ABUL
#define PROGRAM (1UL << 0)
#define ERASE (1UL << 1)
#define GO (1UL << 6)
#define LOCK (1UL << 7)
#define BUSY 1UL

extern uint8_t pages_start[]; /* the linker's */

const uint8_t *page_at(uint8_t page)
{
    return page < PAGE_RING ? pages_start + page * PAGE_SIZE : pages_start - (PAGES - page) * PAGE_SIZE;
}

static void begin(uint32_t work)
{
    FLASH_KEYR = KEY_1;
    FLASH_KEYR = KEY_2;
    FLASH_CR = work;
}

/* The processor waits by itself while it would run from the flash; 40 ms for a page. */
static void end(void)
{
    while ((FLASH_SR & BUSY) != 0) {
    }
    FLASH_CR = LOCK;
}

void page_erase(uint8_t page)
{
    begin(ERASE);
    FLASH_AR = (uint32_t)page_at(page);
    FLASH_CR = ERASE | GO;
    end();
}

void page_write(uint8_t page, uint16_t offset, uint16_t half)
{
    begin(PROGRAM);
    *(volatile uint16_t *)(page_at(page) + offset) = half;
    end();
}
