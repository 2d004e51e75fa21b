#include "check.h"
#include "fixture.h"

static uint8_t explain(int16_t temperature, int16_t humidity, int16_t gust, struct cooee_evidence evidence[])
{
    int16_t row[COOEE_SENTINEL_FEATURES] = {temperature, humidity, gust};
    struct cooee_verdict verdict;

    verdict.class_id = fixture.classify(row, &verdict.confidence);
    return sentinel_explain(&fixture, row, verdict, evidence);
}

static void what_changes_the_class_comes_before_what_only_makes_it_surer(void)
{
    struct cooee_evidence evidence[COOEE_EVIDENCE_MAX];

    CHECK_EQUAL(explain(3500, 4000, 1500, evidence), 2);
    CHECK_EQUAL(evidence[0].feature, COOEE_FEATURE_AIR_TEMPERATURE);
    CHECK_EQUAL(evidence[0].value, 3500);
    CHECK_EQUAL(evidence[1].feature, COOEE_FEATURE_GUST);
    CHECK_EQUAL(evidence[1].value, 1500);
}

static void where_either_of_two_would_do_both_are_named(void)
{
    struct cooee_evidence evidence[COOEE_EVIDENCE_MAX];

    CHECK_EQUAL(explain(1500, 50, 2500, evidence), 2);
    CHECK_EQUAL(evidence[0].feature, COOEE_FEATURE_HUMIDITY);
    CHECK_EQUAL(evidence[1].feature, COOEE_FEATURE_GUST);
}

static void a_missing_feature_is_no_verdict(void)
{
    struct cooee_probe probe[3];
    struct cooee_probes probes;
    struct cooee_site site = {.drainage_h = 0};
    int16_t row[COOEE_SENTINEL_FEATURES];
    int16_t raw[COOEE_CHANNEL_COUNT] = {0};

    probes_start(&probes, probe, 1 << COOEE_CHANNEL_AIR_TEMPERATURE | 1 << COOEE_CHANNEL_HUMIDITY | 1 << COOEE_CHANNEL_GUST, 600);
    raw[COOEE_CHANNEL_AIR_TEMPERATURE] = 3500;
    raw[COOEE_CHANNEL_HUMIDITY] = 5000;
    raw[COOEE_CHANNEL_GUST] = COOEE_MISSING;
    probes_push(&probes, raw, 600);
    struct cooee_verdict verdict = sentinel_judge(&fixture, &probes, &site, row);
    CHECK_EQUAL(verdict.class_id, COOEE_CLASS_UNKNOWN);
    CHECK_EQUAL(verdict.confidence, 0);
    raw[COOEE_CHANNEL_GUST] = 100;
    probes_push(&probes, raw, 600);
    verdict = sentinel_judge(&fixture, &probes, &site, row);
    CHECK_EQUAL(verdict.class_id, HOT);
    CHECK_EQUAL(verdict.confidence, 60);
}

static void it_needs_the_channels_of_its_features(void)
{
    CHECK_EQUAL(sentinel_channels(&fixture),
                1 << COOEE_CHANNEL_AIR_TEMPERATURE | 1 << COOEE_CHANNEL_HUMIDITY | 1 << COOEE_CHANNEL_GUST);
    CHECK_EQUAL(feature_channels(COOEE_FEATURE_RAIN_5D), 1 << COOEE_CHANNEL_RAIN);
    CHECK_EQUAL(feature_channels(COOEE_FEATURE_DEW_POINT), 1 << COOEE_CHANNEL_AIR_TEMPERATURE | 1 << COOEE_CHANNEL_HUMIDITY);
    CHECK_EQUAL(feature_channels(COOEE_FEATURE_DEW_POINT_DEPRESSION), feature_channels(COOEE_FEATURE_DEW_POINT));
}

int main(void)
{
    what_changes_the_class_comes_before_what_only_makes_it_surer();
    where_either_of_two_would_do_both_are_named();
    a_missing_feature_is_no_verdict();
    it_needs_the_channels_of_its_features();
    return 0;
}
