/* The serial port: frames heard and printed, and acknowledgements spoken by the emulator itself or at a pseudo-terminal. */
#define _XOPEN_SOURCE 600
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <simavr/avr_uart.h>

#include "cooee/serial.h"
#include "emulator.h"

/* Ten bits of 115,200 baud, three times: simavr takes two of them to receive a byte, and loses what it cannot hold. */
#define BYTE_CYCLES (3 * CYCLES_PER_S / 11520)
#define SPEECH_MAX 4096
#define COMMAND_MAX 128

static struct {
    uint8_t packet[COOEE_SERIAL_MAX];
    unsigned length, frames, answer_every;
    int pty;
    bool spoke, noise, away;
    avr_cycle_count_t heard, delay;
    struct cooee_frame answer; /* its count is of the frames to acknowledge */
    uint8_t key[COOEE_KEY_SIZE];
    char command[COMMAND_MAX];
    unsigned command_length;
} line = {.pty = -1};

/* What is still to be said to the node. */
static struct {
    avr_irq_t *input;
    uint8_t bytes[SPEECH_MAX];
    unsigned length, at;
} speech;

static void hear_frame(avr_t *avr, const uint8_t *bytes, uint8_t length)
{
    struct cooee_acknowledgement *acknowledgement = &line.answer.body.acknowledgement;
    struct cooee_frame frame;

    printf("frame %.3f ", (double)avr->cycle / CYCLES_PER_S);
    for (uint8_t i = 0; i < length; i++) {
        printf("%02x", bytes[i]);
    }
    printf("\n");
    if (!line.away && frame_open(line.key, bytes, length, &frame) == COOEE_STATUS_OK && line.answer_every > 0
        && ++line.frames % line.answer_every == 0 && acknowledgement->count < COOEE_ACKNOWLEDGED_MAX) {
        line.answer.address = frame.address;
        line.answer.incarnation = frame.incarnation;
        line.answer.boot = frame.boot;
        acknowledgement->sequence[acknowledgement->count++] = frame.sequence;
    }
}

/* Bytes of any kind, from none to three packets' worth. */
static unsigned make_noise(uint8_t *bytes)
{
    static uint32_t state = 1;
    unsigned length = (state >> 16) % (3 * COOEE_SERIAL_MAX);

    for (unsigned i = 0; i <= length; i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(state >> 24);
    }
    return length;
}

static void say_answer(void)
{
    uint8_t plain[COOEE_PLAIN_MAX], bytes[COOEE_FRAME_MAX];
    uint8_t length;

    line.answer.type = COOEE_FRAME_ACKNOWLEDGEMENT;
    line.answer.sequence++;
    if (frame_write(&line.answer, plain, &length) != COOEE_STATUS_OK) {
        exit(2);
    }
    length = frame_seal(line.key, plain, length, COOEE_TIME_AGE, 0, bytes);
    speech.length = line.noise ? make_noise(speech.bytes) : 0;
    speech.length += serial_wrap(bytes, length, speech.bytes + speech.length);
    speech.at = 0;
    line.answer.body.acknowledgement.count = 0;
}

/* The next byte to the node; 0 ends the timer, which would break every sleep into short ones. */
static avr_cycle_count_t speak(avr_t *avr, avr_cycle_count_t when, void *context)
{
    (void)context;
    if (line.pty < 0 && speech.at == speech.length) {
        if (avr->cycle - line.heard < line.delay) {
            return line.heard + line.delay;
        }
        say_answer();
    }
    avr_raise_irq(speech.input, speech.bytes[speech.at++]);
    return speech.at < speech.length ? when + BYTE_CYCLES : 0;
}

/* Of a command to a modem. */
static void hear_letter(const avr_t *avr, char letter)
{
    if (letter != '\r' && letter != '\n') {
        line.command[line.command_length] = letter;
        line.command_length += line.command_length + 1 < COMMAND_MAX;
        return;
    }
    line.command[line.command_length] = '\0';
    if (strncmp(line.command, "AT", 2) == 0) {
        printf("modem %.3f %s\n", (double)avr->cycle / CYCLES_PER_S, line.command);
    }
    line.command_length = 0;
}

static void hear(struct avr_irq_t *irq, uint32_t value, void *context)
{
    avr_t *avr = context;
    uint8_t byte = (uint8_t)value;

    (void)irq;
    line.heard = avr->cycle;
    line.spoke = true;
    if (line.pty >= 0 && write(line.pty, &byte, 1) != 1) {
        exit(2);
    }
    hear_letter(avr, (char)byte);
    if (byte != COOEE_SERIAL_END) {
        line.packet[line.length] = byte;
        line.length += line.length + 1 < sizeof line.packet;
        return;
    }
    uint8_t length = serial_unwrap(line.packet, (uint8_t)line.length);
    line.length = 0;
    if (length > 0) {
        hear_frame(avr, line.packet, length);
    }
    if (line.answer.body.acknowledgement.count > 0 && speech.at == speech.length) {
        avr_cycle_timer_register(avr, line.delay, speak, NULL);
    }
}

void line_pass(avr_t *avr, avr_cycle_count_t cycles)
{
    usleep((useconds_t)(cycles * 1000000 / CYCLES_PER_S));
    if (speech.at < speech.length) {
        return;
    }
    ssize_t count = read(line.pty, speech.bytes, SPEECH_MAX);
    if (count > 0) {
        speech.at = 0;
        speech.length = (unsigned)count;
        avr_cycle_timer_register(avr, BYTE_CYCLES, speak, NULL);
    }
}

bool line_is_open(void)
{
    return line.pty >= 0;
}

bool line_spoke(void)
{
    return line.spoke;
}

void line_away(bool away)
{
    line.away = away;
}

void line_hush(void)
{
    line.spoke = false;
}

static void open_pty(void)
{
    struct termios raw;

    line.pty = posix_openpt(O_RDWR | O_NOCTTY);
    if (line.pty < 0 || grantpt(line.pty) != 0 || unlockpt(line.pty) != 0) {
        exit(2);
    }
    /* Held open, so that the line stays when the gateway goes. */
    int far = open(ptsname(line.pty), O_RDWR | O_NOCTTY);
    tcgetattr(far, &raw);
    cfmakeraw(&raw);
    tcsetattr(far, TCSANOW, &raw);
    fcntl(line.pty, F_SETFL, O_NONBLOCK);
    printf("pty %s\n", ptsname(line.pty));
    setvbuf(stdin, NULL, _IONBF, 0);
    getchar(); /* whoever started us says when somebody is at the other end */
}

void line_start(avr_t *avr, const char *key, unsigned answer_every, bool noise, bool pty, unsigned delay_ms)
{
    uint32_t quiet = 0;

    for (unsigned i = 0; i < COOEE_KEY_SIZE; i++) {
        unsigned byte = 0;
        if (sscanf(key + 2 * i, "%2x", &byte) != 1) {
            exit(2);
        }
        line.key[i] = (uint8_t)byte;
    }
    line.answer_every = answer_every;
    line.noise = noise;
    line.delay = delay_ms * CYCLES_PER_S / 1000;
    if (pty) {
        open_pty();
    }
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &quiet);
    speech.input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), hear, avr);
}
