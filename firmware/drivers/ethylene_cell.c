#include "drivers/ethylene_cell.h"

#include "drivers/analog.h"

#define LEAST_SPAN_UV 10
#define HIGHEST_ZERO_E1 50000
#define HIGHEST_SENSITIVITY_E3 5000
#define LOWEST_E2 (-50) /* the noise of a cell in clean air goes so far below zero */
#define HIGHEST_E2 32000

static bool calibration_valid(const struct cooee_ethylene_cell *cell)
{
    return curve_valid(&cell->zero) && curve_valid(&cell->sensitivity) && cell->span_uv_per_ppm >= LEAST_SPAN_UV;
}

enum cooee_fault ethylene_cell_read(const struct cooee_ethylene_cell *cell, const struct cooee_adc *adc, int16_t air_e2,
                                    uint32_t powered_s, uint16_t age_days, int16_t *ppm_e2)
{
    uint16_t mv_e1;

    if (!calibration_valid(cell)) {
        return COOEE_FAULT_CALIBRATION;
    }
    if (age_days > cell->life_days) {
        return COOEE_FAULT_EXPIRED;
    }
    if (powered_s < cell->warm_up_min * 60UL) {
        return COOEE_FAULT_WARMING_UP;
    }
    enum cooee_fault fault = analog_read(adc, cell->input, &mv_e1);
    if (fault != COOEE_FAULT_NONE) {
        return fault;
    }
    int32_t zero_e1 = curve_at(&cell->zero, air_e2), sensitivity_e3 = curve_at(&cell->sensitivity, air_e2);
    if (zero_e1 < 0 || zero_e1 > HIGHEST_ZERO_E1 || sensitivity_e3 < 0 || sensitivity_e3 > HIGHEST_SENSITIVITY_E3) {
        return COOEE_FAULT_CALIBRATION;
    }
    int32_t span_uv = ((int32_t)cell->span_uv_per_ppm * sensitivity_e3 + 500) / 1000;
    if (span_uv < LEAST_SPAN_UV) {
        return COOEE_FAULT_CALIBRATION;
    }
    /* 0.1 mV are 100 uV, and ppm are wanted in hundredths. */
    int32_t product = ((int32_t)mv_e1 - zero_e1) * 10000;
    int32_t found_e2 = (product + (product < 0 ? -span_uv / 2 : span_uv / 2)) / span_uv;
    if (found_e2 < LOWEST_E2 || found_e2 > HIGHEST_E2) {
        return COOEE_FAULT_IMPLAUSIBLE;
    }
    *ppm_e2 = (int16_t)found_e2;
    return COOEE_FAULT_NONE;
}
