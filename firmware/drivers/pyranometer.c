#include "drivers/pyranometer.h"

#include "drivers/analog.h"

#define DARKEST (-20)
#define BRIGHTEST 1800 /* the edge of a cloud sends a third more than a clear sky */

enum cooee_fault pyranometer_read(const struct cooee_pyranometer *pyranometer, const struct cooee_adc *adc, int16_t *watt_m2)
{
    const struct cooee_curve *curve = &pyranometer->calibration;
    uint16_t mv_e1 = 0;

    if (!curve_goes_one_way(curve) || curve->point[1].y < curve->point[0].y) {
        return COOEE_FAULT_CALIBRATION;
    }
    enum cooee_fault fault = analog_read(adc, pyranometer->input, &mv_e1);
    bool at_ground = fault == COOEE_FAULT_SHORT && mv_e1 / 10 <= COOEE_ANALOG_GROUND_MV;
    if (fault != COOEE_FAULT_NONE && !at_ground) {
        return fault;
    }
    int32_t found = curve_at(curve, (int16_t)((mv_e1 + 5) / 10));
    if (found < DARKEST || found > BRIGHTEST) {
        return at_ground ? COOEE_FAULT_SHORT : COOEE_FAULT_IMPLAUSIBLE;
    }
    *watt_m2 = (int16_t)(found < 0 ? 0 : found);
    return COOEE_FAULT_NONE;
}
