#include "little_endian.h"

#include "cooee/flash.h"

uint8_t *le_put(uint8_t *at, uint32_t value, uint8_t size)
{
    for (; size > 0; size--) {
        *at++ = (uint8_t)value;
        value >>= 8;
    }
    return at;
}

uint8_t *le_put_u16(uint8_t *at, uint16_t value)
{
    *at++ = (uint8_t)value;
    *at++ = (uint8_t)(value >> 8);
    return at;
}

COOEE_SHARED uint32_t le_get(const uint8_t *at, uint8_t size)
{
    uint32_t value = 0;

    while (size > 0) {
        value = value << 8 | at[--size];
    }
    return value;
}

uint16_t le_get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

/* Reads two's complement without leaning on how a compiler narrows. */
int16_t le_get_i16(const uint8_t *at)
{
    int32_t value = le_get_u16(at);
    return (int16_t)(value < 32768 ? value : value - 65536);
}
