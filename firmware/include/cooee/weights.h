/* Products of small weights, for generated nets: what an AVR does in fewer cycles than its compiler would. */
#ifndef COOEE_WEIGHTS_H
#define COOEE_WEIGHTS_H

#include <stdint.h>

#include "cooee/flash.h"

/* A product of two bytes. An AVR has an instruction for it; its compiler would widen both to 16 bits first, and call a
 * function. */
static inline int16_t cooee_product(int16_t product)
{
#ifdef __AVR__
    __asm__("" : "+r"(product));
#endif
    return product;
}

#ifdef __AVR__
/* Adds a weight times the next input to a sum of two bytes, or of four. */
#define COOEE_ADD_PRODUCT "ld %[value], X+\n\tmulsu %[weight], %[value]\n\tadd %A[sum], r0\n\tadc %B[sum], r1\n\t"
#define COOEE_ADD_WIDE_PRODUCT \
    "ld %[value], X+\n\tmulsu %[weight], %[value]\n\tsbc %[weight], %[weight]\n\tadd %A[sum], r0\n\t" \
    "adc %B[sum], r1\n\tadc %C[sum], %[weight]\n\tadc %D[sum], %[weight]\n\t"
/* Takes the weight out of the lower half of a symbol, and swaps the halves. */
#define COOEE_TAKE_WEIGHT "mov %[weight], %[symbol]\n\tandi %[weight], 0x0F\n\tsubi %[weight], 8\n\tswap %[symbol]\n\t"
#define COOEE_WEIGH_ROW(add) \
    __asm__ volatile("rjmp 2f\n" \
                     "1:\n\t" \
                     "lpm %[symbol], Z+\n\t" COOEE_TAKE_WEIGHT add \
                     "andi %[symbol], 0x0F\n\t" \
                     "add r26, %[symbol]\n\t" \
                     "adc r27, %[zero]\n" \
                     "2:\n\t" \
                     "cp r26, %A[end]\n\t" \
                     "cpc r27, %B[end]\n\t" \
                     "brlo 1b\n\t" \
                     "clr __zero_reg__" \
                     : [sum] "+r"(sum), "+z"(*at), "+x"(*input), [symbol] "=&d"(symbol), [weight] "=&a"(weight), \
                       [value] "=&a"(value) \
                     : [end] "r"(end), [zero] "r"((uint8_t)0) \
                     : "r0", "memory")
#define COOEE_WEIGH_PAIRS(add) \
    __asm__ volatile("1:\n\t" \
                     "lpm %[symbol], Z+\n\t" COOEE_TAKE_WEIGHT add COOEE_TAKE_WEIGHT add \
                     "sbiw %[pairs], 1\n\t" \
                     "brne 1b\n\t" \
                     "clr __zero_reg__" \
                     : [sum] "+r"(sum), "+z"(*at), "+x"(input), [symbol] "=&d"(symbol), [weight] "=&a"(weight), \
                       [value] "=&a"(value), [pairs] "+w"(pairs) \
                     : \
                     : "r0", "memory")
#endif

/* Adds weights of four bits times inputs to a sum until `input` has reached `end`: 20 cycles a weight on an AVR, whose
 * compiler needs 36. A byte at `at` is a weight plus 8 in its lower half and, in its upper half, how many inputs lie
 * between this weight's and the next one's. */
static inline int16_t cooee_weigh_row(int16_t sum, const uint8_t **at, const uint8_t **input, const uint8_t *end)
{
#ifdef __AVR__
    uint8_t symbol;
    uint8_t weight;
    uint8_t value;

    COOEE_WEIGH_ROW(COOEE_ADD_PRODUCT);
#else
    while (*input < end) {
        const uint8_t symbol = *(*at)++;
        const int8_t weight = (int8_t)((symbol & 0x0F) - 8);

        sum = (int16_t)(sum + weight * *(*input)++);
        *input += symbol >> 4;
    }
#endif
    return sum;
}

/* The same for sums that 16 bits do not hold: 23 cycles a weight instead of 45. */
static inline int32_t cooee_weigh_wide_row(int32_t sum, const uint8_t **at, const uint8_t **input, const uint8_t *end)
{
#ifdef __AVR__
    uint8_t symbol;
    uint8_t weight;
    uint8_t value;

    COOEE_WEIGH_ROW(COOEE_ADD_WIDE_PRODUCT);
#else
    while (*input < end) {
        const uint8_t symbol = *(*at)++;
        const int8_t weight = (int8_t)((symbol & 0x0F) - 8);

        sum += weight * *(*input)++;
        *input += symbol >> 4;
    }
#endif
    return sum;
}

/* Adds weights of four bits times as many inputs to a sum: 12.5 cycles a weight on an AVR. A byte at `at` is two weights,
 * each plus 8, the first in its lower half; there is at least one such pair. */
static inline int16_t cooee_weigh_pairs(int16_t sum, const uint8_t **at, const uint8_t *input, uint16_t pairs)
{
#ifdef __AVR__
    uint8_t symbol;
    uint8_t weight;
    uint8_t value;

    COOEE_WEIGH_PAIRS(COOEE_ADD_PRODUCT);
#else
    for (; pairs > 0; pairs--) {
        const uint8_t symbol = *(*at)++;

        sum = (int16_t)(sum + (int8_t)((symbol & 0x0F) - 8) * input[0] + (int8_t)((symbol >> 4) - 8) * input[1]);
        input += 2;
    }
#endif
    return sum;
}

/* The same for sums that 16 bits do not hold, in 15.5 cycles a weight. */
static inline int32_t cooee_weigh_wide_pairs(int32_t sum, const uint8_t **at, const uint8_t *input, uint16_t pairs)
{
#ifdef __AVR__
    uint8_t symbol;
    uint8_t weight;
    uint8_t value;

    COOEE_WEIGH_PAIRS(COOEE_ADD_WIDE_PRODUCT);
#else
    for (; pairs > 0; pairs--) {
        const uint8_t symbol = *(*at)++;

        sum += (int8_t)((symbol & 0x0F) - 8) * input[0] + (int8_t)((symbol >> 4) - 8) * input[1];
        input += 2;
    }
#endif
    return sum;
}

/* floor(sum * factor / 256), with an AVR's two products of bytes instead of one of 32 bits. */
static inline int16_t cooee_scaled(int16_t sum, uint8_t factor)
{
    const int16_t upper = cooee_product((int16_t)((int8_t)(sum >> 8) * factor));
    const uint16_t lower = (uint16_t)((uint8_t)sum * factor);

    return (int16_t)(upper + (uint8_t)(lower >> 8));
}

#endif
