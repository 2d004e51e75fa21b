#include <stdlib.h>

#include "nodes.h"

static bool allocate(struct host_nodes *nodes, uint16_t outbox_frames)
{
    size_t probes = 0, alarms = 0, sentinels = 0;

    for (size_t i = 0; i < nodes->count; i++) {
        probes += node_probe_count(&nodes->boards[i].config);
        alarms += node_alarm_count(&nodes->boards[i].config);
        sentinels += nodes->boards[i].config.sentinel_count;
    }
    nodes->probes = calloc(probes + 1, sizeof *nodes->probes);
    nodes->alarms = calloc(alarms + 1, sizeof *nodes->alarms);
    nodes->outbox = calloc(nodes->count * outbox_frames + 1, sizeof *nodes->outbox);
    nodes->water = calloc(nodes->count + 1, sizeof *nodes->water);
    nodes->successors = calloc(sentinels + 1, sizeof *nodes->successors);
    return nodes->successors != NULL && nodes->water != NULL && nodes->probes != NULL && nodes->alarms != NULL && nodes->outbox != NULL;
}

static void share_out(struct host_nodes *nodes, uint16_t outbox_frames)
{
    struct cooee_probe *probe = nodes->probes;
    struct cooee_alarm *alarm = nodes->alarms;
    struct cooee_successor *successor = nodes->successors;

    for (size_t i = 0; i < nodes->count; i++) {
        struct board *board = &nodes->boards[i];
        board->memory = (struct cooee_node_memory){.probes = probe, .alarms = alarm,
                                                   .outbox = nodes->outbox + i * outbox_frames,
                                                   .probe_count = node_probe_count(&board->config),
                                                   .alarm_count = node_alarm_count(&board->config),
                                                   .outbox_count = outbox_frames,
                                                   .successors = successor,
                                                   .water = node_needs_water(&board->config) ? nodes->water + i : NULL};
        probe += board->memory.probe_count;
        alarm += board->memory.alarm_count;
        successor += board->config.sentinel_count;
    }
}

struct host_nodes *host_nodes_new(const struct host_config *configs, size_t count, uint16_t outbox_frames, size_t *faulty)
{
    struct host_nodes *nodes = calloc(1, sizeof *nodes);

    *faulty = count;
    if (nodes == NULL || (nodes->boards = calloc(count + 1, sizeof *nodes->boards)) == NULL) {
        free(nodes);
        return NULL;
    }
    nodes->count = count;
    for (size_t i = 0; i < count; i++) {
        board_configure(&nodes->boards[i], &configs[i], i);
    }
    if (!allocate(nodes, outbox_frames)) {
        host_nodes_free(nodes);
        return NULL;
    }
    share_out(nodes, outbox_frames);
    for (size_t i = 0; i < count; i++) {
        struct board *board = &nodes->boards[i];
        if (node_start(&board->node, &board->config, &board->memory, &board->hal) != COOEE_STATUS_OK) {
            *faulty = i;
            host_nodes_free(nodes);
            return NULL;
        }
        outbox_start(&board->node.outbox, board->memory.outbox, outbox_frames);
        board->hal.store = &board->store; /* from now on: that was no start of the node */
    }
    return nodes;
}

void host_nodes_free(struct host_nodes *nodes)
{
    if (nodes != NULL) {
        for (size_t i = 0; i < nodes->count; i++) {
            free(nodes->boards[i].images);
        }
        free(nodes->boards);
        free(nodes->probes);
        free(nodes->alarms);
        free(nodes->outbox);
        free(nodes->water);
        free(nodes->successors);
        free(nodes->calls);
        free(nodes);
    }
}

void host_nodes_wake(struct host_nodes *nodes, uint32_t now_s, const int16_t *readings, const uint8_t *mask)
{
    for (size_t i = 0; i < nodes->count; i++) {
        if (mask == NULL || mask[i] != 0) {
            board_wake(&nodes->boards[i], now_s, readings + i * COOEE_CHANNEL_COUNT);
        }
    }
}

void host_nodes_restart(struct host_nodes *nodes, size_t node)
{
    struct board *board = &nodes->boards[node];

    board->start.boot++;
    board->started = false;
    outbox_start(&board->node.outbox, board->memory.outbox, board->memory.outbox_count);
}

size_t host_nodes_transmit(struct host_nodes *nodes, uint32_t now_s, size_t capacity, uint32_t *index, uint8_t *length,
                           uint8_t *bytes)
{
    struct radio radio = {capacity, 0, index, length, bytes};

    for (size_t i = 0; i < nodes->count && radio.count < capacity; i++) {
        struct board *board = &nodes->boards[i];
        board->now_s = now_s;
        board->radio = &radio;
        node_transmit(&board->node);
        board->radio = NULL;
    }
    return radio.count;
}

int host_nodes_receive(struct host_nodes *nodes, size_t node, const uint8_t *bytes, size_t length)
{
    return (int)node_receive(&nodes->boards[node].node, bytes, length);
}

void host_nodes_requeue(struct host_nodes *nodes, size_t node)
{
    outbox_requeue(&nodes->boards[node].node.outbox);
}

struct host_settings host_nodes_settings(const struct host_nodes *nodes, size_t node)
{
    const struct cooee_settings *settings = &nodes->boards[node].node.settings;

    return (struct host_settings){settings->version, settings->wake_interval_s, settings->site,
                                  settings->telemetry_every, settings->trial};
}

struct host_policy host_nodes_policy(const struct host_nodes *nodes, size_t node, uint8_t place, uint8_t class_id)
{
    const struct board *board = &nodes->boards[node];
    const struct cooee_alarm_policy policy = node_policy(&board->node, board->sentinels[place], class_id);

    return (struct host_policy){policy.on_delay_min, policy.clear_delay_min, policy.repeat_min, policy.raise_percent,
                                policy.keep_percent};
}

uint32_t host_nodes_sentinel(const struct host_nodes *nodes, size_t node, uint8_t place)
{
    const struct board *board = &nodes->boards[node];

    return board->node.successors != NULL ? successor_sentinel(&board->node.successors[place])->version
                                          : board->sentinels[place]->version;
}

void host_nodes_forgive(struct host_nodes *nodes, size_t node)
{
    const struct board *board = &nodes->boards[node];
    const struct cooee_successor *successors = board->node.successors;

    for (uint8_t i = 0; successors != NULL && i < board->config.sentinel_count; i++) {
        if (successors[i].trial > 0) {
            slots_try(successors[i].slots, successors[i].slot);
        }
    }
}

void host_nodes_outbox(const struct host_nodes *nodes, uint32_t *waiting, uint32_t *dropped)
{
    for (size_t i = 0; i < nodes->count; i++) {
        waiting[i] = nodes->boards[i].node.outbox.count;
        dropped[i] = nodes->boards[i].node.outbox.dropped;
    }
}

void host_nodes_excuse(struct host_nodes *nodes, size_t node, uint16_t channels)
{
    struct cooee_probes *probes = &nodes->boards[node].node.probes;
    struct cooee_probe *probe = probes->probe;

    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        uint16_t bit = (uint16_t)(1U << id);
        if ((probes->channels & bit) != 0) {
            if ((channels & bit) != 0) {
                probe->channel.same_s = 0;
            }
            probe++;
        }
    }
}
