/* The registers that this port uses (ST, RM0041), and the few things that are done with a pin. */
#ifndef COOEE_REGISTERS_H
#define COOEE_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define RCC_CR REGISTER(0x40021000)
#define RCC_CFGR REGISTER(0x40021004)
#define RCC_APB2ENR REGISTER(0x40021018)
#define RCC_CSR REGISTER(0x40021024)
#define FLASH_KEYR REGISTER(0x40022004)
#define FLASH_SR REGISTER(0x4002200C)
#define FLASH_CR REGISTER(0x40022010)
#define FLASH_AR REGISTER(0x40022014)
#define IWDG_KR REGISTER(0x40003000)
#define IWDG_PR REGISTER(0x40003004)
#define IWDG_RLR REGISTER(0x40003008)
#define USART1_SR REGISTER(0x40013800)
#define USART1_DR REGISTER(0x40013804)
#define USART1_BRR REGISTER(0x40013808)
#define USART1_CR1 REGISTER(0x4001380C)
#define ADC1_SR REGISTER(0x40012400)
#define ADC1_CR2 REGISTER(0x40012408)
#define ADC1_SMPR1 REGISTER(0x4001240C)
#define ADC1_SMPR2 REGISTER(0x40012410)
#define ADC1_SQR1 REGISTER(0x4001242C)
#define ADC1_SQR3 REGISTER(0x40012434)
#define ADC1_DR REGISTER(0x4001244C)
#define SYSTICK_CSR REGISTER(0xE000E010)
#define SYSTICK_RVR REGISTER(0xE000E014)
#define SYSTICK_CVR REGISTER(0xE000E018)
#define NVIC_ISER1 REGISTER(0xE000E104)

#define GPIOA 0x40010800UL
#define GPIOB 0x40010C00UL
#define GPIOC 0x40011000UL

enum pin_mode {
    PIN_ANALOG = 0x0,
    PIN_OUTPUT = 0x2,     /* 2 MHz */
    PIN_OPEN_DRAIN = 0x6,
    PIN_PULLED = 0x8,     /* an input with a resistor, to the supply when the pin is high */
    PIN_PERIPHERAL = 0xB  /* 50 MHz */
};

static inline void pin_set_mode(uint32_t port, uint8_t pin, enum pin_mode mode)
{
    volatile uint32_t *configuration = (volatile uint32_t *)(port + (pin < 8 ? 0x00 : 0x04));
    uint8_t shift = (uint8_t)(pin % 8 * 4);

    *configuration = (*configuration & ~(0xFUL << shift)) | (uint32_t)mode << shift;
}

static inline bool pin_is_high(uint32_t port, uint8_t pin)
{
    return (REGISTER(port + 0x08) >> pin & 1) != 0;
}

static inline void pin_write(uint32_t port, uint8_t pin, bool high)
{
    REGISTER(port + 0x10) = 1UL << (high ? pin : pin + 16);
}

#endif
