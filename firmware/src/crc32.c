#include "cooee/crc32.h"

#define POLYNOMIAL 0xEDB88320UL

uint32_t crc32_next(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (uint8_t bit = 0; bit < 8; bit++) {
        crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
    }
    return crc;
}
