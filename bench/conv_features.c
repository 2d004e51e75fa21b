/* Features of windows that do not overlap, by running sums: what a node would keep to ask a tree. Of each channel the mean, lowest,
 * highest and slope; CHANNELS, SAMPLES and PREDICT come from the compiler's command line. */
#include "features.h"

#define STEEPEST (SAMPLES * (SAMPLES - 1L) * (SAMPLES + 1L) / 3) /* sum of (2 t - (n - 1))^2 */

static struct {
    int32_t sum, tilt;
    int16_t low, high;
} kept[CHANNELS];
static uint16_t seen;
static uint8_t found;

/* Rounded down, of either sign. */
static int16_t divided(int32_t value, int32_t by)
{
    return (int16_t)(value >= 0 ? value / by : -((-value + by - 1) / by));
}

uint8_t features_sample(const int16_t *sample)
{
    int16_t features[4 * CHANNELS];

    for (uint8_t c = 0; c < CHANNELS; c++) {
        const int16_t value = sample[c];

        if (seen == 0) {
            kept[c].sum = kept[c].tilt = 0;
            kept[c].low = kept[c].high = value;
        }
        kept[c].sum += value;
        kept[c].tilt += (int32_t)value * (2 * (int16_t)seen - (SAMPLES - 1));
        kept[c].low = value < kept[c].low ? value : kept[c].low;
        kept[c].high = value > kept[c].high ? value : kept[c].high;
    }
    if (++seen < SAMPLES) {
        return found;
    }
    seen = 0;
    for (uint8_t c = 0; c < CHANNELS; c++) {
        features[4 * c] = divided(kept[c].sum, SAMPLES);
        features[4 * c + 1] = kept[c].low;
        features[4 * c + 2] = kept[c].high;
        features[4 * c + 3] = divided(kept[c].tilt * 512, STEEPEST);
    }
    found = PREDICT(features);
    return found;
}
