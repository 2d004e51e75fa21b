#include <string.h>

#include "ascon_answers.h"
#include "check.h"

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
