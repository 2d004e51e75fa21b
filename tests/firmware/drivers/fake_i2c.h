/* An I2C bus with one part on it. */
#ifndef FAKE_I2C_H
#define FAKE_I2C_H

#include "hal/i2c.h"
#include "parts.h"

struct fake_bus {
    struct i2c_part part;
    bool held;
    unsigned measurements; /* transfers that wrote */
};

static enum cooee_fault fake_transfer(void *context, uint8_t address, const uint8_t *out, uint8_t out_count, uint8_t *in,
                                      uint8_t in_count)
{
    struct fake_bus *bus = context;
    struct i2c_part *part = &bus->part;

    parts_now_us += 100 * (1U + out_count + in_count);
    if (bus->held) {
        return COOEE_FAULT_TIMEOUT;
    }
    if (address != part->address || (out_count > 0 && !part->start(part->state, false))) {
        return COOEE_FAULT_ABSENT;
    }
    bus->measurements += out_count > 0;
    for (uint8_t i = 0; i < out_count; i++) {
        if (!part->write(part->state, out[i])) {
            return COOEE_FAULT_ABSENT;
        }
    }
    if (in_count > 0 && !part->start(part->state, true)) {
        return COOEE_FAULT_ABSENT;
    }
    for (uint8_t i = 0; i < in_count; i++) {
        in[i] = part->read(part->state);
    }
    return COOEE_FAULT_NONE;
}

static void fake_wait(void *context, uint16_t ms)
{
    (void)context;
    parts_now_us += 1000U * ms;
}

#define FAKE_I2C(bus) {(bus), fake_transfer, fake_wait}

#endif
