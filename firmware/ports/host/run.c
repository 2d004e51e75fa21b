#include <stdlib.h>
#include <string.h>

#include "nodes.h"

static bool note_call(struct host_nodes *nodes, size_t node, size_t step, const struct cooee_call *call, uint8_t length)
{
    if (nodes->call_count == nodes->call_capacity) {
        size_t capacity = nodes->call_capacity * 2 + 64;
        struct host_call *calls = realloc(nodes->calls, capacity * sizeof *calls);
        if (calls == NULL) {
            return false;
        }
        nodes->calls = calls;
        nodes->call_capacity = capacity;
    }
    nodes->calls[nodes->call_count++] = (struct host_call){(uint32_t)node, (uint32_t)step, call->since_s, call->sentinel,
                                                           call->class_id, call->state, call->confidence, length};
    return true;
}

/* Reads calls and telemetry among the frames a wake has left, and forgets the frames. */
static bool drain(struct host_nodes *nodes, size_t node, size_t step, struct host_telemetry *telemetry)
{
    struct cooee_outbox *outbox = &nodes->boards[node].node.outbox;
    struct cooee_frame frame;
    bool noted = true;

    for (uint16_t i = 0; i < outbox->count; i++) {
        struct cooee_outbox_entry *entry = &outbox->entry[i];
        uint8_t length = (uint8_t)(entry->length + COOEE_SEAL_SIZE);
        if (frame_type(entry->plain) == COOEE_FRAME_CALL) {
            noted = frame_read(entry->plain, entry->length, &frame) == COOEE_STATUS_OK
                && note_call(nodes, node, step, &frame.body.call, length) && noted;
        } else if (telemetry != NULL && frame_type(entry->plain) == COOEE_FRAME_TELEMETRY) {
            *telemetry = (struct host_telemetry){nodes->boards[node].node.probes.faults, length};
        }
    }
    outbox->count = 0;
    return noted;
}

long host_nodes_run(struct host_nodes *nodes, uint32_t start_s, uint32_t step_s, size_t steps, const int16_t *readings,
                    const struct host_weather *heard, struct host_verdict *verdicts, struct host_telemetry *telemetry)
{
    bool noted = true;

    nodes->call_count = 0;
    memset(verdicts, 0, nodes->count * steps * SENTINELS * sizeof *verdicts);
    for (size_t i = 0; i < nodes->count; i++) {
        struct board *board = &nodes->boards[i];
        for (size_t step = 0; step < steps; step++) {
            struct host_verdict *row = verdicts + (i * steps + step) * SENTINELS;
            board_wake(board, start_s + (uint32_t)step * step_s, readings + (i * steps + step) * COOEE_CHANNEL_COUNT);
            for (uint8_t place = 0; place < SENTINELS; place++) {
                row[place].class_id = COOEE_CLASS_UNKNOWN;
            }
            for (uint8_t s = 0; s < board->config.sentinel_count; s++) {
                row[board->places[s]] = (struct host_verdict){board->node.verdicts[s].class_id,
                                                              board->node.verdicts[s].confidence};
            }
            noted = drain(nodes, i, step, telemetry == NULL ? NULL : &telemetry[i * steps + step]) && noted;
            if (heard != NULL && board->node.water != NULL) {
                host_hear(board->node.water, &heard[i * steps + step]);
            }
        }
    }
    return noted ? (long)nodes->call_count : -1;
}

const struct host_call *host_nodes_calls(const struct host_nodes *nodes)
{
    return nodes->calls;
}
