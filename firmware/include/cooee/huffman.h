/* Bits and numbers of an image (docs/SPEC.md, "Image"), read a byte at a time from wherever it lies: flash, EEPROM, RAM. */
#ifndef COOEE_HUFFMAN_H
#define COOEE_HUFFMAN_H

#include <stdbool.h>
#include <stdint.h>

#define COOEE_CODE_LONGEST 8

/* A byte of the image; offsets go from 0 to its size - 1. */
typedef uint8_t cooee_read_byte(const void *context, uint16_t offset);

/* Bits of an image, the highest of a byte first. What is read beyond the end is 0, and fails all that follows. */
struct cooee_bits {
    cooee_read_byte *read;
    const void *context;
    uint16_t at, end;  /* bytes */
    uint8_t byte, left; /* of a byte that is begun: its bits from the highest on, and how many */
    bool failed;
};

/* A canonical Huffman code for numbers: base + (symbol << low_bits) + the low_bits that follow. */
struct cooee_code {
    int16_t base;
    uint16_t symbols; /* byte at which they begin, in the order of their codes */
    uint8_t low_bits;
    uint8_t longest; /* bits of the longest code; 0: symbol 0 alone, which takes none */
    uint8_t counts[COOEE_CODE_LONGEST]; /* of codes of 1, 2 ... bits */
};

uint16_t bits_take(struct cooee_bits *bits, uint8_t count); /* at most 16 */

/* Reads, from the next whole byte on, what a code is. One that is not a prefix code fails. */
void code_read(struct cooee_bits *bits, struct cooee_code *code);
int16_t code_next(struct cooee_bits *bits, const struct cooee_code *code);

#endif
