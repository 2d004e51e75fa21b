/* The sensors on the pins of an emulated Uno, as the wiring table of docs/FIRMWARE.md has them. */
#include <stdio.h>
#include <string.h>

#include <simavr/avr_adc.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_twi.h>

#include "emulator.h"
#include "parts.h"

#define PORT_C_REGISTER 0x28
#define EICRA_REGISTER 0x69
#define FALLING_EDGES 0x0A
#define CYCLES_PER_US 16
#define INPUTS 4
/* simavr rounds down; the converter has its first step at half a bit (data sheet, "ADC Accuracy Definitions"). */
#define HALF_STEP_MV (PARTS_SUPPLY_MV / 2048)

enum { WIND_PIN = 2, RAIN_PIN = 3, ONEWIRE_PIN = 4, POWER_PIN = 5, SDA_PIN = 4, SCL_PIN = 5, LIGHT_PIN = 5 };

/* A reed switch to ground that closes `hz` times a second, and bounces. */
struct reed {
    double hz, bounces, closed_s;
    int pin;
    bool closed, runs;
    unsigned left, pulses;
};

static avr_t *board;
static struct sht31 sht31 = {.temperature = 20, .humidity = 60};
static struct bmp280 bmp280 = {.temperature = 20, .pressure = 1013.25};
static struct ds18b20 ds18b20 = {.temperature = 12};
static struct analog_part analog[INPUTS] = {{.mv = 1700, .ohm = 10000, .settle_us = 100000},
                                            {.mv = 1700, .ohm = 10000, .settle_us = 100000},
                                            {.mv = 400, .ohm = 1000, .powered = true},
                                            {.mv = 1900, .ohm = 10000, .powered = true}};
static struct reed wind = {.closed_s = 1, .pin = WIND_PIN}, rain = {.closed_s = 0.06, .pin = RAIN_PIN};
static unsigned light; /* how often it was turned over */
static double held, lines[INPUTS], absent[3], spoilt[2], asleep, shorted, unpowered, slow, switched;

static const struct setting {
    const char *name;
    double *value;
} settings[] = {{"sht31.temperature", &sht31.temperature}, {"sht31.humidity", &sht31.humidity}, {"sht31.absent", &absent[0]},
                {"sht31.spoilt", &spoilt[0]}, {"bmp280.temperature", &bmp280.temperature},
                {"bmp280.pressure", &bmp280.pressure}, {"bmp280.absent", &absent[1]}, {"bmp280.asleep", &asleep},
                {"ds18b20.temperature", &ds18b20.temperature}, {"ds18b20.absent", &absent[2]},
                {"ds18b20.spoilt", &spoilt[1]}, {"ds18b20.shorted", &shorted}, {"ds18b20.unpowered", &unpowered},
                {"ds18b20.slow", &slow}, {"a0.mv", &analog[0].mv}, {"a0.line", &lines[0]}, {"a1.mv", &analog[1].mv},
                {"a1.line", &lines[1]}, {"a2.mv", &analog[2].mv}, {"a2.line", &lines[2]}, {"a2.switched", &switched}, {"a3.mv", &analog[3].mv},
                {"a3.line", &lines[3]}, {"i2c.held", &held}, {"wind.hz", &wind.hz}, {"wind.bounces", &wind.bounces},
                {"rain.hz", &rain.hz}, {"rain.bounces", &rain.bounces}};

static void keep_time(void)
{
    parts_now_us = board->cycle / CYCLES_PER_US;
}

/* Pins that something outside pulls, and where to. */
static void set_pin(char port, int pin, bool high)
{
    static avr_ioport_external_t outside[2];
    avr_ioport_external_t *pulled = &outside[port == 'D'];
    unsigned bit = 1U << pin;

    /* simavr polls INT0 and INT1 every cycle of a low level, though they are off, unless they are for edges. */
    board->data[EICRA_REGISTER] = FALLING_EDGES;
    pulled->mask |= bit;
    pulled->value = high ? pulled->value | bit : pulled->value & ~bit;
    avr_ioctl(board, AVR_IOCTL_IOPORT_SET_EXTERNAL(port), pulled);
    avr_ioport_state_t state;
    avr_ioctl(board, AVR_IOCTL_IOPORT_GETSTATE(port), &state);
    if ((state.ddr & bit) == 0) {
        avr_raise_irq(avr_io_getirq(board, AVR_IOCTL_IOPORT_GETIRQ(port), pin), high);
    }
}

