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

/* SP 800-232, equations 8 to 12: to each word are added two of its rotations to the right. */
#ifdef __AVR_HAVE_MUL__
/* A word lies in r8 to r15, its sum in r16 to r23, and the whole of it is turned by bytes; what is left, of 1 to 7 bits, a
 * multiplication by 2 to the power of 8 - bits shifts out of each byte into the one below. */
#define MIX(byte, above, below) "mul " byte ", r24\n eor " above ", r1\n eor " below ", r0\n"

static void diffuse(uint8_t *byte)
{
    __asm__ volatile(
        "rcall load%=\n rcall turn2%=\n ldi r24, 1 << 5\n rcall mix%=\n ldi r24, 1 << 4\n rcall turn1_mix%=\n" /* 19, 28 */
        "rcall next%=\n rcall turn4%=\n ldi r24, 1 << 1\n rcall mix%=\n"                                        /* 39 */
        "rcall turn2%=\n ldi r24, 1 << 3\n rcall turn1_mix%=\n"                                                 /* 61 */
        "rcall next%=\n ldi r24, 1 << 7\n rcall mix%=\n ldi r24, 1 << 2\n rcall mix%=\n"                        /* 1, 6 */
        "rcall next%=\n ldi r24, 1 << 6\n rcall turn1_mix%=\n ldi r24, 1 << 7\n rcall turn1_mix%=\n"            /* 10, 17 */
        "rcall next%=\n ldi r24, 1 << 1\n rcall mix%=\n"                                                        /* 7 */
        "rcall turn4%=\n ldi r24, 1 << 7\n rcall turn1_mix%=\n"                                                 /* 41 */
        "rcall store%=\n rjmp end%=\n"
        "next%=: rcall store%=\n"
        "load%=: ld r8, Z\n ldd r9, Z+1\n ldd r10, Z+2\n ldd r11, Z+3\n"
        "ldd r12, Z+4\n ldd r13, Z+5\n ldd r14, Z+6\n ldd r15, Z+7\n"
        "movw r16, r8\n movw r18, r10\n movw r20, r12\n movw r22, r14\n ret\n"
        "store%=: st Z+, r16\n st Z+, r17\n st Z+, r18\n st Z+, r19\n"
        "st Z+, r20\n st Z+, r21\n st Z+, r22\n st Z+, r23\n ret\n"
        "turn4%=: movw r0, r8\n movw r8, r12\n movw r12, r0\n movw r0, r10\n movw r10, r14\n movw r14, r0\n ret\n"
        "turn2%=: movw r0, r8\n movw r8, r10\n movw r10, r12\n movw r12, r14\n movw r14, r0\n ret\n"
        "turn1_mix%=: mov r0, r8\n mov r8, r9\n mov r9, r10\n mov r10, r11\n mov r11, r12\n"
        "mov r12, r13\n mov r13, r14\n mov r14, r15\n mov r15, r0\n"
        "mix%=: " MIX("r8", "r16", "r23") MIX("r9", "r17", "r16") MIX("r10", "r18", "r17") MIX("r11", "r19", "r18")
        MIX("r12", "r20", "r19") MIX("r13", "r21", "r20") MIX("r14", "r22", "r21") MIX("r15", "r23", "r22") "ret\n"
        "end%=: clr r1\n"
        : "+z"(byte)
        :
        : "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "r16", "r17", "r18", "r19", "r20", "r21", "r22", "r23", "r24",
          "memory");
}
#else
/* A word, rotated right by 8 * `bytes` + `bits` (1 to 7), is added to itself in `sum`. */
static void add_rotated(uint8_t *sum, const uint8_t *word, uint8_t bytes, uint8_t bits)
{
    for (uint8_t i = 0; i < WORD; i++) {
        uint8_t low = word[(i + bytes) & 7], high = word[(i + bytes + 1) & 7];
        sum[i] ^= (uint8_t)(low >> bits | high << (WORD - bits));
    }
}

static void diffuse(uint8_t *byte)
{
    static const uint8_t bytes[WORDS][2] = {{2, 3}, {7, 4}, {0, 0}, {1, 2}, {0, 5}};
    static const uint8_t bits[WORDS][2] = {{3, 4}, {5, 7}, {1, 6}, {2, 1}, {7, 1}};
    uint8_t before[WORD];

    for (uint8_t i = 0; i < WORDS; i++, byte += WORD) {
        memcpy(before, byte, WORD);
        add_rotated(byte, before, bytes[i][0], bits[i][0]);
        add_rotated(byte, before, bytes[i][1], bits[i][1]);
    }
}
#endif

static void permute(struct state *state, uint8_t rounds)
{
    uint8_t *byte = state->byte;

    for (uint8_t round = (uint8_t)(12 - rounds); round < 12; round++) {
        byte[2 * WORD] ^= COOEE_READ_U8(&round_constant[round]);
        for (uint8_t i = 0; i < WORD; i++) {
            substitute(byte + i);
        }
        diffuse(byte);
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
