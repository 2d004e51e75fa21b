#include "cooee/ascon.h"

#include <string.h>

#include "cooee/flash.h"

/* The state is five words of 64 bits, kept as bytes, lowest first: what an 8-bit processor is quickest with. */
#define WORDS 5
#define WORD 8
#define RATE 16

struct state {
    uint8_t byte[WORDS * WORD];
};

/* SP 800-232, table 5, from round 0 of twelve. */
static const uint8_t round_constant[12] COOEE_FLASH = {0xF0, 0xE1, 0xD2, 0xC3, 0xB4, 0xA5,
                                                       0x96, 0x87, 0x78, 0x69, 0x5A, 0x4B};

/* SP 800-232, equations 3 to 7, of one byte of each word. */
static void substitute(uint8_t *column)
{
    uint8_t x0 = column[0], x1 = column[WORD], x2 = column[2 * WORD], x3 = column[3 * WORD], x4 = column[4 * WORD];
    uint8_t t0, t1, t2, t3, t4;

    x0 ^= x4;
    x4 ^= x3;
    x2 ^= x1;
    t0 = (uint8_t)(x0 ^ (~x1 & x2));
    t1 = (uint8_t)(x1 ^ (~x2 & x3));
    t2 = (uint8_t)(x2 ^ (~x3 & x4));
    t3 = (uint8_t)(x3 ^ (~x4 & x0));
    t4 = (uint8_t)(x4 ^ (~x0 & x1));
    column[0] = t0 ^ t4;
    column[WORD] = t1 ^ t0;
    column[2 * WORD] = (uint8_t)~t2;
    column[3 * WORD] = t3 ^ t2;
    column[4 * WORD] = t4;
}

/* A word, rotated right by 8 * `bytes` + `bits` (1 to 7), is added to itself in `sum`: a multiplication shifts both halves. */
static void add_rotated(uint8_t *sum, const uint8_t *word, uint8_t bytes, uint8_t bits)
{
    uint8_t factor = (uint8_t)(1U << (WORD - bits));

    for (uint8_t i = 0; i < WORD; i++) {
        uint8_t low = word[(i + bytes) & 7], high = word[(i + bytes + 1) & 7];
        sum[i] ^= (uint8_t)((uint16_t)low * factor >> 8 | (uint8_t)((uint16_t)high * factor));
    }
}

/* SP 800-232, equations 8 to 12. */
static void diffuse(uint8_t *word, uint8_t bytes1, uint8_t bits1, uint8_t bytes2, uint8_t bits2)
{
    uint8_t before[WORD];

    memcpy(before, word, WORD);
    add_rotated(word, before, bytes1, bits1);
    add_rotated(word, before, bytes2, bits2);
}

static void permute(struct state *state, uint8_t rounds)
{
    uint8_t *byte = state->byte;

    for (uint8_t round = (uint8_t)(12 - rounds); round < 12; round++) {
        byte[2 * WORD] ^= COOEE_READ_U8(&round_constant[round]);
        for (uint8_t i = 0; i < WORD; i++) {
            substitute(byte + i);
        }
        diffuse(byte, 2, 3, 3, 4);                /* 19, 28 */
        diffuse(byte + WORD, 7, 5, 4, 7);         /* 61, 39 */
        diffuse(byte + 2 * WORD, 0, 1, 0, 6);     /* 1, 6 */
        diffuse(byte + 3 * WORD, 1, 2, 2, 1);     /* 10, 17 */
        diffuse(byte + 4 * WORD, 0, 7, 5, 1);     /* 7, 41 */
    }
}

static void add(uint8_t *sum, const uint8_t *bytes, uint8_t count)
{
    for (uint8_t i = 0; i < count; i++) {
        sum[i] ^= bytes[i];
    }
}

static void start(struct state *state, const uint8_t key[], const uint8_t nonce[])
{
    static const uint8_t iv[WORD] COOEE_FLASH = {0x01, 0x00, 0x8C, 0x80, 0x00, 0x10, 0x00, 0x00};

    for (uint8_t i = 0; i < WORD; i++) {
        state->byte[i] = COOEE_READ_U8(&iv[i]);
    }
    memcpy(state->byte + WORD, key, COOEE_KEY_SIZE);
    memcpy(state->byte + 3 * WORD, nonce, COOEE_NONCE_SIZE);
    permute(state, 12);
    add(state->byte + 3 * WORD, key, COOEE_KEY_SIZE);
    state->byte[WORDS * WORD - 1] ^= 0x80; /* where associated data would end */
}

/* Text to cipher or back. Rate and padding as in SP 800-232, algorithms 3 and 4. */
static void crypt(struct state *state, uint8_t *text, uint8_t length, bool opening)
{
    uint8_t at = 0;

    for (uint8_t i = 0; i < length; i++, at++) {
        uint8_t given = text[i];

        if (at == RATE) {
            permute(state, 8);
            at = 0;
        }
        text[i] = given ^ state->byte[at];
        state->byte[at] = opening ? given : text[i];
    }
    if (at == RATE) {
        permute(state, 8);
        at = 0;
    }
    state->byte[at] ^= 1;
}

static void finish(struct state *state, const uint8_t key[], uint8_t tag[])
{
    add(state->byte + RATE, key, COOEE_KEY_SIZE);
    permute(state, 12);
    memcpy(tag, state->byte + 3 * WORD, COOEE_TAG_SIZE);
    add(tag, key, COOEE_TAG_SIZE);
}

void ascon_seal(const uint8_t key[COOEE_KEY_SIZE], const uint8_t nonce[COOEE_NONCE_SIZE], uint8_t *text, uint8_t length,
                uint8_t tag[COOEE_TAG_SIZE])
{
    struct state state;

    start(&state, key, nonce);
    crypt(&state, text, length, false);
    finish(&state, key, tag);
}

bool ascon_open(const uint8_t key[COOEE_KEY_SIZE], const uint8_t nonce[COOEE_NONCE_SIZE], uint8_t *text, uint8_t length,
                const uint8_t tag[COOEE_TAG_SIZE])
{
    struct state state;
    uint8_t found[COOEE_TAG_SIZE];
    uint8_t difference = 0;

    start(&state, key, nonce);
    crypt(&state, text, length, true);
    finish(&state, key, found);
    for (uint8_t i = 0; i < COOEE_TAG_SIZE; i++) {
        difference |= found[i] ^ tag[i];
    }
    if (difference != 0) {
        memset(text, 0, length);
    }
    return difference == 0;
}
