#include "cooee/serial.h"

#include <string.h>

#include "check.h"

static void check_packet(const char *frame, uint8_t length, const char *wanted, uint8_t wanted_length)
{
    uint8_t bytes[COOEE_SERIAL_MAX];

    CHECK_EQUAL(serial_wrap((const uint8_t *)frame, length, bytes), wanted_length + 2);
    CHECK_EQUAL(bytes[0], 0);
    CHECK(memcmp(bytes + 1, wanted, wanted_length) == 0);
    CHECK_EQUAL(bytes[wanted_length + 1], 0);
}

/* Cheshire and Baker, "Consistent Overhead Byte Stuffing": a code says how far the next zero is. */
static void packets_are_those_of_the_paper(void)
{
    check_packet("\x00", 1, "\x01\x01", 2);
    check_packet("\x11\x22\x00\x33", 4, "\x03\x11\x22\x02\x33", 5);
    check_packet("\x11\x00\x00\x00", 4, "\x02\x11\x01\x01\x01", 5);
    check_packet("\x11\x22\x33\x44", 4, "\x05\x11\x22\x33\x44", 5);
}

static void every_frame_comes_back(void)
{
    uint8_t frame[COOEE_FRAME_MAX], bytes[COOEE_SERIAL_MAX];
    uint32_t state = 1;

    for (int round = 0; round < 20000; round++) {
        uint8_t length = (uint8_t)(1 + round % COOEE_FRAME_MAX);
        for (uint8_t i = 0; i < length; i++) {
            state = state * 1664525 + 1013904223;
            frame[i] = (uint8_t)(state >> 30 == 0 ? 0 : state >> 24);
        }
        uint8_t packet = serial_wrap(frame, length, bytes);
        CHECK_EQUAL(packet, length + 3);
        CHECK(memchr(bytes + 1, 0, (size_t)packet - 2) == 0);
        CHECK_EQUAL(serial_unwrap(bytes + 1, (uint8_t)(packet - 2)), length);
        CHECK(memcmp(bytes + 1, frame, length) == 0);
    }
}

static void what_is_no_packet_holds_no_frame(void)
{
    uint8_t cut[] = {5, 0x11, 0x22}, with_end[] = {3, 0, 1}, beyond[] = {2, 0x11, 200}, any[256];
    uint32_t state = 7;

    CHECK_EQUAL(serial_unwrap(cut, sizeof cut), 0);
    CHECK_EQUAL(serial_unwrap(with_end, sizeof with_end), 0);
    CHECK_EQUAL(serial_unwrap(beyond, sizeof beyond), 0);
    CHECK_EQUAL(serial_unwrap(any, 0), 0);
    for (int round = 0; round < 20000; round++) {
        uint8_t length = (uint8_t)(round % 256);
        for (uint8_t i = 0; i < length; i++) {
            state = state * 1664525 + 1013904223;
            any[i] = (uint8_t)(round % 2 ? state >> 24 : state >> 30);
        }
        CHECK(serial_unwrap(any, length) < (length > 0 ? length : 1));
    }
}

int main(void)
{
    packets_are_those_of_the_paper();
    every_frame_comes_back();
    what_is_no_packet_holds_no_frame();
    return 0;
}