/* I2C */

static struct i2c_part bus[2];
static struct i2c_part *spoken_to;

static void answer_twi(avr_irq_t *irq, uint32_t value, void *context)
{
    avr_irq_t *input = avr_io_getirq(board, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_INPUT);
    avr_twi_msg_irq_t message = {.u.v = value};
    uint8_t address = message.u.twi.addr;

    (void)irq, (void)context;
    keep_time();
    if (message.u.twi.msg & TWI_COND_STOP) {
        spoken_to = NULL;
    }
    if (message.u.twi.msg & TWI_COND_START) {
        spoken_to = NULL;
        for (unsigned i = 0; i < sizeof bus / sizeof bus[0]; i++) {
            if (bus[i].address == address >> 1 && bus[i].start(bus[i].state, address & 1)) {
                spoken_to = &bus[i];
                avr_raise_irq(input, avr_twi_irq_msg(TWI_COND_ACK, address, 1));
            }
        }
    }
    if (spoken_to == NULL) {
        return;
    }
    if ((message.u.twi.msg & TWI_COND_WRITE) && spoken_to->write(spoken_to->state, message.u.twi.data)) {
        avr_raise_irq(input, avr_twi_irq_msg(TWI_COND_ACK, address, 1));
    }
    if (message.u.twi.msg & TWI_COND_READ) {
        avr_raise_irq(input, avr_twi_irq_msg(TWI_COND_READ, address, spoken_to->read(spoken_to->state)));
    }
}

/* Analogue inputs */

static double noise_mv(void)
{
    static uint32_t state = 1;

    state = state * 1664525 + 1013904223;
    return (double)(state >> 16) / 65536 * 8 - 4;
}

static void convert(avr_irq_t *irq, uint32_t value, void *context)
{
    (void)irq, (void)value, (void)context;
    keep_time();
    for (int i = 0; i < INPUTS; i++) {
        double mv = analog_part_mv(&analog[i], board->data[PORT_C_REGISTER] >> i & 1) + noise_mv() + HALF_STEP_MV;
        uint32_t whole_mv = mv < 0 ? 0 : mv > PARTS_SUPPLY_MV ? (uint32_t)PARTS_SUPPLY_MV : (uint32_t)mv;
        avr_raise_irq(avr_io_getirq(board, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_ADC0 + i), whole_mv);
    }
}

static void switch_power(avr_irq_t *irq, uint32_t value, void *context)
{
    (void)irq, (void)context;
    keep_time();
    analog_part_power(&analog[0], value);
    analog_part_power(&analog[1], value);
    if (switched != 0) { /* a soil probe, where a cell would have power always */
        analog_part_power(&analog[2], value);
    }
}

/* 1-Wire */

static struct {
    avr_cycle_count_t fell;
    uint8_t byte, bits;
    bool low;
} onewire;

static avr_cycle_count_t rise(avr_t *avr, avr_cycle_count_t when, void *context)
{
    (void)avr, (void)when, (void)context;
    set_pin('D', ONEWIRE_PIN, true);
    return 0;
}

static avr_cycle_count_t be_present(avr_t *avr, avr_cycle_count_t when, void *context)
{
    (void)when, (void)context;
    set_pin('D', ONEWIRE_PIN, false);
    avr_cycle_timer_register(avr, 120 * CYCLES_PER_US, rise, NULL);
    return 0;
}

static void fall(void)
{
    onewire.fell = board->cycle;
    if (ds18b20.commands < 2 || shorted) {
        return;
    }
    if (onewire.bits == 0) {
        onewire.byte = ds18b20_read_byte(&ds18b20);
    }
    if ((onewire.byte >> onewire.bits & 1) == 0) {
        set_pin('D', ONEWIRE_PIN, false);
        avr_cycle_timer_register(board, 40 * CYCLES_PER_US, rise, NULL);
    }
    onewire.bits = (onewire.bits + 1) % 8;
}

