/* Calls a model on a Cortex-M3 (QEMU, mps2-an385). Rows lie in the outer memory behind their number; classes go to standard
 * output as two hexadecimal digits each, then the SysTick ticks of all rows, those of the longest, and the most stack used. */
#include <stddef.h>
#include <stdint.h>

#include "tried.h"

#define ROWS_AT 0x21000000u
#define CLASSES_AT 0x21E00000u
#define PAINT 0xA5A5A5A5u
#define STACK_WORDS 4096u

#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)
#define TICK_MASK 0xFFFFFFu

extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

static void semihost(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void say_hex(uint32_t value, uint32_t digits)
{
    char text[10];

    for (uint32_t i = digits; i-- > 0; value >>= 4) {
        text[i] = "0123456789abcdef"[value & 15];
    }
    text[digits] = '\n';
    text[digits + 1] = 0;
    semihost(4, text);
}

static uint32_t run(uint8_t *classes, uint32_t count, uint32_t *longest)
{
    const TRIED_FEATURE *rows = (const TRIED_FEATURE *)(ROWS_AT + 8);
    uint32_t all = 0;

    for (uint32_t i = 0; i < count; i++) {
        const uint32_t start = SYST_CVR;
        classes[i] = TRIED_PREDICT(rows + i * TRIED_FEATURES);
        const uint32_t ticks = (start - SYST_CVR) & TICK_MASK;
        all += ticks;
        *longest = ticks > *longest ? ticks : *longest;
    }
    return all;
}

__attribute__((noreturn)) void reset(void)
{
    const uint32_t *from = data_load;

    for (uint32_t *to = data_start; to < data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = bss_start; to < bss_end;) {
        *to++ = 0;
    }
    uint32_t *painted = stack_top - STACK_WORDS, *stack_pointer;
    __asm__ volatile("mov %0, sp" : "=r"(stack_pointer));
    for (volatile uint32_t *to = painted; to < stack_pointer; to++) { /* volatile: a call of memset would paint its own frame */
        *to = PAINT;
    }
    SYST_RVR = TICK_MASK;
    SYST_CVR = 0;
    SYST_CSR = 5;
    const uint32_t count = *(const uint32_t *)ROWS_AT;
    uint8_t *classes = (uint8_t *)CLASSES_AT;
    uint32_t longest = 0;
    const uint32_t ticks = run(classes, count, &longest);
    while (*painted == PAINT) {
        painted++;
    }
    for (uint32_t i = 0; i < count; i++) {
        say_hex(classes[i], 2);
    }
    say_hex(ticks, 8);
    say_hex(longest, 8);
    say_hex((uint32_t)((const uint8_t *)stack_top - (const uint8_t *)painted), 8);
    semihost(0x18, (const void *)0x20026);
    for (;;) {
    }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {(void (*)(void))stack_top, reset};
