#include "drivers/soil_probe.h"

#include "drivers/analog.h"

/* A reading so far below zero is still a dry soil, and said as zero: the error of a probe calibrated in its own soil. */
#define DRY_TOLERANCE_E4 200
#define WETTEST_E4 6500

enum cooee_fault soil_probe_read(const struct cooee_soil_probe *probe, const struct cooee_adc *adc, int16_t *moisture_e4)
{
    uint16_t mv_e1;

    if (probe->calibration.count > COOEE_SOIL_POINTS_MAX || !curve_goes_one_way(&probe->calibration)) {
        return COOEE_FAULT_CALIBRATION;
    }
    adc->power(adc->context, probe->input, true);
    adc->wait_ms(adc->context, probe->settle_ms);
    enum cooee_fault fault = analog_read(adc, probe->input, &mv_e1);
    adc->power(adc->context, probe->input, false);
    if (fault != COOEE_FAULT_NONE) {
        return fault;
    }
    int32_t moisture = curve_at(&probe->calibration, (int16_t)((mv_e1 + 5) / 10));
    if (moisture < -DRY_TOLERANCE_E4 || moisture > WETTEST_E4) {
        return COOEE_FAULT_IMPLAUSIBLE;
    }
    *moisture_e4 = (int16_t)(moisture < 0 ? 0 : moisture);
    return COOEE_FAULT_NONE;
}
