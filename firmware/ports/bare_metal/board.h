/* What a board without an operating system offers to the parts that are the same on all, beside the hal; its pins.h has its pins. */
#ifndef COOEE_BOARD_H
#define COOEE_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "cooee/ring.h"
#include "hal/adc.h"
#include "hal/i2c.h"
#include "hal/onewire.h"
#include "hal/pulse.h"
#include "pins.h"

/* The pulse counters. */
enum { PULSES_WIND, PULSES_RAIN, PULSES_COUNT };

void board_start(void);                            /* first of all: clock, serial line, watchdog, pulses */
void board_blink(void);                            /* turns the light over */
void time_start(void);                             /* also ends what a watchdog's reset left running */
void time_wait_ms(void *context, uint16_t ms);     /* idle; for the buses */
uint8_t time_reset_flags(void);                    /* as they were at the start */
uint16_t time_ms(void);                            /* of the time awake; wraps */
void time_idle(void);                              /* until the next interrupt, a millisecond at most */
void watchdog_feed(void);                          /* within 4 s while awake, or the board resets */

void serial_start(void);
void serial_put(uint8_t byte);
void radio_take(uint8_t byte);                     /* what came by the serial line, from its interrupt */
void radio_sleep(void);                            /* until the next frame is sent */
void pulses_start(void);
bool pulses_unsettled(void);
void pulses_millisecond(void);
void pulses_second(void);

extern const struct cooee_store board_store;
extern const struct cooee_ring_memory board_ring; /* where BOARD_RING_SLOTS is not 0 */
extern const struct cooee_i2c board_i2c;
extern const struct cooee_adc board_adc;
extern const struct cooee_onewire board_onewire;
extern const struct cooee_pulse board_pulse;

#endif
