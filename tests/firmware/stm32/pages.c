/* The pages in a file of this computer, by semihosting: QEMU's STM32 has no flash that can be written, and RAM for one of them. They
 * are as strict as flash: only what is erased is written. */
#include "pages.h"

#include <string.h>

#define OPEN 0x01
#define WRITE 0x05
#define READ 0x06
#define SEEK 0x0A
#define END 0x18
#define BINARY_UPDATE 3
#define BINARY_NEW 7

static uint8_t held[PAGE_SIZE];
static uint8_t number;
static int32_t file = -1;

static int32_t ask(uint32_t what, const void *with)
{
    register uint32_t r0 __asm__("r0") = what;
    register const void *r1 __asm__("r1") = with;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}

static void open(uint32_t mode)
{
    static char name[] = "pages.bin";
    const uint32_t with[] = {(uint32_t)name, mode, sizeof name - 1};

    file = ask(OPEN, with);
}

static void carry(uint32_t verb, uint16_t offset, uint16_t count)
{
    const uint32_t place[] = {(uint32_t)file, number * PAGE_SIZE + offset};
    const uint32_t what[] = {(uint32_t)file, (uint32_t)(held + offset), count};

    ask(SEEK, place);
    ask(verb, what);
}

static void hold(uint8_t page)
{
    if (file != -1 && page == number) {
        return;
    }
    if (file == -1) {
        open(BINARY_UPDATE);
    }
    if (file == -1) {
        open(BINARY_NEW);
        memset(held, 0xFF, PAGE_SIZE);
        for (number = 0; number < PAGES; number++) {
            carry(WRITE, 0, PAGE_SIZE);
        }
    }
    number = page;
    carry(READ, 0, PAGE_SIZE);
}

const uint8_t *page_at(uint8_t page)
{
    hold(page);
    return held;
}

void page_erase(uint8_t page)
{
    hold(page);
    memset(held, 0xFF, PAGE_SIZE);
    carry(WRITE, 0, PAGE_SIZE);
}

void page_write(uint8_t page, uint16_t offset, uint16_t half)
{
    hold(page);
    if (offset % 2 != 0 || held[offset] != 0xFF || held[offset + 1] != 0xFF) {
        ask(END, (const void *)0x20023); /* ends the emulator with an error */
    }
    held[offset] = (uint8_t)half;
    held[offset + 1] = (uint8_t)(half >> 8);
    carry(WRITE, offset, 2);
}
