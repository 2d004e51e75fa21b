/* USART1: PA9 out, PA10 in. */
#include "board.h"
#include "registers.h"

#define BAUD 115200UL
#define RECEIVED (1UL << 5)
#define CAN_SEND (1UL << 7)
#define ON (1UL << 13 | 1UL << 5 | 1UL << 3 | 1UL << 2) /* with an interrupt for what comes */
#define USART1_INTERRUPT 37

void serial_interrupt(void);

void serial_start(void)
{
    pin_set_mode(GPIOA, PIN_SEND, PIN_PERIPHERAL);
    pin_set_mode(GPIOA, PIN_RECEIVE, PIN_PULLED);
    pin_write(GPIOA, PIN_RECEIVE, true);
    USART1_BRR = (F_CPU + BAUD / 2) / BAUD;
    USART1_CR1 = ON;
    NVIC_ISER1 = 1UL << (USART1_INTERRUPT - 32);
}

void serial_interrupt(void)
{
    if ((USART1_SR & RECEIVED) != 0) {
        radio_take((uint8_t)USART1_DR);
    }
}

void serial_put(uint8_t byte)
{
    while ((USART1_SR & CAN_SEND) == 0) {
    }
    USART1_DR = byte;
}
