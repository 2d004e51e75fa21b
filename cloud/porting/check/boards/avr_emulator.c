/* Runs avr_main.c on an emulated ATmega328P: emulator program.elf row_address row_bytes < rows > classes
 * Rows follow each other on standard input; each gives one line: class, cycles. The last line is the most stack used.
 * Flash is 128 KB here, so that a program that an ATmega328P could not hold runs all the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <simavr/sim_io.h>

#define MARK 0x3E  /* GPIOR0 */
#define CLASS 0x4A /* GPIOR1 */
#define PAINT 0xA5
#define RAM_START 0x100

enum { MARK_NEXT = 1, MARK_START, MARK_STOP };

static struct {
    uint16_t row, bytes;
    avr_cycle_count_t start, stop;
    int done;
} run;

static void mark(avr_t *avr, avr_io_addr_t address, uint8_t value, void *context)
{
    (void)context;
    avr->data[address] = value;
    if (value == MARK_NEXT) {
        run.done = fread(avr->data + run.row, 1, run.bytes, stdin) != run.bytes;
    } else if (value == MARK_START) {
        run.start = avr->cycle;
    } else if (value == MARK_STOP) {
        run.stop = avr->cycle;
    }
}

static void answer(avr_t *avr, avr_io_addr_t address, uint8_t value, void *context)
{
    (void)context;
    avr->data[address] = value;
    if (!run.done) { /* the emulator runs on for some instructions */
        printf("%u %llu\n", value, (unsigned long long)(run.stop - run.start));
    }
}

static void log_nothing(avr_t *avr, const int level, const char *format, va_list words)
{
    (void)avr, (void)level, (void)format, (void)words;
}

int main(int count, char **words)
{
    elf_firmware_t program;
    int state = cpu_Running;

    avr_global_logger_set(log_nothing);
    memset(&program, 0, sizeof program);
    if (count != 4 || elf_read_firmware(words[1], &program) != 0) {
        return 2;
    }
    run.row = (uint16_t)strtoul(words[2], NULL, 0);
    run.bytes = (uint16_t)strtoul(words[3], NULL, 0);
    avr_t *avr = avr_make_mcu_by_name("atmega328p");
    avr->flashend = 0x1FFFF;
    avr_init(avr);
    avr->frequency = 16000000;
    avr_load_firmware(avr, &program);
    avr_register_io_write(avr, MARK, mark, NULL);
    avr_register_io_write(avr, CLASS, answer, NULL);
    uint16_t top = avr->ramend;
    memset(avr->data + RAM_START, PAINT, top + 1u - RAM_START);
    while (!run.done && state != cpu_Done && state != cpu_Crashed) {
        state = avr_run(avr);
    }
    uint16_t low = (uint16_t)(RAM_START + program.datasize + program.bsssize);
    while (low <= top && avr->data[low] == PAINT) {
        low++;
    }
    printf("stack %u\n", top + 1u - low);
    return run.done ? 0 : 1;
}
