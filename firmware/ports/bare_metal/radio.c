/* Frames over a board's serial line at 115,200 baud (docs/SPEC.md, "Serial line"). */
#ifndef NODE_LORA
#include "board.h"
#include "cooee/serial.h"
#include "hal/radio.h"

/* How long to listen for an answer: a gateway puts a frame on disk first. */
#define LISTEN_MS 1000

/* Filled by the interrupt until it holds a frame, then emptied by hal_radio_receive; what comes meanwhile is lost and is sent again. */
static struct {
    volatile uint8_t frame; /* its length, or 0 */
    bool overlong;
    uint8_t length;
    uint8_t bytes[COOEE_SERIAL_MAX - 2];
} packet;

/* Noise must not keep out the packet right behind it, so whether it holds a frame is found out here, in less than a byte's time. */
static void end_packet(void)
{
    uint8_t length = packet.overlong ? 0 : serial_unwrap(packet.bytes, packet.length);

    packet.frame = length > COOEE_FRAME_HEAD ? length : 0;
    packet.length = 0;
    packet.overlong = false;
}

void radio_take(uint8_t byte)
{
    if (packet.frame > 0) {
        return;
    }
    if (byte == COOEE_SERIAL_END) {
        end_packet();
        return;
    }
    packet.overlong = packet.length == sizeof packet.bytes;
    if (!packet.overlong) {
        packet.bytes[packet.length++] = byte;
    }
}

bool hal_radio_send(void *context, const uint8_t *bytes, uint8_t length)
{
    (void)context;
    for (uint8_t at = 0; at < length + COOEE_SERIAL_ADDED; at++) {
        serial_put(serial_byte(bytes, length, at));
    }
    return true;
}

uint8_t hal_radio_receive(void *context, uint8_t bytes[COOEE_FRAME_MAX])
{
    uint16_t began = time_ms();

    (void)context;
    watchdog_feed();
    while (packet.frame == 0) {
        if ((uint16_t)(time_ms() - began) >= LISTEN_MS) {
            return 0;
        }
        time_idle();
    }
    uint8_t length = packet.frame;
    for (uint8_t i = 0; i < length; i++) {
        bytes[i] = packet.bytes[i];
    }
    packet.frame = 0;
    return length;
}

void radio_sleep(void)
{
}
#endif
