/* Serial line: frames among bytes (docs/SPEC.md, "Serial line"). */
#ifndef COOEE_SERIAL_H
#define COOEE_SERIAL_H

#include "cooee/frame.h"

/* Ends every packet, and is in none. */
#define COOEE_SERIAL_END 0
/* Bytes that a packet has more than its frame, with an end before and behind it; and bytes of the longest one. */
#define COOEE_SERIAL_ADDED 3
#define COOEE_SERIAL_MAX 54

/* One byte of the packet of a frame: a board without room for a packet sends it byte by byte. */
uint8_t serial_byte(const uint8_t *frame, uint8_t length, uint8_t at);

/* Makes a frame of at most COOEE_FRAME_MAX bytes ready to send; returns how many bytes it takes. */
uint8_t serial_wrap(const uint8_t *frame, uint8_t length, uint8_t bytes[COOEE_SERIAL_MAX]);

/* Turns what came between two ends into the frame it holds, in place; returns the frame's length, or 0 when it holds none. */
uint8_t serial_unwrap(uint8_t *bytes, uint8_t length);

#endif
