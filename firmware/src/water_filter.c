#include "water_filter.h"

#include "cooee/flash.h"
#include "fixed_point.h"

/* The least and the most that any variance may be, u2 * 16. */
#define VARIANCE_LEAST 16
#define VARIANCE_MOST ((int32_t)400 * 400 * 16)
#define GAIN_MOST 7

static int32_t *covariance(struct cooee_water *water, uint8_t i, uint8_t j)
{
    return &water->covariance[i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i];
}

void water_doubt(struct cooee_water *water, uint8_t i, int16_t deviation)
{
    int32_t *own = covariance(water, i, i);

    deviation = fixed_narrow(deviation, 0, 1600);
    *own = fixed_within(*own + (int32_t)deviation * deviation, VARIANCE_LEAST, VARIANCE_MOST);
}

int32_t water_shrink(struct cooee_water *water, uint8_t i, int16_t share_q15)
{
    int32_t gone = fixed_scaled(water->state[i], share_q15, 32767);

    water->state[i] -= gone;
    for (uint8_t j = 0; j <= COOEE_WATER_STATES; j++) { /* its variance twice */
        int32_t *shared = covariance(water, i, j < COOEE_WATER_STATES ? j : i);
        *shared -= fixed_scaled(fixed_over(*shared, 16), share_q15, 32767 / 16);
    }
    return gone;
}

static COOEE_SHARED int32_t signed_by(int32_t value, uint8_t i, uint8_t some, uint8_t others)
{
    uint8_t bit = (uint8_t)(1U << i);

    return (some & bit) != 0 ? value : (others & bit) != 0 ? -value : 0;
}

/* Sizes: no variance is above VARIANCE_MOST, so that of the observation is below 2^25, and a gain has at most GAIN_MOST: all products
 * stay within 32 bits. */
void water_correct(struct cooee_water *water, uint8_t some, uint8_t others, int32_t innovation, int32_t variance)
{
    int32_t shared[COOEE_WATER_STATES], total = variance;
    int16_t gain[COOEE_WATER_STATES], scale = 1;

    for (uint8_t i = 0; i < COOEE_WATER_STATES; i++) {
        shared[i] = 0;
        for (uint8_t j = 0; j < COOEE_WATER_STATES; j++) {
            shared[i] += signed_by(*covariance(water, i, j), j, some, others);
        }
        total += signed_by(shared[i], i, some, others);
    }
    if (total < variance) {
        total = variance;
    }
    while (total >= 8192) {
        total /= 2;
        scale = (int16_t)(scale * 2);
    }
    for (uint8_t i = 0; i < COOEE_WATER_STATES; i++) {
        shared[i] = fixed_within(fixed_over(shared[i], scale), -GAIN_MOST * total, GAIN_MOST * total);
        gain[i] = (int16_t)fixed_scaled(shared[i], 4096, (int16_t)total);
        water->state[i] += fixed_scaled(innovation, gain[i], 4096);
        for (uint8_t j = 0; j <= i; j++) {
            *covariance(water, i, j) -= fixed_over(shared[i] * gain[j], (int16_t)(4096 / scale));
        }
        water_doubt(water, i, 0); /* its variance stays within bounds */
    }
}
