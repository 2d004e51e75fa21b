#include "water_filter.h"

#include "fixed_point.h"

/* The most that any variance may be, u2 * 16. */
#define VARIANCE_MOST ((int32_t)400 * 400 * 16)
#define GAIN_MOST 7

static int32_t *covariance(struct cooee_water *water, uint8_t i, uint8_t j)
{
    return &water->covariance[i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i];
}

void water_doubt(struct cooee_water *water, uint8_t i, int32_t deviation)
{
    int32_t *own = covariance(water, i, i);

    int16_t bounded = fixed_narrow(deviation, 0, 1600);
    *own = fixed_within(*own + (int32_t)bounded * bounded, 0, VARIANCE_MOST);
}

int32_t water_shrink(struct cooee_water *water, uint8_t i, int16_t share_q15)
{
    int32_t gone = fixed_scaled(water->state[i], share_q15, 32767);

    water->state[i] -= gone;
    for (uint8_t j = 0; j <= COOEE_WATER_STATES; j++) { /* its variance twice */
        int32_t *shared = covariance(water, i, j < COOEE_WATER_STATES ? j : i);
        *shared -= fixed_scaled(*shared / 16, share_q15, 32767 / 16);
    }
    return gone;
}

/* Sizes: no variance is above VARIANCE_MOST, so that of the observation is below 2^25, and a gain has at most GAIN_MOST: all products
 * stay within 32 bits. */
void water_correct(struct cooee_water *water, const int8_t observes[], int32_t innovation, int32_t variance)
{
    int32_t shared[COOEE_WATER_STATES], gain[COOEE_WATER_STATES], total = variance;
    int16_t scale = 1;

    for (uint8_t i = 0; i < COOEE_WATER_STATES; i++) {
        shared[i] = 0;
        for (uint8_t j = 0; j < COOEE_WATER_STATES; j++) {
            shared[i] += observes[j] * *covariance(water, i, j);
        }
        total += observes[i] * shared[i];
    }
    if (total < variance) {
        total = variance;
    }
    while (total >= 8192) {
        total /= 2;
        scale = (int16_t)(scale * 2);
    }
    for (uint8_t i = 0; i < COOEE_WATER_STATES; i++) {
        shared[i] = fixed_within(shared[i] / scale, -GAIN_MOST * total, GAIN_MOST * total);
        gain[i] = fixed_scaled(shared[i], 4096, (int16_t)total);
        water->state[i] += fixed_scaled(innovation, (int16_t)gain[i], 4096);
        for (uint8_t j = 0; j <= i; j++) {
            *covariance(water, i, j) -= shared[i] * gain[j] / (4096 / scale);
        }
    }
    for (uint8_t i = 0; i < COOEE_WATER_STATES; i++) {
        *covariance(water, i, i) = fixed_within(*covariance(water, i, i), 16, VARIANCE_MOST);
    }
}
