/* What the parts of this board share: pins, and what each offers to main.c and sensors.c beside the hal. */
#ifndef COOEE_BOARD_H
#define COOEE_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "cooee/settings.h"
#include "hal/adc.h"
#include "hal/i2c.h"
#include "hal/onewire.h"
#include "hal/pulse.h"

#ifndef F_CPU
#define F_CPU 16000000UL
#endif

/* From the end of power-down until the processor runs: 16,384 cycles with an Uno's crystal, none in an emulator. */
#ifndef BOARD_WAKE_UP_CYCLES
#define BOARD_WAKE_UP_CYCLES 16384UL
#endif

/* Port D, which is D0 to D7 of an Uno; serial is D0 and D1, I2C A4 and A5. */
#define PIN_WIND 2
#define PIN_RAIN 3
#define PIN_ONEWIRE 4
#define PIN_PROBE_POWER 5

/* Inputs of the ADC, A0 to A3 of an Uno. */
#define INPUT_SOIL_10CM 0
#define INPUT_SOIL_30CM 1
#define INPUT_ETHYLENE 2
#define INPUT_BATTERY 3

/* The pulse counters. */
enum { PULSES_WIND, PULSES_RAIN, PULSES_COUNT };

void time_start(void);                             /* first of all: also ends what a watchdog's reset left running */
void time_wait_ms(void *context, uint16_t ms);     /* idle; for the buses */
uint8_t time_reset_flags(void);                    /* MCUSR as it was at the start */
uint16_t time_ms(void);                            /* of the time awake; wraps */
void time_idle(void);                              /* until the next interrupt, a millisecond at most */
void watchdog_feed(void);                          /* within 4 s while awake, or the board resets */

void serial_start(void);
void pulses_start(void);
bool pulses_unsettled(void);
void pulses_millisecond(void);
void pulses_second(void);

extern const struct cooee_store board_store;
extern const struct cooee_i2c board_i2c;
extern const struct cooee_adc board_adc;
extern const struct cooee_onewire board_onewire;
extern const struct cooee_pulse board_pulse;

#endif
