/* The serial port, which is the Uno's USB cable, and the board's start. */
#include <avr/interrupt.h>
#include <avr/io.h>

#include "board.h"

#define BAUD 115200UL
#define PIN_LED 5 /* of port B: the Uno's D13 */

void serial_start(void)
{
    UBRR0 = (uint16_t)((F_CPU / 4 / BAUD - 1) / 2);
    UCSR0A = 1 << U2X0;
    UCSR0B = 1 << RXCIE0 | 1 << RXEN0 | 1 << TXEN0;
}

ISR(USART_RX_vect)
{
    radio_take(UDR0);
}

void serial_put(uint8_t byte)
{
    while ((UCSR0A & 1 << UDRE0) == 0) {
    }
    UDR0 = byte;
}

void board_start(void)
{
    time_start();
    pulses_start();
    serial_start();
    sei();
}

void board_blink(void)
{
    DDRB |= 1 << PIN_LED;
    PINB = 1 << PIN_LED;
}
