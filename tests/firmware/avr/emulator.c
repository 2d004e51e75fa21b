/* Runs a node's program on an emulated ATmega328P: emulator program.elf n
 * Prints each line the node sends. When it falls silent, answers every n-th frame (at most six of them; 0: none) with one
 * acknowledgement on its serial port. At the end prints the most stack it used, and the cycles it was awake and
 * has lived. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>

#include "cooee/frame.h"

#define RAM_START 0x100
#define RAM_END 0x8FF
#define PAINT 0xA5

#define LETTER_CYCLES (16000000 / 11520) /* ten bits of 115200 baud */
#define SILENCE_CYCLES (16000000 / 200)

static struct {
    char letters[2 * COOEE_FRAME_MAX + 1];
    unsigned length, frames, answer_every;
    avr_cycle_count_t heard, slept;
    struct cooee_frame answer; /* its count is of the frames to acknowledge */
} line;

static struct {
    avr_irq_t *input;
    char letters[2 * COOEE_FRAME_MAX + 2];
    unsigned length, at;
} speech;

static void hear_frame(const struct cooee_frame *heard)
{
    struct cooee_acknowledgement *acknowledgement = &line.answer.body.acknowledgement;

    if (line.answer_every > 0 && ++line.frames % line.answer_every == 0
        && acknowledgement->count < COOEE_ACKNOWLEDGED_MAX) {
        line.answer.address = heard->address;
        line.answer.boot = heard->boot;
        acknowledgement->sequence[acknowledgement->count++] = heard->sequence;
    }
}

static void hear_line(void)
{
    struct cooee_frame frame;
    uint8_t bytes[COOEE_FRAME_MAX];

    line.letters[line.length] = 0;
    puts(line.letters);
    for (unsigned i = 0; i < line.length / 2; i++) {
        unsigned byte = 0;
        sscanf(line.letters + 2 * i, "%2x", &byte);
        bytes[i] = (uint8_t)byte;
    }
    if (frame_decode(bytes, line.length / 2, &frame) == COOEE_STATUS_OK) {
        hear_frame(&frame);
    }
    line.length = 0;
}

static void begin_answer(void)
{
    uint8_t bytes[COOEE_FRAME_MAX];
    uint8_t length;

    line.answer.type = COOEE_FRAME_ACKNOWLEDGEMENT;
    if (frame_write(&line.answer, bytes, &length) != COOEE_STATUS_OK) {
        exit(2);
    }
    frame_seal(bytes, length, 0);
    speech.length = speech.at = 0;
    for (uint8_t i = 0; i < length; i++) {
        speech.length += (unsigned)sprintf(speech.letters + speech.length, "%02x", bytes[i]);
    }
    speech.letters[speech.length++] = '\n';
    line.answer.body.acknowledgement.count = 0;
}

/* The next letter of an answer; 0 ends the timer, which would break every sleep into short ones. */
static avr_cycle_count_t speak(avr_t *avr, avr_cycle_count_t when, void *context)
{
    (void)context;
    if (speech.at == speech.length) {
        if (avr->cycle - line.heard < SILENCE_CYCLES) {
            return line.heard + SILENCE_CYCLES;
        }
        begin_answer();
    }
    avr_raise_irq(speech.input, (uint8_t)speech.letters[speech.at++]);
    return speech.at < speech.length ? when + LETTER_CYCLES : 0;
}

static void hear(struct avr_irq_t *irq, uint32_t value, void *context)
{
    avr_t *avr = context;

    (void)irq;
    line.heard = avr->cycle;
    if (value != '\n') {
        line.letters[line.length] = (char)value;
        line.length += line.length < 2 * COOEE_FRAME_MAX;
        return;
    }
    hear_line();
    if (line.answer.body.acknowledgement.count > 0) {
        avr_cycle_timer_register(avr, SILENCE_CYCLES, speak, NULL);
    }
}

/* Sleep takes no time here. */
static void sleep_at_once(avr_t *avr, avr_cycle_count_t cycles)
{
    (void)avr;
    line.slept += cycles;
}

int main(int count, char **words)
{
    elf_firmware_t program;
    uint32_t quiet = 0;

    memset(&program, 0, sizeof program);
    if (count != 3 || elf_read_firmware(words[1], &program) != 0) {
        return 2;
    }
    line.answer_every = (unsigned)atoi(words[2]);
    avr_t *avr = avr_make_mcu_by_name("atmega328p");
    avr_init(avr);
    avr->frequency = 16000000;
    avr_load_firmware(avr, &program);
    avr->sleep = sleep_at_once;
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &quiet);
    speech.input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), hear, avr);
    memset(avr->data + RAM_START, PAINT, RAM_END + 1 - RAM_START);
    int state;
    do {
        state = avr_run(avr);
    } while (state != cpu_Done && state != cpu_Crashed);
    uint32_t stack = RAM_START + program.datasize + program.bsssize;
    while (avr->data[stack] == PAINT) {
        stack++;
    }
    printf("stack %u\nawake %llu\nelapsed %llu\n", RAM_END + 1 - stack, (unsigned long long)(avr->cycle - line.slept),
           (unsigned long long)avr->cycle);
    return state == cpu_Done ? 0 : 1;
}
