/* I2C: a board's two-wire bus, as drivers are handed it. */
#ifndef COOEE_HAL_I2C_H
#define COOEE_HAL_I2C_H

#include <stdint.h>

#include "cooee/fault.h"

struct cooee_i2c {
    void *context;
    /* Writes to a 7-bit address, then reads from it; either count may be 0. ABSENT: not acknowledged. TIMEOUT: the bus is held;
     * the board says so within 100 ms. */
    enum cooee_fault (*transfer)(void *context, uint8_t address, const uint8_t *out, uint8_t out_count, uint8_t *in,
                                 uint8_t in_count);
    void (*wait_ms)(void *context, uint16_t ms);
};

#endif
