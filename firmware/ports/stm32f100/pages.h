/* Pages of flash, apart from the program. */
#ifndef COOEE_PAGES_H
#define COOEE_PAGES_H

#include <stdint.h>

#define PAGE_SIZE 1024U
#define PAGES 18     /* as the linker's script has them */
#define PAGES_KEPT 2 /* the first of them: boots, settings, heads of images */

const uint8_t *page_at(uint8_t page);                         /* until the next call; erased: all ones */
void page_erase(uint8_t page);
void page_write(uint8_t page, uint16_t offset, uint16_t half); /* an even offset, erased before */

#endif
