/* What the parts of the emulator share. */
#ifndef EMULATOR_H
#define EMULATOR_H

#include <stdbool.h>

#include <simavr/sim_avr.h>

#define CYCLES_PER_S 16000000ULL

/* The wires of the board (wiring.c). */
void wiring_start(avr_t *avr);
/* Sets what a part measures or how it is broken; false when there is no such setting. */
bool wiring_set(const char *name, double value);
void wiring_report(void);

/* The serial port (line.c). Frames are printed; every `answer_every`th that opens with `key` (hexadecimal digits) is acknowledged, or none with 0, after `noise`; with `pty` the
 * bytes go to a pseudo-terminal, and come from it. */
void line_start(avr_t *avr, const char *key, unsigned answer_every, bool noise, bool pty, unsigned delay_ms);
/* From now on nobody hears the node, or somebody does again. */
void line_away(bool away);
/* Lets whoever is at the pseudo-terminal have `cycles` of true time. */
void line_pass(avr_t *avr, avr_cycle_count_t cycles);
bool line_is_open(void);
/* The node has spoken since line_hush. */
bool line_spoke(void);
void line_hush(void);

#endif
