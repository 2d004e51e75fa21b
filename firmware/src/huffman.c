#include "cooee/huffman.h"

static uint8_t next_byte(struct cooee_bits *bits)
{
    if (bits->at >= bits->end) {
        bits->failed = true;
        return 0;
    }
    return bits->read(bits->context, bits->at++);
}

static uint8_t next_bit(struct cooee_bits *bits)
{
    if (bits->left == 0) {
        bits->byte = next_byte(bits);
        bits->left = 8;
    }
    const uint8_t bit = bits->byte >> 7;
    bits->byte = (uint8_t)(bits->byte << 1);
    bits->left--;
    return bit;
}

uint16_t bits_take(struct cooee_bits *bits, uint8_t count)
{
    uint16_t taken = 0;

    for (; count > 0; count--) {
        taken = (uint16_t)(taken << 1 | next_bit(bits));
    }
    return taken;
}

void code_read(struct cooee_bits *bits, struct cooee_code *code)
{
    uint16_t unused = 1; /* codes of this length that no shorter one begins */
    uint16_t size = 0;

    bits->left = 0;
    code->low_bits = (uint8_t)bits_take(bits, 4);
    code->longest = (uint8_t)bits_take(bits, 4);
    code->base = (int16_t)bits_take(bits, 16);
    if (code->longest > COOEE_CODE_LONGEST) {
        bits->failed = true;
        code->longest = 0;
    }
    for (uint8_t i = 0; i < code->longest; i++) {
        code->counts[i] = next_byte(bits);
        size = (uint16_t)(size + code->counts[i]);
        unused = (uint16_t)(2 * unused - code->counts[i]);
        if (unused > 1 << COOEE_CODE_LONGEST) { /* it fell below zero */
            bits->failed = true;
        }
    }
    code->symbols = bits->at;
    if (bits->failed || size > bits->end - bits->at) {
        bits->failed = true;
        code->longest = 0;
        return;
    }
    bits->at = (uint16_t)(bits->at + size);
}

static uint8_t next_symbol(struct cooee_bits *bits, const struct cooee_code *code)
{
    uint16_t symbol = code->symbols; /* of the first code of its length */
    uint8_t word = 0;                /* less the first code of its length */

    for (uint8_t i = 0; i < code->longest; i++) {
        const uint8_t count = code->counts[i];

        word = (uint8_t)(word << 1 | next_bit(bits));
        if (word < count) {
            return bits->read(bits->context, (uint16_t)(symbol + word));
        }
        word = (uint8_t)(word - count);
        symbol = (uint16_t)(symbol + count);
    }
    bits->failed |= code->longest > 0;
    return 0;
}

int16_t code_next(struct cooee_bits *bits, const struct cooee_code *code)
{
    uint16_t number = next_symbol(bits, code);

    for (uint8_t left = code->low_bits; left > 0; left--) {
        number = (uint16_t)(number << 1 | next_bit(bits));
    }
    return (int16_t)(number + (uint16_t)code->base);
}
