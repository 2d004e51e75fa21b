/* Constants that stay in program memory, so that they cost no RAM on an AVR. */
#ifndef COOEE_FLASH_H
#define COOEE_FLASH_H

#include <stdint.h>
#include <string.h>

/* The contract between generated classifiers and the core; a change that breaks old ones raises it. */
#define COOEE_PORT_ABI 1

#ifdef __AVR__
#include <avr/pgmspace.h>
#define COOEE_FLASH PROGMEM
#define COOEE_READ_U8(address) pgm_read_byte(address)
#define COOEE_READ_U16(address) pgm_read_word(address)
#define COOEE_READ_I16(address) ((int16_t)pgm_read_word(address))
#define COOEE_READ_I32(address) ((int32_t)pgm_read_dword(address))
#define COOEE_READ(to, address, size) memcpy_P(to, address, size)
#else
#define COOEE_FLASH
#define COOEE_READ_U8(address) (*(const uint8_t *)(address))
#define COOEE_READ_U16(address) (*(const uint16_t *)(address))
#define COOEE_READ_I16(address) (*(const int16_t *)(address))
#define COOEE_READ_I32(address) (*(const int32_t *)(address))
#define COOEE_READ(to, address, size) memcpy(to, address, size)
#endif

/* Before a function that takes less flash called than copied into its callers, be it one: what is copied into a long function
 * finds no registers left. The compiler thinks otherwise. */
#ifdef __AVR__
#define COOEE_SHARED __attribute__((noinline))
#else
#define COOEE_SHARED
#endif

/* Reads a byte and moves on to the next; an AVR does both in one instruction. */
static inline uint8_t cooee_next_u8(const uint8_t **address)
{
#ifdef __AVR__
    uint8_t byte;

    __asm__("lpm %0, Z+" : "=r"(byte), "+z"(*address));
    return byte;
#else
    return *(*address)++;
#endif
}

#endif
