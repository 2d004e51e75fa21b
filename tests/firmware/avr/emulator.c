/* Runs a node's program on an emulated ATmega328P with sensors on its pins:
 *   emulator [options] program.elf
 *   -k KEY   of the node, in hexadecimal digits
 *   -a N     acknowledge every Nth frame (at most six of them) once the node is silent
 *   -d MS    so long after it has fallen silent
 *   -n       say noise before each of them
 *   -p       a pseudo-terminal instead, whose name is printed first; time runs true while the node listens. It begins with a line on
 *            the standard input; lines of "NAME VALUE" after it are settings for now
 *   -e FILE  the EEPROM, kept in a file
 *   -s FILE  lines of "SECONDS NAME VALUE": what the parts measure, and how they break (wiring.c has the names)
 *   -u S     stop at this time, in seconds
 *   -c N     cut the power at this cycle
 * Prints "frame SECONDS HEX" for each frame and "modem SECONDS COMMAND" for each command to a modem; at the end the most stack used and
 * the cycles it was awake and has lived. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <simavr/avr_eeprom.h>
#include <simavr/sim_elf.h>

#include "emulator.h"

#define RAM_START 0x100
#define RAM_END 0x8FF
#define PAINT 0xA5
#define EEPROM_BYTES 1024
#define SLEEP_MODE_REGISTER 0x53
#define EVENTS_MAX 256

static struct {
    double seconds, value;
    char name[40];
} events[EVENTS_MAX];

static struct {
    unsigned answer_every, delay_ms, event_count, next_event;
    bool noise, pty, deaf;
    const char *key, *eeprom, *program;
    avr_cycle_count_t end, slept;
} run = {.key = "", .delay_ms = 5, .end = ~0ULL};

static void fail(const char *what, const char *which)
{
    fprintf(stderr, "%s: %s\n", what, which);
    exit(2);
}

static void read_script(const char *name)
{
    FILE *file = fopen(name, "r");

    if (file == NULL) {
        fail("no such file", name);
    }
    while (run.event_count < EVENTS_MAX
           && fscanf(file, "%lf %39s %lf", &events[run.event_count].seconds, events[run.event_count].name,
                     &events[run.event_count].value) == 3) {
        run.event_count++;
    }
    if (!feof(file)) {
        fail("not a script", name);
    }
    fclose(file);
}

static void read_options(int count, char **words)
{
    int option;

    while ((option = getopt(count, words, "k:a:d:npe:s:u:c:")) != -1) {
        switch (option) {
        case 'k':
            run.key = optarg;
            break;
        case 'a':
            run.answer_every = (unsigned)atoi(optarg);
            break;
        case 'd':
            run.delay_ms = (unsigned)atoi(optarg);
            break;
        case 'n':
            run.noise = true;
            break;
        case 'p':
            run.pty = true;
            break;
        case 'e':
            run.eeprom = optarg;
            break;
        case 's':
            read_script(optarg);
            break;
        case 'u':
            run.end = (avr_cycle_count_t)(atof(optarg) * CYCLES_PER_S);
            break;
        case 'c':
            run.end = strtoull(optarg, NULL, 10);
            break;
        default:
            exit(2);
        }
    }
    if (optind + 1 != count) {
        fail("one program is wanted", words[0]);
    }
    run.program = words[optind];
}

static void set(const char *name, double value)
{
    if (strcmp(name, "gateway.away") == 0) {
        line_away(value != 0);
    } else if (!wiring_set(name, value)) {
        fail("no such setting", name);
    }
}

static avr_cycle_count_t happen(avr_t *avr, avr_cycle_count_t when, void *context)
{
    (void)when, (void)context;
    for (; run.next_event < run.event_count; run.next_event++) {
        avr_cycle_count_t at = (avr_cycle_count_t)(events[run.next_event].seconds * CYCLES_PER_S);
        if (at > avr->cycle) {
            return at;
        }
        set(events[run.next_event].name, events[run.next_event].value);
    }
    return 0;
}

/* Settings that came on the standard input. */
static void obey(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char name[40];
    double value;

    while (!run.deaf && poll(&input, 1, 0) > 0) {
        run.deaf = scanf("%39s %lf", name, &value) != 2;
        if (!run.deaf) {
            set(name, value);
        }
    }
}

/* Sleep takes no time here, but while the node listens to a pseudo-terminal. */
static void sleep_at_once(avr_t *avr, avr_cycle_count_t cycles)
{
    bool idle = (avr->data[SLEEP_MODE_REGISTER] >> 1 & 7) == 0;

    run.slept += cycles;
    if (line_is_open()) {
        obey();
    }
    if (line_is_open() && idle && line_spoke()) {
        line_pass(avr, cycles);
    } else if (!idle) {
        line_hush();
    }
}

static void eeprom(avr_t *avr, bool load)
{
    uint8_t bytes[EEPROM_BYTES];
    avr_eeprom_desc_t memory = {.ee = bytes, .size = EEPROM_BYTES};
    FILE *file = run.eeprom == NULL ? NULL : fopen(run.eeprom, load ? "rb" : "wb");

    if (file == NULL) {
        return;
    }
    if (load && fread(bytes, 1, EEPROM_BYTES, file) == EEPROM_BYTES) {
        avr_ioctl(avr, AVR_IOCTL_EEPROM_SET, &memory);
    } else if (!load) {
        avr_ioctl(avr, AVR_IOCTL_EEPROM_GET, &memory);
        fwrite(memory.ee, 1, EEPROM_BYTES, file);
    }
    fclose(file);
}

static avr_t *make_board(const elf_firmware_t *program)
{
    avr_t *avr = avr_make_mcu_by_name("atmega328p");

    avr_init(avr);
    avr_load_firmware(avr, (elf_firmware_t *)program);
    avr->frequency = CYCLES_PER_S;
    avr->vcc = avr->avcc = avr->aref = 5000;
    avr->sleep = sleep_at_once;
    avr->log = LOG_NONE;
    memset(avr->data + RAM_START, PAINT, RAM_END + 1 - RAM_START);
    return avr;
}

int main(int count, char **words)
{
    static elf_firmware_t program;
    int state = cpu_Running;

    setvbuf(stdout, NULL, _IOLBF, 0);
    read_options(count, words);
    if (elf_read_firmware(run.program, &program) != 0) {
        fail("not a program", run.program);
    }
    avr_t *avr = make_board(&program);
    eeprom(avr, true);
    wiring_start(avr);
    line_start(avr, run.key, run.answer_every, run.noise, run.pty, run.delay_ms);
    if (run.event_count > 0) {
        avr_cycle_count_t first = happen(avr, 0, NULL);
        if (first > 0) {
            avr_cycle_timer_register(avr, first, happen, NULL);
        }
    }
    while (state != cpu_Done && state != cpu_Crashed && avr->cycle < run.end) {
        state = avr_run(avr);
    }
    eeprom(avr, false);
    uint32_t stack = RAM_START + program.datasize + program.bsssize;
    while (avr->data[stack] == PAINT) {
        stack++;
    }
    wiring_report();
    printf("stack %u\nawake %llu\nelapsed %llu\n", RAM_END + 1 - stack, (unsigned long long)(avr->cycle - run.slept),
           (unsigned long long)avr->cycle);
    return state == cpu_Crashed;
}
