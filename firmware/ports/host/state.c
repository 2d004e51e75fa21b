#include <string.h>

#include "nodes.h"

/* The head of a saved state. */
struct saved {
    uint32_t size, firmware_version, incarnation, sentinel_versions[SENTINELS];
    uint32_t sequence, measured_s, heard, dropped;
    uint16_t probe_size, alarm_size, entry_size, channels, boot, outbox_count;
    uint8_t sentinel_count, wakes, measured;
};

/* What follows the head. */
#define PARTS 4
struct part {
    void *bytes;
    size_t size;
};

static void parts_of(const struct cooee_node_memory *memory, struct part parts[PARTS])
{
    parts[0] = (struct part){memory->probes, memory->probe_count * sizeof *memory->probes};
    parts[1] = (struct part){memory->alarms, memory->alarm_count * sizeof *memory->alarms};
    parts[2] = (struct part){memory->outbox, memory->outbox_count * sizeof *memory->outbox};
    parts[3] = (struct part){memory->water, memory->water != NULL ? sizeof *memory->water : 0};
}

static struct saved saved_of(const struct host_nodes *nodes, size_t index)
{
    const struct board *board = &nodes->boards[index];
    const struct cooee_node *node = &board->node;
    struct saved saved;

    memset(&saved, 0, sizeof saved);
    saved.size = (uint32_t)host_nodes_state_size(nodes, index);
    saved.firmware_version = COOEE_FIRMWARE_VERSION;
    saved.incarnation = board->start.incarnation;
    saved.boot = board->start.boot;
    saved.probe_size = sizeof(struct cooee_probe);
    saved.alarm_size = sizeof(struct cooee_alarm);
    saved.entry_size = sizeof(struct cooee_outbox_entry);
    saved.channels = board->config.channels;
    saved.sentinel_count = board->config.sentinel_count;
    for (uint8_t i = 0; i < saved.sentinel_count; i++) {
        saved.sentinel_versions[i] = board->sentinels[i]->version;
    }
    saved.sequence = node->sequence;
    saved.measured_s = node->measured_s;
    saved.heard = node->heard;
    saved.dropped = node->outbox.dropped;
    saved.outbox_count = node->outbox.count;
    saved.wakes = node->wakes;
    saved.measured = node->measured;
    return saved;
}

size_t host_nodes_state_size(const struct host_nodes *nodes, size_t node)
{
    struct part parts[PARTS];
    size_t size = sizeof(struct saved);

    parts_of(&nodes->boards[node].memory, parts);
    for (size_t i = 0; i < PARTS; i++) {
        size += parts[i].size;
    }
    return size;
}

void host_nodes_save(const struct host_nodes *nodes, size_t node, uint8_t *bytes)
{
    struct saved saved = saved_of(nodes, node);
    struct part parts[PARTS];

    memcpy(bytes, &saved, sizeof saved);
    bytes += sizeof saved;
    parts_of(&nodes->boards[node].memory, parts);
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].size > 0) {
            memcpy(bytes, parts[i].bytes, parts[i].size);
            bytes += parts[i].size;
        }
    }
}

int host_nodes_restore(struct host_nodes *nodes, size_t node, const uint8_t *bytes, size_t length)
{
    struct board *board = &nodes->boards[node];
    const struct cooee_node_memory *memory = &board->memory;
    struct saved saved, own = saved_of(nodes, node);
    struct part parts[PARTS];

    if (length != host_nodes_state_size(nodes, node)) {
        return 0;
    }
    memcpy(&saved, bytes, sizeof saved);
    if (saved.size != own.size || saved.firmware_version != own.firmware_version || saved.incarnation != own.incarnation
        || saved.boot != own.boot || saved.probe_size != own.probe_size || saved.alarm_size != own.alarm_size
        || saved.entry_size != own.entry_size || saved.channels != own.channels || saved.sentinel_count != own.sentinel_count
        || memcmp(saved.sentinel_versions, own.sentinel_versions, sizeof saved.sentinel_versions) != 0
        || saved.outbox_count > memory->outbox_count) {
        return 0;
    }
    (void)node_start(&board->node, &board->config, memory, &board->hal); /* what it keeps, that of a node which starts again */
    bytes += sizeof saved;
    parts_of(memory, parts);
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].size > 0) {
            memcpy(parts[i].bytes, bytes, parts[i].size);
            bytes += parts[i].size;
        }
    }
    board->node.sequence = saved.sequence;
    board->node.measured_s = saved.measured_s;
    board->node.heard = saved.heard;
    board->node.wakes = saved.wakes;
    board->node.measured = saved.measured != 0;
    board->node.outbox.count = saved.outbox_count;
    board->node.outbox.dropped = saved.dropped;
    board->started = true;
    return 1;
}