static void let_go(void)
{
    uint64_t us = (board->cycle - onewire.fell) / CYCLES_PER_US;

    if (shorted) {
        return;
    }
    if (us > 400) {
        onewire.bits = 0;
        if (ds18b20_reset(&ds18b20)) {
            avr_cycle_timer_register(board, 30 * CYCLES_PER_US, be_present, NULL);
        }
    } else if (ds18b20.commands < 2) {
        onewire.byte = (uint8_t)(onewire.byte >> 1 | (us < 15 ? 0x80 : 0));
        onewire.bits = (onewire.bits + 1) % 8;
        if (onewire.bits == 0) {
            ds18b20_write(&ds18b20, onewire.byte);
        }
    }
}

static void turn_port_d(avr_irq_t *irq, uint32_t value, void *context)
{
    bool low = value >> ONEWIRE_PIN & 1;

    (void)irq, (void)context;
    keep_time();
    if (low != onewire.low) {
        onewire.low = low;
        if (low) {
            fall();
        } else {
            let_go();
        }
    }
}

/* Switches */

static avr_cycle_count_t move_reed(avr_t *avr, avr_cycle_count_t when, void *context)
{
    struct reed *reed = context;

    (void)avr;
    if (reed->left > 0) { /* a bounce: there and back in 150 us each */
        bool closed = reed->left-- % 2 == 1 ? reed->closed : !reed->closed;
        set_pin('D', reed->pin, !closed);
        return when + 150 * CYCLES_PER_US;
    }
    if (!reed->closed && reed->hz <= 0) {
        reed->runs = false;
        return 0;
    }
    reed->closed = !reed->closed;
    reed->pulses += reed->closed;
    set_pin('D', reed->pin, !reed->closed);
    reed->left = 2 * (unsigned)reed->bounces;
    double period_s = reed->hz > 0 ? 1 / reed->hz : 1;
    double closed_s = reed->closed_s < period_s / 2 ? reed->closed_s : period_s / 2;
    double bouncing_s = reed->left * 150e-6;
    return when + (avr_cycle_count_t)(((reed->closed ? closed_s : period_s - closed_s) - bouncing_s) * CYCLES_PER_S);
}

static void start_reed(struct reed *reed)
{
    if (reed->hz > 0 && !reed->runs) {
        reed->runs = true;
        avr_cycle_timer_register(board, CYCLES_PER_S / 1000, move_reed, reed);
    }
}

/* All */

static void obey(void)
{
    sht31.absent = absent[0] != 0;
    bmp280.absent = absent[1] != 0;
    ds18b20.absent = absent[2] != 0;
    sht31.spoilt = (unsigned)spoilt[0];
    ds18b20.spoilt = (unsigned)spoilt[1];
    bmp280.asleep = asleep != 0;
    ds18b20.unpowered = unpowered != 0;
    ds18b20.slow = slow != 0;
    for (int i = 0; i < INPUTS; i++) {
        analog[i].line = (enum analog_line)lines[i];
    }
    set_pin('C', SDA_PIN, held == 0);
    set_pin('D', ONEWIRE_PIN, shorted == 0);
    start_reed(&wind);
    start_reed(&rain);
}

bool wiring_set(const char *name, double value)
{
    for (unsigned i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (strcmp(settings[i].name, name) == 0) {
            *settings[i].value = value;
            obey();
            return true;
        }
    }
    return false;
}

static void turn_light(struct avr_irq_t *irq, uint32_t value, void *context)
{
    static uint32_t lit;

    (void)irq, (void)context;
    light += value != lit;
    lit = value;
}

void wiring_report(void)
{
    printf("wind %u\nrain %u\nlight %u\n", wind.pulses, rain.pulses, light);
}

void wiring_start(avr_t *avr)
{
    board = avr;
    bus[0] = sht31_part(&sht31);
    bus[1] = bmp280_part(&bmp280);
    ds18b20_start(&ds18b20);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_OUTPUT), answer_twi, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_OUT_TRIGGER), convert, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), IOPORT_IRQ_DIRECTION_ALL), turn_port_d, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), POWER_PIN), switch_power, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B'), LIGHT_PIN), turn_light, NULL);
    set_pin('C', SCL_PIN, true);
    set_pin('D', WIND_PIN, true);
    set_pin('D', RAIN_PIN, true);
    obey();
}
