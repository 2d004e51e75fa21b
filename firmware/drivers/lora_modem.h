/* A LoRa modem of the RYLR998 kind, spoken to by AT commands (REYAX, "LoRa AT command guide"; docs/SPEC.md, "LoRa modem"): what it
 * says, byte by byte, and frames as the letters of Base64. */
#ifndef COOEE_DRIVERS_LORA_MODEM_H
#define COOEE_DRIVERS_LORA_MODEM_H

#include "cooee/frame.h"

enum cooee_lora_answer { COOEE_LORA_SILENT, COOEE_LORA_OK, COOEE_LORA_REFUSED };

/* All zero at first. `answer`: to the newest command; whoever asks sets it to COOEE_LORA_SILENT before. `frame`: the length of what
 * has come in `bytes`, which is kept, and what comes meanwhile lost, until somebody sets it to 0. */
struct cooee_lora_modem {
    volatile uint8_t answer, frame;
    uint8_t bytes[COOEE_FRAME_MAX];
    uint32_t last; /* four bytes that came */
    uint16_t window;
    uint8_t bits, length, fields;
};

/* Takes a byte that the modem says; may be called from an interrupt. A frame that was damaged on the line may come of it, which its
 * tag tells. */
void lora_modem_take(struct cooee_lora_modem *modem, uint8_t byte);

/* How many letters a frame of 1 to COOEE_FRAME_MAX bytes takes, at most 68. */
uint8_t lora_modem_letter_count(uint8_t length);

/* The letter of a frame at `index`. */
uint8_t lora_modem_letter(const uint8_t *frame, uint8_t length, uint8_t index);

#endif
