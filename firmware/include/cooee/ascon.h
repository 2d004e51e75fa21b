/* Ascon-AEAD128 (NIST SP 800-232) without associated data, in place, with a tag cut to eight bytes.
 *
 * Time does not depend on key or text. A nonce must never come twice under a key with another text.
 */
#ifndef COOEE_ASCON_H
#define COOEE_ASCON_H

#include <stdbool.h>
#include <stdint.h>

#define COOEE_KEY_SIZE 16
#define COOEE_NONCE_SIZE 16
#define COOEE_TAG_SIZE 8

/* Encrypts `text` and writes its tag. */
void ascon_seal(const uint8_t key[COOEE_KEY_SIZE], const uint8_t nonce[COOEE_NONCE_SIZE], uint8_t *text, uint8_t length,
                uint8_t tag[COOEE_TAG_SIZE]);

/* Decrypts `text`. False, and `text` all zero, when the tag is not the one that ascon_seal made. */
bool ascon_open(const uint8_t key[COOEE_KEY_SIZE], const uint8_t nonce[COOEE_NONCE_SIZE], uint8_t *text, uint8_t length,
                const uint8_t tag[COOEE_TAG_SIZE]);

#endif
