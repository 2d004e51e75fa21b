#include "drivers/rain_gauge.h"

#define MOST_UM_3_S 500U /* 10 mm a minute */
#define MOST_UM 320000UL /* what int16 holds in 0.01 mm */

enum cooee_fault rain_gauge_read(const struct cooee_rain_gauge *gauge, const struct cooee_pulse *pulse, int16_t *rain_e2)
{
    struct cooee_pulses pulses;

    if (gauge->um_per_tip == 0) {
        return COOEE_FAULT_CALIBRATION;
    }
    pulse->take(pulse->context, gauge->input, &pulses);
    /* One tip more than the rain makes, for the water that was in the bucket. */
    if (pulses.busiest > MOST_UM_3_S / gauge->um_per_tip + 1 || pulses.count > MOST_UM / gauge->um_per_tip) {
        return COOEE_FAULT_IMPLAUSIBLE;
    }
    *rain_e2 = (int16_t)((pulses.count * gauge->um_per_tip + 5) / 10);
    return COOEE_FAULT_NONE;
}
