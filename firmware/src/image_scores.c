/* Linear models, nets, Bonsais and boosting of an image: scores, which are logarithms of odds, from weights that stand row by row, or from
 * trees. */
#include "cooee/flash.h"
#include "image_models.h"

#define GAP_BITS 6
#define FARTHEST (16 << GAP_BITS)
#define HIDDEN_HIGHEST 127
#define LAYERS_HIGHEST 16383
#define MOST_INPUT_SHIFT 15
#define MOST_SHIFT 31
#define STEPS 10

/* e^-x for x of 8, 4, 2 ... 2^-6, in units of 2^-16. */
static const uint16_t exponentials[STEPS] COOEE_FLASH = {22, 1200, 8869, 24109, 39750, 51039, 57835, 61565, 63520, 64520};

/* Rows of weights, of which most may be zero. */
struct rows {
    struct cooee_bits *bits;
    struct cooee_code gaps; /* how many zeros stand before the next weight */
    struct cooee_code weights;
    uint16_t zeros;
    uint8_t bias_bits;
};

static uint32_t times(int32_t a, int32_t b)
{
    return (uint32_t)a * (uint32_t)b;
}

static int32_t take_signed(struct cooee_bits *bits, uint8_t width)
{
    uint32_t value = 0;

    for (uint8_t i = 0; i < width; i++) {
        value = value << 1 | bits_take(bits, 1);
    }
    return (int32_t)(width > 0 && width < 32 && value >> (width - 1) ? value | UINT32_MAX << width : value);
}

/* A shift of up to `most`. */
static int8_t take_shift(struct cooee_bits *bits, const struct cooee_code *code, int8_t most)
{
    const int16_t shift = code_next(bits, code);

    if (shift > most || shift < -MOST_SHIFT) {
        bits->failed = true;
        return 0;
    }
    return (int8_t)shift;
}

/* How many units a layer has: 0 where they are more than there is room for. */
static uint8_t take_units(struct cooee_bits *bits)
{
    const uint8_t units = (uint8_t)bits_take(bits, 8);

    if (units > COOEE_IMAGE_WIDTH) {
        bits->failed = true;
        return 0;
    }
    return units;
}

static void rows_begin(struct cooee_bits *bits, struct rows *rows)
{
    rows->bits = bits;
    rows->bias_bits = (uint8_t)bits_take(bits, 6);
    if (rows->bias_bits > 32) {
        bits->failed = true;
        rows->bias_bits = 0;
    }
    code_read(bits, &rows->gaps);
    code_read(bits, &rows->weights);
    rows->zeros = (uint16_t)code_next(bits, &rows->gaps);
}

/* The next row's bias and weights times inputs. */
static int32_t row_sum(struct rows *rows, const int16_t inputs[], uint8_t count)
{
    uint32_t sum = (uint32_t)take_signed(rows->bits, rows->bias_bits);
    uint8_t left = count;

    while (left > rows->zeros && !rows->bits->failed) {
        left = (uint8_t)(left - rows->zeros);
        sum += times(code_next(rows->bits, &rows->weights), inputs[count - left]);
        left--;
        rows->zeros = (uint16_t)code_next(rows->bits, &rows->gaps);
    }
    rows->zeros = (uint16_t)(rows->zeros - left);
    return (int32_t)sum;
}

/* Features less the lowest, shifted and cut off. */
static void byte_inputs(struct cooee_bits *bits, const int16_t features[], uint8_t count, int16_t inputs[])
{
    const int32_t top = (int32_t)bits_take(bits, 8);
    struct cooee_code lows, shifts;

    code_read(bits, &lows);
    code_read(bits, &shifts);
    for (uint8_t i = 0; i < count; i++) {
        int32_t value = (int32_t)features[i] - code_next(bits, &lows);
        const int8_t shift = take_shift(bits, &shifts, MOST_INPUT_SHIFT);

        value = value < 0 ? 0 : value;
        value = shift < 0 ? value >> -shift : value << shift;
        inputs[i] = (int16_t)(value > top ? top : value);
    }
}

/* Sums of rows times their factors, cut off at `lowest` and 127. Returns how many. */
static uint8_t layer(struct cooee_bits *bits, const int16_t inputs[], uint8_t count, int16_t lowest, int16_t values[])
{
    const uint8_t units = take_units(bits);
    const uint8_t shift = (uint8_t)bits_take(bits, 5);
    struct cooee_code factors;
    struct rows rows;

    code_read(bits, &factors);
    rows_begin(bits, &rows);
    for (uint8_t i = 0; i < units; i++) {
        const int16_t factor = code_next(bits, &factors);
        const int32_t value = (int32_t)times(row_sum(&rows, inputs, count), factor) >> shift;

        values[i] = value > HIDDEN_HIGHEST ? HIDDEN_HIGHEST : value < lowest ? lowest : (int16_t)value;
    }
    return units;
}

/* Biases and weights times inputs, each shifted. */
static void dense(struct cooee_bits *bits, const int16_t inputs[], uint8_t count, int32_t sums[], uint8_t rows)
{
    struct cooee_code shifts, weights;

    for (uint8_t s = 0; s < rows; s++) {
        sums[s] = take_signed(bits, 32);
    }
    code_read(bits, &shifts);
    code_read(bits, &weights);
    for (uint8_t i = 0; i < count; i++) {
        const int8_t shift = take_shift(bits, &shifts, MOST_SHIFT);

        for (uint8_t s = 0; s < rows; s++) {
            const int32_t product = (int32_t)times(code_next(bits, &weights), inputs[i]);

            sums[s] = (int32_t)((uint32_t)sums[s] + (shift < 0 ? (uint32_t)(product >> -shift) : (uint32_t)product << shift));
        }
    }
}

