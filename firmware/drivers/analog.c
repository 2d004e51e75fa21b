#include "drivers/analog.h"

static enum cooee_fault mean(const struct cooee_adc *adc, uint8_t input, bool pull_up, uint16_t *mv_e1)
{
    uint32_t sum_mv = 0;

    for (uint8_t i = 0; i < COOEE_ANALOG_SAMPLES; i++) {
        uint16_t mv;
        enum cooee_fault fault = adc->read_mv(adc->context, input, pull_up, &mv);
        if (fault != COOEE_FAULT_NONE) {
            return fault;
        }
        sum_mv += mv;
    }
    *mv_e1 = (uint16_t)((sum_mv * 10 + COOEE_ANALOG_SAMPLES / 2) / COOEE_ANALOG_SAMPLES);
    return COOEE_FAULT_NONE;
}

enum cooee_fault analog_mean(const struct cooee_adc *adc, uint8_t input, uint16_t *mv_e1)
{
    return mean(adc, input, false, mv_e1);
}

enum cooee_fault analog_read(const struct cooee_adc *adc, uint8_t input, uint16_t *mv_e1)
{
    uint16_t supply_mv, pulled_e1;
    enum cooee_fault fault = adc->read_mv(adc->context, COOEE_ADC_SUPPLY, false, &supply_mv);

    /* Without the pull-up first: an open line keeps its charge for a while. */
    if (fault == COOEE_FAULT_NONE) {
        fault = mean(adc, input, false, mv_e1);
    }
    if (fault == COOEE_FAULT_NONE) {
        fault = mean(adc, input, true, &pulled_e1);
    }
    if (fault != COOEE_FAULT_NONE) {
        return fault;
    }
    uint16_t high_mv = (uint16_t)(supply_mv - supply_mv / 16);
    if (*mv_e1 / 10 >= high_mv || pulled_e1 / 10 <= COOEE_ANALOG_GROUND_MV) {
        return COOEE_FAULT_SHORT;
    }
    return pulled_e1 / 10 >= high_mv ? COOEE_FAULT_OPEN : COOEE_FAULT_NONE;
}
