/* Frames over one of the Arduino core's serial ports, whose interrupt keeps what comes until the radio takes it; and who the node is. */
#include "sketch.h"

#include <avr/sleep.h>

static HardwareSerial *line;

void cooee_begin(HardwareSerial &port)
{
    line = &port;
    line->begin(115200);
}

extern "C" void serial_put(uint8_t byte)
{
    line->write(byte);
}

/* The processor waits for the next interrupt. One byte, for the radio leaves out what comes behind a frame until that is taken. */
extern "C" void time_idle()
{
    if (line->available() == 0) {
        set_sleep_mode(SLEEP_MODE_IDLE);
        sleep_mode();
    } else {
        radio_take((uint8_t)line->read());
    }
}

void cooee_start_as(uint32_t incarnation, const uint8_t key[COOEE_KEY_SIZE], struct cooee_start *start)
{
    hal_store_start(0, start);
    if (incarnation != 0) {
        start->incarnation = incarnation;
        memcpy(start->key, key, COOEE_KEY_SIZE);
    }
}
