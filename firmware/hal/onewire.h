/* 1-Wire: a line with one device, as drivers are handed it. */
#ifndef COOEE_HAL_ONEWIRE_H
#define COOEE_HAL_ONEWIRE_H

#include <stdint.h>

#include "cooee/fault.h"

struct cooee_onewire {
    void *context;
    /* Resets the line. ABSENT: no presence pulse. SHORT: the line stays low with nobody pulling it. */
    enum cooee_fault (*reset)(void *context);
    void (*write)(void *context, uint8_t byte);
    uint8_t (*read)(void *context);
    void (*wait_ms)(void *context, uint16_t ms);
};

#endif
