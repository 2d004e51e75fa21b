#include "drivers/ethylene_cell.h"

#include "drivers/analog.h"

#define LEAST_SPAN_UV 10
#define MOST_MV 5000
#define CALIBRATED_AT_E2 2000
#define HIGHEST_ZERO_E1 50000
#define HIGHEST_SENSITIVITY_E3 5000
#define LOWEST_E2 (-50) /* the noise of a cell in clean air goes so far below zero */
#define HIGHEST_E2 32000

/* uV a ppm at 20 degC; 0 for what cannot be. */
static uint16_t span_of(const struct cooee_ethylene_cell *cell)
{
    int32_t mv = (int32_t)cell->span.x - cell->clean.x, ppm_e2 = (int32_t)cell->span.y - cell->clean.y;

    if (!curve_valid(&cell->zero) || !curve_valid(&cell->sensitivity) || ppm_e2 <= 0 || mv <= 0 || mv > MOST_MV) {
        return 0;
    }
    int32_t span_uv = (mv * 100000 + ppm_e2 / 2) / ppm_e2; /* a mV are 1000 uV, and ppm are hundredths */
    return (uint16_t)(span_uv <= UINT16_MAX ? span_uv : 0);
}

enum cooee_fault ethylene_cell_read(const struct cooee_ethylene_cell *cell, const struct cooee_adc *adc, int16_t air_e2,
                                    uint32_t powered_s, uint16_t age_days, int16_t *ppm_e2)
{
    uint16_t mv_e1, calibrated_uv = span_of(cell);

    if (calibrated_uv < LEAST_SPAN_UV) {
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
    int32_t zero_e1 = 10 * (int32_t)cell->clean.x + curve_at(&cell->zero, air_e2) - curve_at(&cell->zero, CALIBRATED_AT_E2);
    int32_t sensitivity_e3 = curve_at(&cell->sensitivity, air_e2);
    if (zero_e1 < 0 || zero_e1 > HIGHEST_ZERO_E1 || sensitivity_e3 < 0 || sensitivity_e3 > HIGHEST_SENSITIVITY_E3) {
        return COOEE_FAULT_CALIBRATION;
    }
    int32_t span_uv = ((int32_t)calibrated_uv * sensitivity_e3 + 500) / 1000;
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
