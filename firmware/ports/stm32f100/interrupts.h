/* Interrupts of the processor, for what nothing may come between. */
#ifndef COOEE_INTERRUPTS_H
#define COOEE_INTERRUPTS_H

static inline void interrupts_off(void)
{
    __asm__ volatile("cpsid i" ::: "memory");
}

static inline void interrupts_on(void)
{
    __asm__ volatile("cpsie i" ::: "memory");
}

#endif
