/* A 10-bit ADC with one source of voltage on input 2, with noise; the supply is 5 V. */
#ifndef FAKE_ADC_H
#define FAKE_ADC_H

#include "hal/adc.h"
#include "parts.h"

struct fake_adc {
    struct analog_part part;
    bool hangs;
    unsigned conversions;
};

static enum cooee_fault fake_read_mv(void *context, uint8_t input, bool pull_up, uint16_t *mv)
{
    struct fake_adc *adc = context;
    static const double noise[] = {0.07, 2.81, -2.43, 1.32, -2.94, 1.69, -0.81, 0.19};

    if (adc->hangs) {
        return COOEE_FAULT_TIMEOUT;
    }
    double volts = input == COOEE_ADC_SUPPLY ? PARTS_SUPPLY_MV : input == 2 ? analog_part_mv(&adc->part, pull_up) : 0;
    double counts = volts / PARTS_SUPPLY_MV * 1024 + (input == 2 && volts > 0 ? noise[adc->conversions++ % 8] : 0);
    counts = counts < 0 ? 0 : counts > 1023 ? 1023 : counts;
    *mv = (uint16_t)((double)(int)counts * PARTS_SUPPLY_MV / 1024 + PARTS_SUPPLY_MV / 2048);
    return COOEE_FAULT_NONE;
}

static void fake_power(void *context, uint8_t input, bool on)
{
    struct fake_adc *adc = context;

    if (input == 2) {
        analog_part_power(&adc->part, on);
    }
}

static void fake_adc_wait(void *context, uint16_t ms)
{
    (void)context;
    parts_now_us += 1000U * ms;
}

#define FAKE_ADC(adc) {(adc), fake_read_mv, fake_power, fake_adc_wait}

#endif
