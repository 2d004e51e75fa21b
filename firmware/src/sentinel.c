#include "cooee/sentinel.h"

#include "cooee/flash.h"

/* A replacement that changes the class outweighs any loss of confidence. */
#define CLASS_CHANGED 101

uint16_t sentinel_channels(const struct cooee_sentinel *sentinel)
{
    uint16_t channels = 0;

    for (uint8_t i = 0; i < sentinel->feature_count; i++) {
        channels |= feature_channels(COOEE_READ_U8(&sentinel->features[i]));
    }
    return channels;
}

bool sentinel_needs_water(const struct cooee_sentinel *sentinel)
{
    for (uint8_t i = 0; i < sentinel->feature_count; i++) {
        if (COOEE_READ_U8(&sentinel->features[i]) >= COOEE_FEATURE_WATER_DEPLETION
            && COOEE_READ_U8(&sentinel->features[i]) <= COOEE_FEATURE_WATER_HOURS_DRY) {
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
        features[i] = feature_get(probes, site, COOEE_READ_U8(&sentinel->features[i]));
        if (features[i] == COOEE_MISSING) {
            return verdict;
        }
    }
    verdict.class_id = sentinel->classify(features, &verdict.confidence);
    return verdict;
}

/* Confidence lost in `verdict` when its features are these instead. */
static uint8_t doubt(const struct cooee_sentinel *sentinel, const int16_t features[], struct cooee_verdict verdict)
{
    uint8_t confidence;

    if (sentinel->classify(features, &confidence) != verdict.class_id) {
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
        row[i] = inserted ? COOEE_READ_I16(&sentinel->normals[i]) : features[i];
    }
    uint8_t before = doubt(sentinel, row, verdict);
    for (uint8_t i = 0; i < sentinel->feature_count; i++) {
        int16_t kept = row[i];
        row[i] = inserted ? features[i] : COOEE_READ_I16(&sentinel->normals[i]);
        uint8_t after = doubt(sentinel, row, verdict);
        uint8_t effect = (uint8_t)(inserted ? (before > after ? before - after : 0) : after);
        row[i] = kept;
        if (effect > 0) {
            struct cooee_evidence found = {COOEE_READ_U8(&sentinel->features[i]), features[i]};
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
