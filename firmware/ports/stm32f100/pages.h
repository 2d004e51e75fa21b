/* Pages of flash, apart from the program. */
#ifndef COOEE_PAGES_H
#define COOEE_PAGES_H

#include <stdint.h>

#define PAGE_SIZE 1024U
/* As the linker's script has them: boots, settings and heads of images; images; the ring, which lies before the others. */
#define PAGES_KEPT 2
#define PAGES_IMAGES 16
#define PAGES_RING 4
#define PAGE_RING (PAGES_KEPT + PAGES_IMAGES)
#define PAGES (PAGE_RING + PAGES_RING)

const uint8_t *page_at(uint8_t page);                         /* until the next call; erased: all ones */
void page_erase(uint8_t page);
void page_write(uint8_t page, uint16_t offset, uint16_t half); /* an even offset, erased before */

#endif
