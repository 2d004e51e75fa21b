/* The boot count in EEPROM, in two places written in turn: power lost while one is written leaves the other. */
#include "hal/store.h"

#include <avr/eeprom.h>

#define ERASED 0xFFFFU

static uint16_t EEMEM place[2];

static uint16_t count_at(uint8_t index)
{
    uint16_t count = eeprom_read_word(&place[index]);
    return count == ERASED ? 0 : count;
}

uint16_t hal_store_next_boot(void *context)
{
    uint16_t first = count_at(0), second = count_at(1);
    uint16_t next = (uint16_t)((first > second ? first : second) + 1);

    (void)context;
    eeprom_write_word(&place[first > second], next);
    return next;
}
