#include "drivers/anemometer.h"

#include "cooee/flash.h"

#define FASTEST_MM_S 75000UL
#define GUST_S 3

/* Speed in cm/s of `count` pulses in `seconds`, without a product beyond 32 bits. */
static COOEE_SHARED int16_t speed_e2(uint32_t count, uint16_t seconds, uint16_t mm_per_pulse)
{
    uint32_t mm_s = count / seconds * mm_per_pulse + (count % seconds * mm_per_pulse + seconds / 2) / seconds;
    return (int16_t)((mm_s + 5) / 10);
}

enum cooee_fault anemometer_read(const struct cooee_anemometer *anemometer, const struct cooee_pulse *pulse,
                                 int16_t *wind_e2, int16_t *gust_e2)
{
    struct cooee_pulses pulses;

    if (anemometer->mm_per_pulse == 0) {
        return COOEE_FAULT_CALIBRATION;
    }
    uint32_t most_a_second = FASTEST_MM_S / anemometer->mm_per_pulse;
    pulse->take(pulse->context, anemometer->input, &pulses);
    if (pulses.seconds < GUST_S) {
        return COOEE_FAULT_WARMING_UP;
    }
    if (pulses.count > most_a_second * pulses.seconds || pulses.busiest > most_a_second * GUST_S) {
        return COOEE_FAULT_IMPLAUSIBLE;
    }
    *wind_e2 = speed_e2(pulses.count, pulses.seconds, anemometer->mm_per_pulse);
    *gust_e2 = speed_e2(pulses.busiest, GUST_S, anemometer->mm_per_pulse);
    if (*gust_e2 < *wind_e2) {
        *gust_e2 = *wind_e2; /* whole pulses in 3 s are coarser than in all the time */
    }
    return COOEE_FAULT_NONE;
}
