/* Trees of an image. A tree is its nodes, each before what is below it and that before what is above. */
#include "image_models.h"

struct trees {
    struct cooee_bits *bits;
    struct cooee_code kinds; /* a feature to split by or, less the number of features, the class of a leaf */
    struct cooee_code thresholds, weights;
    uint8_t features, classes;
    uint8_t whole; /* weights of a leaf */
    bool mixed;    /* leaves have several classes */
#if COOEE_IMAGE_SCORES
    uint8_t shift; /* of leaves that are numbers */
#endif
};

/* Takes a leaf that begins with a class; adds its weights to the sums of votes, or without `whole` its number to a score, if there
 * are some. */
static void take_leaf(struct trees *trees, uint16_t class_id, void *added_to)
{
    uint16_t *sums = added_to;
    uint16_t left = trees->whole;

#if COOEE_IMAGE_SCORES
    if (left == 0) {
        const uint32_t value = (uint32_t)code_next(trees->bits, &trees->weights) << trees->shift;
        int32_t *score = added_to;

        if (score != NULL) {
            *score = (int32_t)((uint32_t)*score + value);
        }
        return;
    }
#endif
    for (;;) {
        const uint16_t weight = (uint16_t)code_next(trees->bits, &trees->weights);

        if (class_id >= trees->classes || weight > left) {
            trees->bits->failed = true;
        }
        if (trees->bits->failed) {
            return;
        }
        if (sums != NULL) {
            sums[class_id] = (uint16_t)(sums[class_id] + weight);
        }
        left = (uint16_t)(left - weight);
        if (!trees->mixed || left == 0) {
            return;
        }
        class_id = (uint16_t)(code_next(trees->bits, &trees->kinds) - trees->features);
    }
}

static void skip_subtrees(struct trees *trees, uint16_t count)
{
    for (; count > 0 && !trees->bits->failed; count--) {
        const uint16_t kind = (uint16_t)code_next(trees->bits, &trees->kinds);

        if (kind < trees->features) {
            (void)code_next(trees->bits, &trees->thresholds);
            count = (uint16_t)(count + 2);
        } else {
            take_leaf(trees, (uint16_t)(kind - trees->features), NULL);
        }
    }
}

static void walk(struct trees *trees, const int16_t features[], void *added_to)
{
    uint16_t above = 0; /* subtrees that were left behind above */

    for (;;) {
        const uint16_t kind = (uint16_t)code_next(trees->bits, &trees->kinds);

        if (trees->bits->failed) {
            return;
        }
        if (kind >= trees->features) {
            take_leaf(trees, (uint16_t)(kind - trees->features), added_to);
            skip_subtrees(trees, above);
            return;
        }
        if (features[kind] > code_next(trees->bits, &trees->thresholds)) {
            skip_subtrees(trees, 1);
        } else {
            above++;
        }
    }
}

uint8_t trees_classify(const struct cooee_image *image, struct cooee_bits *bits, const int16_t features[],
                       uint8_t *confidence_percent)
{
    struct trees trees = {.bits = bits, .features = image->feature_count, .classes = image->class_count};
    uint16_t sums[COOEE_IMAGE_CLASSES] = {0};
    const uint8_t count = (uint8_t)bits_take(bits, 8);
    uint8_t best = 0;

    trees.whole = (uint8_t)bits_take(bits, 8);
    trees.mixed = bits_take(bits, 1);
    code_read(bits, &trees.kinds);
    code_read(bits, &trees.thresholds);
    code_read(bits, &trees.weights);
    /* Without a bit for each node its bits would never end. */
    if (count == 0 || trees.whole == 0 || trees.kinds.longest + trees.kinds.low_bits == 0) {
        bits->failed = true;
        return 0;
    }
    for (uint8_t i = 0; i < count; i++) {
        walk(&trees, features, sums);
    }
    for (uint8_t c = 1; c < image->class_count; c++) {
        if (sums[c] > sums[best]) {
            best = c;
        }
    }
    const uint16_t all = (uint16_t)((uint16_t)count * trees.whole);
    *confidence_percent = (uint8_t)((100UL * sums[best] + all / 2) / all);
    return best;
}

#if COOEE_IMAGE_SCORES
void trees_add(const struct cooee_image *image, struct cooee_bits *bits, const int16_t features[], int32_t scores[], uint8_t count)
{
    struct trees trees = {.bits = bits, .features = image->feature_count};
    uint16_t left = bits_take(bits, 16);
    uint8_t next = 0;

    trees.shift = (uint8_t)bits_take(bits, 5);
    code_read(bits, &trees.kinds);
    code_read(bits, &trees.thresholds);
    code_read(bits, &trees.weights);
    if (trees.kinds.longest + trees.kinds.low_bits == 0) {
        bits->failed = true;
    }
    for (; left > 0 && !bits->failed; left--) {
        walk(&trees, features, scores + next);
        next = (uint8_t)(next + 1 < count ? next + 1 : 0);
    }
}
#endif