/* Hidden layers, whose sums are shifted and cut off, then the scores. `values` holds the features, and each layer after. */
static COOEE_SHARED void layers_scores(struct cooee_bits *bits, int16_t values[], uint8_t count, int32_t scores[], uint8_t rows)
{
    int32_t sums[COOEE_IMAGE_WIDTH];

    for (uint8_t left = (uint8_t)bits_take(bits, 4); left > 0 && !bits->failed; left--) {
        const uint8_t units = take_units(bits);
        const uint8_t shift = (uint8_t)bits_take(bits, 5);

        dense(bits, values, count, sums, units);
        for (uint8_t i = 0; i < units; i++) {
            const int32_t value = sums[i] < 0 ? 0 : sums[i] >> shift;

            values[i] = (int16_t)(value > LAYERS_HIGHEST ? LAYERS_HIGHEST : value);
        }
        count = units;
    }
    dense(bits, values, count, scores, rows);
}

static void net_scores(struct cooee_bits *bits, const int16_t inputs[], uint8_t count, int32_t scores[], uint8_t rows)
{
    int16_t hidden[COOEE_IMAGE_WIDTH];
    const uint8_t units = layer(bits, inputs, count, 0, hidden);
    struct rows output;

    rows_begin(bits, &output);
    for (uint8_t s = 0; s < rows; s++) {
        scores[s] = row_sum(&output, hidden, units);
    }
}

static void bonsai_scores(struct cooee_bits *bits, const int16_t inputs[], uint8_t count, int32_t scores[], uint8_t rows)
{
    int16_t projected[COOEE_IMAGE_WIDTH];
    const uint8_t units = layer(bits, inputs, count, -HIDDEN_HIGHEST, projected);
    const uint8_t inner = (uint8_t)((1 << bits_take(bits, 2)) - 1);
    const uint8_t worth_shift = (uint8_t)bits_take(bits, 5);
    const int32_t limit = (int32_t)((uint32_t)take_signed(bits, 32) & INT32_MAX);
    struct rows nodes;
    uint8_t on_path = 0;

    rows_begin(bits, &nodes);
    for (uint8_t s = 0; s < rows; s++) {
        scores[s] = 0;
    }
    for (uint8_t node = 0; node <= 2 * inner; node++) {
        const bool reached = node == on_path;

        if (node < inner) {
            const bool above = row_sum(&nodes, projected, units) > 0;

            on_path = reached ? (uint8_t)(2 * node + 1 + above) : on_path;
        }
        for (uint8_t s = 0; s < rows; s++) {
            const int32_t worth = row_sum(&nodes, projected, units) >> worth_shift;
            int32_t gate = row_sum(&nodes, projected, units);

            gate = gate > limit ? limit : gate < -limit ? -limit : gate;
            if (reached) {
                scores[s] = (int32_t)((uint32_t)scores[s] + times(worth, gate));
            }
        }
    }
}

static uint16_t exponential(uint16_t x)
{
    uint32_t power = 65535;

    for (uint8_t i = 0; i < STEPS; i++) {
        if (x & 1U << (STEPS - 1) >> i) {
            power = power * COOEE_READ_U16(&exponentials[i]) >> 16;
        }
    }
    return (uint16_t)power;
}

/* The probability of the best class in per cent. */
static uint8_t confidence_in(uint8_t best, const int32_t scores[], uint8_t classes, int8_t gap_shift)
{
    uint32_t total = 65535;

    for (uint8_t c = 0; c < classes; c++) {
        const uint32_t gap = (uint32_t)scores[best] - (uint32_t)scores[c];
        const uint32_t shifted = gap_shift < 0 ? gap << -gap_shift : gap >> gap_shift;

        total += c != best && shifted < FARTHEST ? exponential((uint16_t)shifted) : 0;
    }
    return (uint8_t)((100UL * 65535 + total / 2) / total);
}

uint8_t scores_classify(const struct cooee_image *image, struct cooee_bits *bits, const int16_t features[],
                        uint8_t *confidence_percent)
{
    const uint8_t count = image->feature_count, classes = image->class_count;
    const int8_t gap_shift = (int8_t)take_signed(bits, 6);
    const uint8_t first = classes == 2; /* of two classes only the second has a score */
    int32_t scores[COOEE_IMAGE_CLASSES] = {0};
    int16_t inputs[COOEE_IMAGE_WIDTH];
    bool last_wins = false;
    uint8_t best = 0;

    if (gap_shift < -MOST_SHIFT) {
        bits->failed = true;
        return 0;
    }
    if (image->form == COOEE_IMAGE_LINEAR) {
        dense(bits, features, count, scores + first, (uint8_t)(classes - first));
    } else if (image->form == COOEE_IMAGE_LAYERS) {
        for (uint8_t i = 0; i < count; i++) {
            inputs[i] = features[i];
        }
        layers_scores(bits, inputs, count, scores + first, (uint8_t)(classes - first));
    } else if (COOEE_IMAGE_SCORES && image->form == COOEE_IMAGE_BOOSTING) {
        last_wins = bits_take(bits, 1);
        for (uint8_t s = first; s < classes; s++) {
            scores[s] = take_signed(bits, 32);
        }
        trees_add(image, bits, features, scores + first, (uint8_t)(classes - first));
    } else {
        byte_inputs(bits, features, count, inputs);
        (image->form == COOEE_IMAGE_NET ? net_scores : bonsai_scores)(bits, inputs, count, scores + first,
                                                                      (uint8_t)(classes - first));
    }
    for (uint8_t c = 1; c < classes; c++) {
        if (scores[c] > scores[best] || (last_wins && scores[c] == scores[best])) {
            best = c;
        }
    }
    *confidence_percent = confidence_in(best, scores, classes, gap_shift);
    return best;
}
