/* ADC1 against the supply, which is measured against the processor's own 1.2 V reference each time. */
#include "board.h"
#include "registers.h"

#define REFERENCE_MV 1200UL /* 1.16 to 1.24 V from chip to chip, which a calibration on the same board takes up */
#define REFERENCE 17
#define SAMPLES 16
#define DONE (1UL << 1)
#define ON (1UL << 0)
#define CALIBRATE (1UL << 2)
#define BY_SOFTWARE (7UL << 17 | 1UL << 20)
#define GO (1UL << 22)
#define REFERENCE_ON (1UL << 23)
#define SLOWEST 0x3FFFFFFFUL /* 239.5 clocks an input: 20 us */
#define LIMIT 100000UL

static uint16_t supply_mv;

static bool await(volatile uint32_t *at, uint32_t mask, uint32_t wanted)
{
    for (uint32_t i = 0; i < LIMIT; i++) {
        if ((*at & mask) == wanted) {
            return true;
        }
    }
    return false;
}

static enum cooee_fault convert(uint8_t input, uint16_t *counts)
{
    ADC1_SQR1 = 0;
    ADC1_SQR3 = input;
    ADC1_SR = 0;
    ADC1_CR2 |= GO;
    if (!await(&ADC1_SR, DONE, DONE)) {
        return COOEE_FAULT_TIMEOUT;
    }
    *counts = (uint16_t)ADC1_DR;
    return COOEE_FAULT_NONE;
}

static enum cooee_fault measure_supply(void)
{
    uint32_t sum = 0;
    uint16_t counts = 0;

    for (uint8_t i = 0; i < SAMPLES; i++) {
        if (convert(REFERENCE, &counts) != COOEE_FAULT_NONE || counts == 0) {
            return COOEE_FAULT_TIMEOUT;
        }
        sum += counts;
    }
    supply_mv = (uint16_t)((REFERENCE_MV * 4096UL * SAMPLES + sum / 2) / sum);
    return COOEE_FAULT_NONE;
}

static bool turn_on(void)
{
    ADC1_SMPR1 = SLOWEST;
    ADC1_SMPR2 = SLOWEST;
    ADC1_CR2 = ON | BY_SOFTWARE | REFERENCE_ON;
    time_wait_ms(0, 1);
    ADC1_CR2 |= CALIBRATE;
    return await(&ADC1_CR2, CALIBRATE, 0);
}

static enum cooee_fault read(uint8_t input, bool pull_up, uint16_t *mv)
{
    uint16_t counts = 0;

    if (input == COOEE_ADC_SUPPLY || supply_mv == 0) {
        enum cooee_fault fault = measure_supply();
        *mv = supply_mv;
        if (fault != COOEE_FAULT_NONE || input == COOEE_ADC_SUPPLY) {
            return fault;
        }
    }
    pin_set_mode(GPIOA, input, pull_up ? PIN_PULLED : PIN_ANALOG);
    pin_write(GPIOA, input, pull_up);
    enum cooee_fault fault = convert(input, &counts);
    pin_set_mode(GPIOA, input, PIN_ANALOG);
    *mv = (uint16_t)(((uint32_t)counts * supply_mv + 2048) / 4096);
    return fault;
}

static enum cooee_fault read_mv(void *context, uint8_t input, bool pull_up, uint16_t *mv)
{
    (void)context;
    enum cooee_fault fault = turn_on() ? read(input, pull_up, mv) : COOEE_FAULT_TIMEOUT;
    ADC1_CR2 = 0;
    return fault;
}

static void power(void *context, uint8_t input, bool on)
{
    (void)context, (void)input; /* all soil probes hang on one pin, and no other sensor is switched */
    pin_set_mode(GPIOB, PIN_PROBE_POWER, PIN_OUTPUT);
    pin_write(GPIOB, PIN_PROBE_POWER, on);
}

const struct cooee_adc board_adc = {0, read_mv, power, time_wait_ms};
