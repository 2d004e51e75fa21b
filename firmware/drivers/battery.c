#include "drivers/battery.h"

#include "drivers/analog.h"

enum cooee_fault battery_read(const struct cooee_battery *battery, const struct cooee_adc *adc, int16_t *volt_e3)
{
    uint16_t mv_e1;
    enum cooee_fault fault = analog_mean(adc, battery->input, &mv_e1);

    if (fault != COOEE_FAULT_NONE) {
        return fault;
    }
    uint32_t mv = ((uint32_t)mv_e1 * battery->ratio_e3 + 5000) / 10000;
    if (mv < 500 || mv > 32000) {
        return mv < 500 ? COOEE_FAULT_ABSENT : COOEE_FAULT_IMPLAUSIBLE;
    }
    *volt_e3 = (int16_t)mv;
    return COOEE_FAULT_NONE;
}
