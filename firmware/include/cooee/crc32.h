/* CRC-32 (IEEE 802.3), of values that come in pieces and of images. */
#ifndef COOEE_CRC32_H
#define COOEE_CRC32_H

#include <stdint.h>

#define COOEE_CRC32_START 0xFFFFFFFFUL

/* Takes a byte. The checksum is the complement of what comes of the last one. */
uint32_t crc32_next(uint32_t crc, uint8_t byte);

#endif
