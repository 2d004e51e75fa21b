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

/* What is known of a spot after a step goes to its `column`; columns of all spots lie one behind the other in a row. */
typedef void saying(const struct spot *spot, const struct cooee_site *site, int16_t *column, size_t columns);

static void walk(const int16_t *readings, const struct host_weather *heard, size_t nodes, size_t steps, uint16_t step_s,
                 const struct cooee_site *sites, saying *say, int16_t *out)
{
    struct spot spot;
    size_t column = 0;

    for (size_t node = 0; node < nodes; node++) {
        probes_start(&spot.probes, spot.probe, COOEE_CHANNELS_ALL, step_s);
        water_start(&spot.water, sites[node].planted_days);
        spot.probes.water = &spot.water;
        for (size_t step = 0; step < steps; step++) {
            const uint16_t dt_s = step == 0 ? 0 : step_s;
            probes_push(&spot.probes, readings, dt_s);
            water_push(&spot.water, &spot.probes, &sites[node], dt_s);
            say(&spot, &sites[node], out + column++, nodes * steps);
            readings += COOEE_CHANNEL_COUNT;
            if (heard != NULL) {
                host_hear(&spot.water, heard++);
            }
        }
    }
}

static void say_features(const struct spot *spot, const struct cooee_site *site, int16_t *column, size_t columns)
{
    for (uint8_t feature = 0; feature < COOEE_FEATURE_COUNT; feature++) {
        column[feature * columns] = feature_get(&spot->probes, site, feature);
    }
}

void host_features(const int16_t *readings, const struct host_weather *heard, size_t nodes, size_t steps, uint16_t step_s,
                   const struct cooee_site *sites, int16_t *out)
{
    walk(readings, heard, nodes, steps, step_s, sites, say_features, out);
}

static void say_offsets(const struct spot *spot, const struct cooee_site *site, int16_t *column, size_t columns)
{
    (void)site;
    column[0] = (int16_t)(spot->water.state[COOEE_WATER_OFFSET_UPPER] / 16);
    column[columns] = (int16_t)(spot->water.state[COOEE_WATER_OFFSET_LOWER] / 16);
}

void host_probe_offsets(const int16_t *readings, const struct host_weather *heard, size_t nodes, size_t steps, uint16_t step_s,
                        const struct cooee_site *sites, int16_t *out)
{
    walk(readings, heard, nodes, steps, step_s, sites, say_offsets, out);
}
