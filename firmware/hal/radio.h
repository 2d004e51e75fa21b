#ifndef COOEE_HAL_RADIO_H
#define COOEE_HAL_RADIO_H

#include <stdbool.h>
#include <stdint.h>

#include "cooee/frame.h"

/* Sends one frame; false when the radio does not take it now. */
bool hal_radio_send(void *context, const uint8_t *bytes, uint8_t length);

/* Listens for up to a second, for a gateway puts a frame on disk before it answers: the length of a frame, or 0. */
uint8_t hal_radio_receive(void *context, uint8_t bytes[COOEE_FRAME_MAX]);

#endif
