/* The two pages in a file of this computer, by semihosting: QEMU's STM32 has no flash that can be written. They are as strict as
 * flash: only what is erased is written. */
#include "pages.h"

#include <string.h>

#define OPEN 0x01
#define CLOSE 0x02
#define WRITE 0x05
#define READ 0x06
#define END 0x18
#define BINARY_READ 1
#define BINARY_WRITE 5

static uint8_t pages[2][PAGE_SIZE];
static char name[] = "pages.bin";

static int32_t ask(uint32_t what, const void *with)
{
    register uint32_t r0 __asm__("r0") = what;
    register const void *r1 __asm__("r1") = with;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}

static void carry(uint32_t mode, uint32_t verb)
{
    const uint32_t open[] = {(uint32_t)name, mode, sizeof name - 1};
    const int32_t file = ask(OPEN, open);
    const uint32_t all[] = {(uint32_t)file, (uint32_t)pages, sizeof pages};

    if (file != -1) {
        ask(verb, all);
        ask(CLOSE, &file);
    }
}

const uint8_t *page_at(uint8_t page)
{
    static uint8_t loaded;

    if (loaded == 0) {
        loaded = 1;
        memset(pages, 0xFF, sizeof pages);
        carry(BINARY_READ, READ);
    }
    return pages[page];
}

void page_erase(uint8_t page)
{
    memset(pages[page], 0xFF, PAGE_SIZE);
    carry(BINARY_WRITE, WRITE);
}

void page_write(uint8_t page, uint16_t offset, uint16_t half)
{
    if (offset % 2 != 0 || pages[page][offset] != 0xFF || pages[page][offset + 1] != 0xFF) {
        ask(END, (const void *)0x20023); /* ends the emulator with an error */
    }
    pages[page][offset] = (uint8_t)half;
    pages[page][offset + 1] = (uint8_t)(half >> 8);
    carry(BINARY_WRITE, WRITE);
}
