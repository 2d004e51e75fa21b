/* Frames: what writing, reading and sealing share. */
#ifndef COOEE_FRAME_PARTS_H
#define COOEE_FRAME_PARTS_H

#include "cooee/frame.h"

/* Types from here on go to a node, those below come from one. */
#define FRAME_FIRST_DOWN 12

/* Why a frame is none that may be written, or OK. */
enum cooee_status frame_check(const struct cooee_frame *frame);

/* Reads the head without its seconds. */
void frame_read_head(const uint8_t *bytes, struct cooee_frame *frame);

/* Reads the body of a frame of the type that its head says; LENGTH or TYPE when it cannot be. */
enum cooee_status frame_read_body(const uint8_t *body, size_t size, struct cooee_frame *frame);

/* The same for a type that goes to a node. */
enum cooee_status frame_read_down(const uint8_t *body, size_t size, struct cooee_frame *frame);

#endif
