#include "cooee/ascon.h"

#include <string.h>

#include "check.h"

/* Known answers of the reference implementation (LWC_AEAD_KAT_128_128, key 00..0F, nonce 10..1F, text 20.., no associated data). */
struct answer {
    uint8_t length;
    uint8_t cipher[33];
    uint8_t tag[COOEE_TAG_SIZE];
};

static const struct answer answers[] = {
    {0, {0}, {0x4F, 0x9C, 0x27, 0x82, 0x11, 0xBE, 0xC9, 0x31}},
    {1, {0xE8}, {0xDD, 0x57, 0x6A, 0xBA, 0x1C, 0xD3, 0xE6, 0xFC}},
    {5, {0xE8, 0xC3, 0xDE, 0xEE, 0x24}, {0x21, 0x81, 0x2A, 0x39, 0x8A, 0x8F, 0xF0, 0x74}},
    {9, {0xE8, 0xC3, 0xDE, 0xEE, 0x24, 0x6C, 0xC5, 0xEA, 0xE3}, {0x32, 0x9B, 0xC9, 0x50, 0xAE, 0x10, 0x1B, 0x92}},
    {16,
     {0xE8, 0xC3, 0xDE, 0xEE, 0x24, 0x6C, 0xC5, 0xEA, 0xE3, 0xE8, 0x72, 0x31, 0x38, 0x97, 0xA2, 0xBB},
     {0x9E, 0xAA, 0x91, 0x5C, 0x9D, 0xD3, 0x24, 0x5D}},
    {32,
     {0xE8, 0xC3, 0xDE, 0xEE, 0x24, 0x6C, 0xC5, 0xEA, 0xE3, 0xE8, 0x72, 0x31, 0x38, 0x97, 0xA2, 0xBB,
      0x60, 0x89, 0xAA, 0x3E, 0x15, 0xE8, 0x03, 0x07, 0x97, 0x0F, 0x2D, 0x1F, 0x00, 0x66, 0x54, 0xC2},
     {0xAA, 0xA5, 0xFA, 0x17, 0x2C, 0xB9, 0xF0, 0x7D}}};

static uint8_t key[COOEE_KEY_SIZE], nonce[COOEE_NONCE_SIZE], plain[64];

static void the_known_answers_come_out(void)
{
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        uint8_t text[64], tag[COOEE_TAG_SIZE];

        memcpy(text, plain, sizeof text);
        ascon_seal(key, nonce, text, answers[i].length, tag);
        CHECK(memcmp(text, answers[i].cipher, answers[i].length) == 0);
        CHECK(memcmp(tag, answers[i].tag, sizeof tag) == 0);
        CHECK(ascon_open(key, nonce, text, answers[i].length, tag));
        CHECK(memcmp(text, plain, sizeof text) == 0);
    }
}

static void one_changed_bit_anywhere_is_refused_and_leaves_nothing(void)
{
    for (uint8_t length = 1; length <= 40; length++) {
        for (int bit = 0; bit < 8 * (length + COOEE_TAG_SIZE + COOEE_NONCE_SIZE + COOEE_KEY_SIZE); bit++) {
            uint8_t text[64], tag[COOEE_TAG_SIZE], k[COOEE_KEY_SIZE], n[COOEE_NONCE_SIZE];
            int byte = bit / 8;
            uint8_t flip = (uint8_t)(1 << bit % 8);

            memcpy(text, plain, sizeof text);
            memcpy(k, key, sizeof k);
            memcpy(n, nonce, sizeof n);
            ascon_seal(k, n, text, length, tag);
            if (byte < length) {
                text[byte] ^= flip;
            } else if ((byte -= length) < COOEE_TAG_SIZE) {
                tag[byte] ^= flip;
            } else if ((byte -= COOEE_TAG_SIZE) < COOEE_NONCE_SIZE) {
                n[byte] ^= flip;
            } else {
                k[byte - COOEE_NONCE_SIZE] ^= flip;
            }
            CHECK(!ascon_open(k, n, text, length, tag));
            for (uint8_t i = 0; i < length; i++) {
                CHECK_EQUAL(text[i], 0);
            }
        }
    }
}

int main(void)
{
    for (uint8_t i = 0; i < sizeof plain; i++) {
        plain[i] = (uint8_t)(0x20 + i);
    }
    for (uint8_t i = 0; i < 16; i++) {
        key[i] = i;
        nonce[i] = (uint8_t)(0x10 + i);
    }
    the_known_answers_come_out();
    one_changed_bit_anywhere_is_refused_and_leaves_nothing();
    return 0;
}
