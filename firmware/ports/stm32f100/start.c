/* From reset to main, and the board's parts turned on. */
#include "board.h"
#include "registers.h"

extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[];
extern uint8_t stack_top[];
int main(void);
void time_tick(void);
void serial_interrupt(void);
void start_reset(void);

#define AFIO_ON (1UL << 0)
#define PORTS_ON (7UL << 2)
#define ADC_ON (1UL << 9)
#define USART_ON (1UL << 14)

void start_reset(void)
{
    const uint32_t *from = data_load;

    for (uint32_t *to = data_start; to < data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = bss_start; to < bss_end; to++) {
        *to = 0;
    }
    main();
}

/* The watchdog resets what ends here. */
static void hang(void)
{
    for (;;) {
    }
}

#define SYSTICK 15
#define USART1 (16 + 37)

__attribute__((section(".vectors"), used)) static void (*const vectors[USART1 + 1])(void) = {
    (void (*)(void))stack_top, start_reset, hang, hang, hang, hang, hang, [SYSTICK] = time_tick, [USART1] = serial_interrupt};

void board_start(void)
{
    RCC_APB2ENR |= AFIO_ON | PORTS_ON | ADC_ON | USART_ON;
    pulses_start();
    time_start();
    serial_start();
}

void board_blink(void)
{
    static bool on;

    on = !on;
    pin_set_mode(GPIOC, PIN_LED, PIN_OUTPUT);
    pin_write(GPIOC, PIN_LED, on);
}
