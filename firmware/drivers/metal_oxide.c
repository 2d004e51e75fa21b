#include "drivers/metal_oxide.h"

#include "drivers/analog.h"

#define MOST_OHM 4000000UL

enum cooee_fault metal_oxide_read(const struct cooee_metal_oxide *sensor, const struct cooee_adc *adc, uint32_t powered_s,
                                  int16_t *ratio_e3)
{
    uint16_t mv_e1, supply_e1;

    if (sensor->clean_ohm < 1000) {
        return COOEE_FAULT_CALIBRATION;
    }
    if (powered_s < sensor->warm_up_min * 60UL) {
        return COOEE_FAULT_WARMING_UP;
    }
    enum cooee_fault fault = analog_mean(adc, COOEE_ADC_SUPPLY, &supply_e1);
    if (fault == COOEE_FAULT_NONE) {
        fault = analog_mean(adc, sensor->input, &mv_e1);
    }
    if (fault != COOEE_FAULT_NONE) {
        return fault;
    }
    if (mv_e1 >= supply_e1 - supply_e1 / 128) {
        return COOEE_FAULT_SHORT;
    }
    if (mv_e1 == 0) {
        return COOEE_FAULT_OPEN;
    }
    uint32_t ohm = (uint32_t)(supply_e1 - mv_e1) * sensor->load_ohm / mv_e1;
    if (ohm > MOST_OHM || ohm * 1000 / sensor->clean_ohm > INT16_MAX) {
        return COOEE_FAULT_IMPLAUSIBLE;
    }
    *ratio_e3 = (int16_t)(ohm * 1000 / sensor->clean_ohm);
    return COOEE_FAULT_NONE;
}
