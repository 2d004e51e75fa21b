#include "cooee/water.h"
#include "host.h"
#include "sentinels.h"

static const struct host_feature features[COOEE_FEATURE_COUNT] = {
#define ROW(name, unit, scale, measure, channel) {#name, unit, scale, 0},
    COOEE_FEATURE_TABLE(ROW)
#undef ROW
};

static const struct {
    const char *name, *classes;
    const struct cooee_sentinel *sentinel;
} sentinels[] = {
#define ROW(name) {#name, cooee_##name##_classes, &cooee_##name},
    COOEE_SENTINELS(ROW)
#undef ROW
};

uint32_t host_feature_count(void)
{
    return COOEE_FEATURE_COUNT;
}

struct host_feature host_feature(uint32_t id)
{
    struct host_feature feature = features[id];

    feature.channels = feature_channels((uint8_t)id);
    return feature;
}

uint32_t host_channel_count(void)
{
    return COOEE_CHANNEL_COUNT;
}

uint32_t host_sentinel_count(void)
{
    return sizeof sentinels / sizeof sentinels[0];
}

struct host_sentinel host_sentinel(uint32_t place)
{
    const struct cooee_sentinel *sentinel = sentinels[place].sentinel;
    return (struct host_sentinel){sentinels[place].name, sentinels[place].classes, sentinel->features, sentinel->normals,
                                  sentinel->version, sentinel_channels(sentinel), sentinel->id, sentinel->feature_count, sentinel->class_count,
                                  sentinel_needs_water(sentinel)};
}

struct host_policy host_policy(uint32_t place, uint32_t class_id)
{
    const struct cooee_alarm_policy *policy = &sentinels[place].sentinel->policies[class_id - 1];
    return (struct host_policy){policy->on_delay_min, policy->clear_delay_min, policy->repeat_min, policy->raise_percent,
                                policy->keep_percent};
}

void host_classify(uint32_t place, const int16_t *rows, size_t count, struct host_verdict *verdicts)
{
    const struct cooee_sentinel *sentinel = sentinels[place].sentinel;

    for (size_t i = 0; i < count; i++) {
        verdicts[i].class_id = sentinel->classify(rows + i * sentinel->feature_count, &verdicts[i].confidence);
    }
}

void host_hear(struct cooee_water *water, const struct host_weather *heard)
{
    const struct cooee_weather weather = {heard->rain_e1, (uint8_t)heard->et0_e1};

    if (heard->et0_e1 != HOST_NOTHING_HEARD) {
        water_hear(water, &weather);
    }
}

/* Probes in a row of readings, and the water filter upon them. */
struct spot {
    struct cooee_probe probe[COOEE_CHANNEL_COUNT];
    struct cooee_probes probes;
    struct cooee_water water;
};

static void spot_start(struct spot *spot, const struct cooee_site *site, uint16_t step_s)
{
    probes_start(&spot->probes, spot->probe, COOEE_CHANNELS_ALL, step_s);
    water_start(&spot->water, site->planted_days);
    spot->probes.water = &spot->water;
}

static void spot_take(struct spot *spot, const int16_t *readings, const struct cooee_site *site, uint16_t dt_s)
{
    probes_push(&spot->probes, readings, dt_s);
    water_push(&spot->water, &spot->probes, site, dt_s);
}

void host_features(const int16_t *readings, const struct host_weather *heard, size_t nodes, size_t steps, uint16_t step_s,
                   const struct cooee_site *sites, int16_t *out)
{
    struct spot spot;

    for (size_t node = 0; node < nodes; node++) {
        spot_start(&spot, &sites[node], step_s);
        for (size_t step = 0; step < steps; step++) {
            spot_take(&spot, readings, &sites[node], step == 0 ? 0 : step_s);
            for (uint8_t feature = 0; feature < COOEE_FEATURE_COUNT; feature++) {
                out[feature * nodes * steps] = feature_get(&spot.probes, &sites[node], feature);
            }
            out++;
            readings += COOEE_CHANNEL_COUNT;
            if (heard != NULL) {
                host_hear(&spot.water, heard++);
            }
        }
    }
}

void host_probe_offsets(const int16_t *readings, const struct host_weather *heard, size_t nodes, size_t steps, uint16_t step_s,
                        const struct cooee_site *sites, int16_t *out)
{
    struct spot spot;

    for (size_t node = 0; node < nodes; node++) {
        spot_start(&spot, &sites[node], step_s);
        for (size_t step = 0; step < steps; step++) {
            spot_take(&spot, readings, &sites[node], step == 0 ? 0 : step_s);
            *out++ = (int16_t)(spot.water.state[COOEE_WATER_OFFSET_UPPER] / 16);
            *out++ = (int16_t)(spot.water.state[COOEE_WATER_OFFSET_LOWER] / 16);
            readings += COOEE_CHANNEL_COUNT;
            if (heard != NULL) {
                host_hear(&spot.water, heard++);
            }
        }
    }
}
