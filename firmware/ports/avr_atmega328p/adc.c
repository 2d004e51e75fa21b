/* The ADC against the supply, which is measured against the processor's own 1.1 V reference each time: a USB supply of 4.75 or 5.25 V
 * changes no reading. That reference differs by up to 10 % from chip to chip, which a calibration on the same board takes up. */
#include <avr/io.h>

#include "board.h"

#include <util/delay.h>

#ifndef NODE_BANDGAP_MV
#define NODE_BANDGAP_MV 1100
#endif
#define BANDGAP_SAMPLES 16
#define BANDGAP 0x0E
#define TURN_ON (1 << ADEN | 7) /* clock / 128: 125 kHz */
/* A conversion takes 104 us, the first after power 200; the loop that waits is longer than a microsecond. */
#define LIMIT 2000

static uint16_t supply_mv;

static enum cooee_fault convert(uint8_t source, uint16_t *counts)
{
    ADMUX = (uint8_t)(1 << REFS0 | source);
    ADCSRA = TURN_ON | 1 << ADSC;
    for (uint16_t i = 0; i < LIMIT; i++) {
        if ((ADCSRA & 1 << ADSC) == 0) {
            *counts = ADC;
            return COOEE_FAULT_NONE;
        }
    }
    return COOEE_FAULT_TIMEOUT;
}

static enum cooee_fault measure_supply(void)
{
    uint32_t sum = 0;
    uint16_t counts = 0;

    ADMUX = 1 << REFS0 | BANDGAP;
    ADCSRA = TURN_ON;
    _delay_us(500); /* the reference starts and charges the converter */
    for (uint8_t i = 0; i < BANDGAP_SAMPLES; i++) {
        if (convert(BANDGAP, &counts) != COOEE_FAULT_NONE || counts == 0) {
            return COOEE_FAULT_TIMEOUT;
        }
        sum += counts;
    }
    supply_mv = (uint16_t)((NODE_BANDGAP_MV * 1024UL * BANDGAP_SAMPLES + sum / 2) / sum);
    return COOEE_FAULT_NONE;
}

static enum cooee_fault read_mv(void *context, uint8_t input, bool pull_up, uint16_t *mv)
{
    uint16_t counts = 0;

    (void)context;
    if (input == COOEE_ADC_SUPPLY || supply_mv == 0) {
        enum cooee_fault fault = measure_supply();
        *mv = supply_mv;
        if (fault != COOEE_FAULT_NONE || input == COOEE_ADC_SUPPLY) {
            ADCSRA = 0;
            return fault;
        }
    }
    const uint8_t pin = (uint8_t)(1 << input);

    if (pull_up) {
        PORTC |= pin;
        _delay_us(200);
    }
    enum cooee_fault fault = convert(input, &counts);
    PORTC &= (uint8_t)~pin;
    ADCSRA = 0; /* it would go on drawing current in sleep */
    *mv = (uint16_t)(((uint32_t)counts * supply_mv + 512) / 1024);
    return fault;
}

static void power(void *context, uint8_t input, bool on)
{
    (void)context, (void)input; /* all soil probes hang on one pin, and no other sensor is switched */
    DDRD |= 1 << PIN_PROBE_POWER;
    if (on) {
        PORTD |= 1 << PIN_PROBE_POWER;
    } else {
        PORTD &= (uint8_t)~(1 << PIN_PROBE_POWER);
    }
}

const struct cooee_adc board_adc = {0, read_mv, power, time_wait_ms};
