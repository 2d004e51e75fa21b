#include "drivers/lora_modem.h"

#include <string.h>

#include "../check.h"

static struct cooee_lora_modem modem;
static uint32_t state = 1;

static uint8_t any_byte(void)
{
    state = state * 1664525 + 1013904223;
    return (uint8_t)(state >> 24);
}

static void says(const char *text)
{
    while (*text != '\0') {
        lora_modem_take(&modem, (uint8_t)*text++);
    }
}

static enum cooee_lora_answer answer_of(const char *text)
{
    modem.answer = COOEE_LORA_SILENT;
    says(text);
    return (enum cooee_lora_answer)modem.answer;
}

static void hears(const char *text, const char *frame)
{
    modem.frame = 0;
    says(text);
    CHECK_EQUAL(modem.frame, strlen(frame));
    CHECK(memcmp(modem.bytes, frame, strlen(frame)) == 0);
}

static void check_letters(const char *frame, const char *wanted)
{
    uint8_t length = (uint8_t)strlen(frame);

    CHECK_EQUAL(lora_modem_letter_count(length), strlen(wanted));
    for (uint8_t i = 0; i < strlen(wanted); i++) {
        CHECK_EQUAL(lora_modem_letter((const uint8_t *)frame, length, i), (uint8_t)wanted[i]);
    }
}

/* RFC 4648, section 10. */
static void letters_are_those_of_the_standard(void)
{
    check_letters("f", "Zg==");
    check_letters("fo", "Zm8=");
    check_letters("foo", "Zm9v");
    check_letters("foob", "Zm9vYg==");
    check_letters("fooba", "Zm9vYmE=");
    check_letters("foobar", "Zm9vYmFy");
    CHECK_EQUAL(lora_modem_letter_count(COOEE_FRAME_MAX), 68);
}

static void answers_are_told_apart(void)
{
    CHECK_EQUAL(answer_of("+OK\r\n"), COOEE_LORA_OK);
    CHECK_EQUAL(answer_of("+ERR=13\r\n"), COOEE_LORA_REFUSED);
    CHECK_EQUAL(answer_of("+READY\r\n"), COOEE_LORA_SILENT);
    CHECK_EQUAL(answer_of("OK\r\nOK+\r\n+E\r\nRR"), COOEE_LORA_SILENT);
    CHECK_EQUAL(answer_of("\xff\x01+RC\r\n++OK\r\n"), COOEE_LORA_OK);
}

static void a_frame_comes_whatever_is_around_it(void)
{
    hears("+RCV=65535,8,Zm9vYmFy,-99,40\r\n", "foobar");
    hears("+RCV=65535,4,Zg==,-9,-4\r\n", "f");
    hears("+RC\xff+RCV=+RCV=5,8,Zm+RCV=65535,8,Zm9vYmE=,-99,40\r\n", "fooba");
    CHECK_EQUAL(answer_of("+RCV=65535,4,+OK+,-99,40\r\n"), COOEE_LORA_SILENT);
    CHECK_EQUAL(answer_of("+RCV=65535,4,Z\r\n+OK\r\n"), COOEE_LORA_OK);
}

static void what_is_no_frame_holds_none(void)
{
    hears("+RCV=65535,4,Zm9v", "");
    hears("\r\n+RCV=65535,4,Zm9v\r\n,-99,40\r\n", "");
    hears("+RCV=65535,4,Z!9v,-99,40\r\n", "");
    hears("+RCV=65535,0,,-99,40\r\n", "");
}

/* A frame of 51 bytes fits, one of 52 does not, however long it goes on. */
static void an_overlong_frame_goes_nowhere(void)
{
    modem.frame = 0;
    says("+RCV=65535,68,");
    for (int i = 0; i < 68; i++) {
        lora_modem_take(&modem, 'A');
    }
    says(",-99,40\r\n");
    CHECK_EQUAL(modem.frame, COOEE_FRAME_MAX);
    modem.frame = 0;
    says("+RCV=65535,99,");
    for (int i = 0; i < 1000; i++) {
        lora_modem_take(&modem, 'A');
    }
    says(",-99,40\r\n");
    CHECK_EQUAL(modem.frame, 0);
}

static void a_frame_that_waits_is_kept(void)
{
    hears("+RCV=65535,8,Zm9vYmFy,-99,40\r\n", "foobar");
    says("+RCV=65535,4,Zg==,-99,40\r\n");
    CHECK_EQUAL(modem.frame, 6);
    CHECK(memcmp(modem.bytes, "foobar", 6) == 0);
    hears("+RCV=65535,4,Zg==,-99,40\r\n", "f");
}

static void every_frame_comes_back_through_any_noise(void)
{
    static const char likely[] = "+RCV=OKERR,\r\nA";
    uint8_t frame[COOEE_FRAME_MAX];

    for (int round = 0; round < 20000; round++) {
        uint8_t length = (uint8_t)(1 + round % COOEE_FRAME_MAX), noise = any_byte();
        modem.frame = 0;
        for (uint8_t i = 0; i < noise; i++) {
            uint8_t byte = any_byte();
            lora_modem_take(&modem, byte < 128 ? (uint8_t)likely[byte % (sizeof likely - 1)] : byte);
            CHECK(modem.frame <= COOEE_FRAME_MAX);
        }
        modem.frame = 0;
        says("\r\n+RCV=65535,99,");
        for (uint8_t i = 0; i < length; i++) {
            frame[i] = any_byte();
        }
        for (uint8_t i = 0; i < lora_modem_letter_count(length); i++) {
            lora_modem_take(&modem, lora_modem_letter(frame, length, i));
        }
        says(",-99,40\r\n");
        CHECK_EQUAL(modem.frame, length);
        CHECK(memcmp(modem.bytes, frame, length) == 0);
    }
}

int main(void)
{
    letters_are_those_of_the_standard();
    answers_are_told_apart();
    a_frame_comes_whatever_is_around_it();
    what_is_no_frame_holds_none();
    an_overlong_frame_goes_nowhere();
    a_frame_that_waits_is_kept();
    every_frame_comes_back_through_any_noise();
    return 0;
}
