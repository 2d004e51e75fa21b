/* Calls a model on a Cortex-M (QEMU, mps2-an385) or a RISC-V (virt). Rows lie in the outer memory behind their number; classes
 * go to standard output as two hexadecimal digits each, then the ticks of all rows, those of the longest, and the most stack
 * used. A tick is one of SysTick, or a RISC-V's instruction. */
#include <stddef.h>
#include <stdint.h>

#include "tried.h"

#ifdef __riscv
#define ROWS_AT 0x81000000u
#else
#define ROWS_AT 0x21000000u
#endif
#define CLASSES_AT (ROWS_AT + 0xE00000u)
#define PAINT 0xA5A5A5A5u
#define STACK_WORDS 4096u

#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)
#define TICK_MASK 0xFFFFFFu

extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

#ifdef __riscv
__asm__(".section .vectors, \"ax\"\n\tla sp, stack_top\n\tj reset\n\t.text");

static void semihost(uint32_t operation, const void *argument)
{
    register uint32_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    __asm__ volatile(".balign 16\n\t.option push\n\t.option norvc\n\t"
                     "slli x0, x0, 0x1f\n\tebreak\n\tsrai x0, x0, 7\n\t.option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
}

static uint32_t downwards(void)
{
    uint32_t instructions;

    __asm__ volatile("csrr %0, minstret" : "=r"(instructions));
    return 0u - instructions;
}
#else
static void semihost(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static uint32_t downwards(void)
{
    return SYST_CVR;
}
#endif

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
        const uint32_t start = downwards();
        classes[i] = TRIED_PREDICT(rows + i * TRIED_FEATURES);
        const uint32_t ticks = (start - downwards()) & TICK_MASK;
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
    #ifdef __riscv
    __asm__ volatile("mv %0, sp" : "=r"(stack_pointer));
#else
    __asm__ volatile("mov %0, sp" : "=r"(stack_pointer));
#endif
    for (volatile uint32_t *to = painted; to < stack_pointer; to++) { /* volatile: a call of memset would paint its own frame */
        *to = PAINT;
    }
#ifndef __riscv
    SYST_RVR = TICK_MASK;
    SYST_CVR = 0;
    SYST_CSR = 5;
#endif
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

#ifndef __riscv
__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {(void (*)(void))stack_top, reset};
#endif
