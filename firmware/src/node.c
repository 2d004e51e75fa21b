#include <string.h>

#include "node_parts.h"

uint8_t node_probe_count(const struct cooee_node_config *config)
{
    return channel_count(config->channels);
}

uint8_t node_alarm_count(const struct cooee_node_config *config)
{
    uint8_t count = 0;

    for (uint8_t i = 0; i < config->sentinel_count; i++) {
        count = (uint8_t)(count + config->sentinels[i]->class_count - 1);
    }
    return count;
}

bool node_needs_water(const struct cooee_node_config *config)
{
    for (uint8_t i = 0; i < config->sentinel_count; i++) {
        if (sentinel_needs_water(config->sentinels[i])) {
            return true;
        }
    }
    return false;
}

static bool config_valid(const struct cooee_node_config *config)
{
    if (config->sentinel_count > COOEE_NODE_SENTINELS || config->telemetry_every == 0 || config->wake_interval_s < 60
        || config->channels == 0 || (config->channels & ~COOEE_CHANNELS_ALL) != 0 || config->address == 0
        || config->address == 0xFFFF) {
        return false;
    }
    for (uint8_t i = 0; i < config->sentinel_count; i++) {
        if (config->sentinels[i]->feature_count > COOEE_SENTINEL_FEATURES
            || (sentinel_channels(config->sentinels[i]) & ~config->channels) != 0) {
            return false;
        }
    }
    return true;
}

enum cooee_status node_start(struct cooee_node *node, const struct cooee_node_config *config,
                             const struct cooee_node_memory *memory, const struct cooee_hal *hal)
{
    uint8_t probe_count = node_probe_count(config);

    if (!config_valid(config) || probe_count > COOEE_NODE_CHANNELS) {
        return COOEE_STATUS_CONFIG;
    }
    if (memory->probe_count < probe_count || memory->alarm_count < node_alarm_count(config)
        || memory->outbox_count == 0 || (!(COOEE_WATER_FILTER && memory->water != 0) && node_needs_water(config))) {
        return COOEE_STATUS_MEMORY;
    }
    memset(node, 0, sizeof *node);
    hal->start(hal->context, &node->start);
    if (node->start.incarnation == 0) {
        return COOEE_STATUS_CONFIG;
    }
#if !COOEE_ONE_NODE
    node->config = config;
    node->hal = hal;
#endif
    node->alarms = memory->alarms;
    node->water = memory->water;
    node->successors = hal->store != 0 ? memory->successors : 0;
    node_start_values(node);
    probes_start(&node->probes, memory->probes, config->channels, node->settings.wake_interval_s);
    outbox_start(&node->outbox, memory->outbox, memory->outbox_count);
    for (uint8_t i = 0; i < node_alarm_count(config); i++) {
        alarm_start(&node->alarms[i]);
    }
    node->measured_s = hal->now_s(hal->context);
    node->tried_s = node->measured_s;
    ring_start(&node->outbox.ring, hal->ring, node->start.incarnation, node->start.boot, node->measured_s);
    if (COOEE_WATER_FILTER && node->water != 0) {
        water_start(node->water, (int16_t)(node->settings.site.planted_days + node->start.days));
        node->probes.water = node->water;
    }
    node->wakes = (uint8_t)(node->settings.telemetry_every - 1);
    node_keep_hello(node);
    return COOEE_STATUS_OK;
}
