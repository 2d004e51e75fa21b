#include "cooee/sentinel.h"

#include "cooee/flash.h"
#include "cooee/image.h"

/* A replacement that changes the class outweighs any loss of confidence. */
#define CLASS_CHANGED 101

/* A board that takes no images has no program for them. */
static const struct cooee_image *image_of(const struct cooee_sentinel *sentinel)
{
    return COOEE_IMAGE_ROOM > 0 ? sentinel->image : 0;
}

static uint8_t classify(const struct cooee_sentinel *sentinel, const int16_t features[], uint8_t *confidence)
{
    const struct cooee_image *image = image_of(sentinel);

    return image != 0 ? image_classify(image, features, confidence) : sentinel->classify(features, confidence);
}

static uint8_t feature_at(const struct cooee_sentinel *sentinel, uint8_t place)
{
    const struct cooee_image *image = image_of(sentinel);

    return image != 0 ? image_feature(image, place) : COOEE_READ_U8(&sentinel->features[place]);
}

static int16_t normal_at(const struct cooee_sentinel *sentinel, uint8_t place)
{
    const struct cooee_image *image = image_of(sentinel);

    return image != 0 ? image_normal(image, place) : COOEE_READ_I16(&sentinel->normals[place]);
}

struct cooee_alarm_policy sentinel_policy(const struct cooee_sentinel *sentinel, uint8_t class_id)
{
    const struct cooee_image *image = image_of(sentinel);
    struct cooee_alarm_policy policy;

    if (image != 0) {
        return image_policy(image, class_id);
    }
    COOEE_READ(&policy, &sentinel->policies[class_id - 1], sizeof policy);
    return policy;
}

uint16_t sentinel_channels(const struct cooee_sentinel *sentinel)
{
    uint16_t channels = 0;

    for (uint8_t i = 0; i < sentinel->feature_count; i++) {
        channels |= feature_channels(feature_at(sentinel, i));
    }
    return channels;
}

bool sentinel_needs_water(const struct cooee_sentinel *sentinel)
{
    for (uint8_t i = 0; i < sentinel->feature_count; i++) {
        const uint8_t feature = feature_at(sentinel, i);
        if (feature >= COOEE_FEATURE_WATER_DEPLETION && feature <= COOEE_FEATURE_WATER_HOURS_DRY) {
            return true;
        }
    }
    return false;
}

struct cooee_verdict sentinel_judge(const struct cooee_sentinel *sentinel, const struct cooee_probes *probes,
                                    const struct cooee_site *site, int16_t features[])
{
    struct cooee_verdict verdict = {COOEE_CLASS_UNKNOWN, 0};

    for (uint8_t i = 0; i < sentinel->feature_count; i++) {
        features[i] = feature_get(probes, site, feature_at(sentinel, i));
        if (features[i] == COOEE_MISSING) {
            return verdict;
        }
    }
    verdict.class_id = classify(sentinel, features, &verdict.confidence);
    return verdict;
}

/* Confidence lost in `verdict` when its features are these instead. */
static COOEE_SHARED uint8_t doubt(const struct cooee_sentinel *sentinel, const int16_t features[], struct cooee_verdict verdict)
{
    uint8_t confidence;

    if (classify(sentinel, features, &confidence) != verdict.class_id) {
        return (uint8_t)(CLASS_CHANGED + confidence);
    }
    return confidence < verdict.confidence ? (uint8_t)(verdict.confidence - confidence) : 0;
}

/* Keeps the strongest evidence in order; `strength` runs beside it. */
static uint8_t rank(struct cooee_evidence evidence[], uint8_t strength[], uint8_t count, struct cooee_evidence found,
                    uint8_t found_strength)
{
    uint8_t place = count;

    while (place > 0 && strength[place - 1] < found_strength) {
        place--;
    }
    if (place == COOEE_EVIDENCE_MAX) {
        return count;
    }
    count = (uint8_t)(count < COOEE_EVIDENCE_MAX ? count + 1 : count);
    for (uint8_t i = (uint8_t)(count - 1); i > place; i--) {
        evidence[i] = evidence[i - 1];
        strength[i] = strength[i - 1];
    }
    evidence[place] = found;
    strength[place] = found_strength;
    return count;
}

/* Each feature in turn crosses from row `from` to its value in the other row; `inserted`: from normal to actual. */
static uint8_t explain(const struct cooee_sentinel *sentinel, const int16_t features[], struct cooee_verdict verdict,
                       bool inserted, struct cooee_evidence evidence[])
{
    int16_t row[COOEE_SENTINEL_FEATURES];
    uint8_t strength[COOEE_EVIDENCE_MAX];
    uint8_t count = 0;

    for (uint8_t i = 0; i < sentinel->feature_count; i++) {
        row[i] = inserted ? normal_at(sentinel, i) : features[i];
    }
    uint8_t before = doubt(sentinel, row, verdict);
    for (uint8_t i = 0; i < sentinel->feature_count; i++) {
        int16_t kept = row[i];
        row[i] = inserted ? features[i] : normal_at(sentinel, i);
        uint8_t after = doubt(sentinel, row, verdict);
        uint8_t effect = (uint8_t)(inserted ? (before > after ? before - after : 0) : after);
        row[i] = kept;
        if (effect > 0) {
            struct cooee_evidence found = {feature_at(sentinel, i), features[i]};
            count = rank(evidence, strength, count, found, effect);
        }
    }
    return count;
}

uint8_t sentinel_explain(const struct cooee_sentinel *sentinel, const int16_t features[], struct cooee_verdict verdict,
                         struct cooee_evidence evidence[COOEE_EVIDENCE_MAX])
{
    uint8_t count = explain(sentinel, features, verdict, false, evidence);
    return count > 0 ? count : explain(sentinel, features, verdict, true, evidence);
}
