/* Frames over the serial port, 115200 baud: each is one line of hexadecimal digits, both ways. */
#include "hal/radio.h"

#include <avr/interrupt.h>
#include <avr/io.h>

#include "board.h"

#include <util/delay.h>

#define BAUD 115200UL
/* How long to listen for an answer; the gateway answers at once. */
#define LISTEN_MS 50

/* Filled by the interrupt until the line ends, then emptied by hal_radio_receive; what comes meanwhile is lost and is sent again. */
static struct {
    volatile bool full;
    uint8_t digits;
    uint8_t bytes[COOEE_FRAME_MAX];
} line;

void board_radio_start(void)
{
    UBRR0 = (uint16_t)((F_CPU / 4 / BAUD - 1) / 2);
    UCSR0A = 1 << U2X0;
    UCSR0B = 1 << RXCIE0 | 1 << RXEN0 | 1 << TXEN0;
}

static void put_char(uint8_t letter)
{
    while ((UCSR0A & 1 << UDRE0) == 0) {
    }
    UDR0 = letter;
}

static uint8_t digit_of(uint8_t nibble)
{
    return (uint8_t)(nibble < 10 ? '0' + nibble : 'a' + nibble - 10);
}

bool hal_radio_send(void *context, const uint8_t *bytes, uint8_t length)
{
    (void)context;
    for (uint8_t i = 0; i < length; i++) {
        put_char(digit_of(bytes[i] >> 4));
        put_char(digit_of(bytes[i] & 15));
    }
    put_char('\n');
    return true;
}

ISR(USART_RX_vect)
{
    uint8_t letter = UDR0;

    if (line.full) {
        return;
    }
    uint8_t nibble = (uint8_t)(letter >= 'a' ? letter - 'a' + 10 : letter - '0');
    if (nibble < 16 && line.digits < 2 * COOEE_FRAME_MAX) {
        uint8_t *byte = &line.bytes[line.digits / 2];
        *byte = (uint8_t)(line.digits % 2 == 0 ? nibble << 4 : *byte | nibble);
        line.digits++;
    } else if (line.digits > 0) {
        line.full = true;
    }
}

uint8_t hal_radio_receive(uint8_t bytes[COOEE_FRAME_MAX])
{
    for (uint8_t ms = 0; ms < LISTEN_MS; ms++) {
        if (line.full) {
            uint8_t length = line.digits / 2;
            for (uint8_t i = 0; i < length; i++) {
                bytes[i] = line.bytes[i];
            }
            line.digits = 0;
            line.full = false;
            return length;
        }
        _delay_ms(1);
    }
    return 0;
}
