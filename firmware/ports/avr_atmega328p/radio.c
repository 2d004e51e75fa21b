/* Frames over the serial port, 115200 baud, each as one line of hexadecimal digits. */
#include "hal/radio.h"

#include <avr/io.h>

#ifndef F_CPU
#define F_CPU 16000000UL
#endif
#define BAUD 115200UL

static void put_byte(uint8_t byte)
{
    UBRR0 = (uint16_t)(F_CPU / 8 / BAUD - 1);
    UCSR0A = 1 << U2X0;
    UCSR0B = 1 << TXEN0 | 1 << RXEN0;
    while ((UCSR0A & 1 << UDRE0) == 0) {
    }
    UDR0 = byte;
}

static void put_nibble(uint8_t nibble)
{
    put_byte((uint8_t)(nibble < 10 ? '0' + nibble : 'a' + nibble - 10));
}

bool hal_radio_send(void *context, const uint8_t *bytes, uint8_t length)
{
    (void)context;
    for (uint8_t i = 0; i < length; i++) {
        put_nibble(bytes[i] >> 4);
        put_nibble(bytes[i] & 15);
    }
    put_byte('\n');
    return true;
}
