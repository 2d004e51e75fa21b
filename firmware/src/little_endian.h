/* Numbers as bytes, the least significant first. */
#ifndef COOEE_LITTLE_ENDIAN_H
#define COOEE_LITTLE_ENDIAN_H

#include <stdint.h>

/* Writes the lowest `size` bytes, or two; returns where the next byte goes. */
uint8_t *le_put(uint8_t *at, uint32_t value, uint8_t size);
uint8_t *le_put_u16(uint8_t *at, uint16_t value);

uint32_t le_get(const uint8_t *at, uint8_t size);
uint16_t le_get_u16(const uint8_t *at);
int16_t le_get_i16(const uint8_t *at);

#endif
