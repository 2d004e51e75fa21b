#include <stdlib.h>
#include <string.h>

#include "cooee/node.h"
#include "host.h"
#include "sentinels.h"

static const struct cooee_sentinel *const built_in[] = {
#define ROW(name) &cooee_##name,
    COOEE_SENTINELS(ROW)
#undef ROW
};
#define SENTINELS (sizeof built_in / sizeof built_in[0])

/* One node with the part of the board it sees. */
struct board {
    struct cooee_node node;
    struct cooee_node_config config;
    struct cooee_node_memory memory;
    struct cooee_hal hal;
    const struct cooee_sentinel *sentinels[SENTINELS];
    struct cooee_policy_change changes[HOST_CHANGES];
    uint8_t places[SENTINELS]; /* of the node's sentinels in the list of built-in ones */
    struct cooee_start start;
    bool started, woken;
    uint8_t eeprom[COOEE_STORE_SIZE]; /* that outlives power */
    uint8_t *images;                  /* that follow it, COOEE_IMAGES_STORE bytes; null: no image has come yet */
    struct cooee_store store;
    uint32_t now_s, first_s; /* first_s: of its first wake */
    struct radio *radio;
    uint32_t index;
};

struct radio {
    size_t capacity, count;
    uint32_t *index;
    uint8_t *length, *bytes;
};

struct host_nodes {
    size_t count;
    struct board *boards;
    struct cooee_probe *probes;
    struct cooee_alarm *alarms;
    struct cooee_outbox_entry *outbox;
    struct cooee_water *water;
    struct cooee_successor *successors;
    struct host_call *calls;
    size_t call_count, call_capacity;
};

static uint32_t board_now(void *context)
{
    return ((struct board *)context)->now_s;
}

static void board_start(void *context, struct cooee_start *start)
{
    *start = ((struct board *)context)->start;
}

static bool board_send(void *context, const uint8_t *bytes, uint8_t length)
{
    struct board *board = context;
    struct radio *radio = board->radio;

    if (radio->count == radio->capacity) {
        return false;
    }
    radio->index[radio->count] = board->index;
    radio->length[radio->count] = length;
    memcpy(radio->bytes + radio->count * COOEE_FRAME_MAX, bytes, length);
    radio->count++;
    return true;
}

static bool has_images(struct board *board)
{
    if (board->images == NULL && (board->images = malloc(COOEE_IMAGES_STORE)) != NULL) {
        memset(board->images, 0xFF, COOEE_IMAGES_STORE);
    }
    return board->images != NULL;
}

static void board_load(void *context, uint16_t at, uint8_t *bytes, uint8_t count)
{
    const struct board *board = context;

    if (at < COOEE_STORE_SIZE) {
        memcpy(bytes, board->eeprom + at, count);
    } else if (board->images != NULL) {
        memcpy(bytes, board->images + at - COOEE_STORE_SIZE, count);
    } else {
        memset(bytes, 0xFF, count);
    }
}

/* Without memory it is not kept, and its checksum says so. */
static void board_save(void *context, uint16_t at, const uint8_t *bytes, uint8_t count)
{
    struct board *board = context;

    if (at < COOEE_STORE_SIZE) {
        memcpy(board->eeprom + at, bytes, count);
    } else if (has_images(board)) {
        memcpy(board->images + at - COOEE_STORE_SIZE, bytes, count);
    }
}

static void board_configure(struct board *board, const struct host_config *from, size_t index)
{
    uint8_t count = 0;

    for (uint8_t place = 0; place < SENTINELS; place++) {
        if ((from->sentinels >> place & 1) != 0) {
            board->sentinels[count] = built_in[place];
            board->places[count++] = place;
        }
    }
    for (uint8_t i = 0; i < from->change_count; i++) {
        const struct host_change *change = &from->changes[i];
        board->changes[i] = (struct cooee_policy_change){change->value, change->sentinel, change->class_id, change->field};
    }
    board->config = (struct cooee_node_config){
        .site = from->site,
        .sentinels = board->sentinels,
        .sentinel_count = count,
        .changes = board->changes,
        .change_count = from->change_count,
        .telemetry_every = 1,
        .address = from->address,
        .wake_interval_s = from->wake_interval_s,
        .resend_after_s = from->resend_after_s,
        .channels = from->channels};
    board->hal = (struct cooee_hal){.context = board, .now_s = board_now, .start = board_start, .send = board_send};
    board->store = (struct cooee_store){board, board_load, board_save};
    memset(board->eeprom, 0xFF, sizeof board->eeprom);
    board->start = (struct cooee_start){.incarnation = from->incarnation, .boot = from->boot};
    memcpy(board->start.key, from->key, COOEE_KEY_SIZE);
    board->index = (uint32_t)index;
}

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

static void board_wake(struct board *board, uint32_t now_s, const int16_t *reading)
{
    if (!board->started) {
        board->now_s = now_s;
        if (!board->woken) {
            board->woken = true;
            board->first_s = now_s;
        }
        board->start.days = (uint16_t)((now_s - board->first_s) / 86400);
        node_start(&board->node, &board->config, &board->memory, &board->hal);
        board->started = true;
    }
    node_measure(&board->node, now_s, reading);
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

size_t host_nodes_kept_size(const struct host_nodes *nodes, size_t node)
{
    return COOEE_STORE_SIZE + (nodes->boards[node].images != NULL ? COOEE_IMAGES_STORE : 0);
}

void host_nodes_kept(const struct host_nodes *nodes, size_t node, uint8_t *bytes)
{
    const struct board *board = &nodes->boards[node];

    memcpy(bytes, board->eeprom, COOEE_STORE_SIZE);
    if (board->images != NULL) {
        memcpy(bytes + COOEE_STORE_SIZE, board->images, COOEE_IMAGES_STORE);
    }
}

int host_nodes_keep(struct host_nodes *nodes, size_t node, const uint8_t *bytes, size_t length)
{
    struct board *board = &nodes->boards[node];

    if (length == COOEE_STORE_SIZE + COOEE_IMAGES_STORE && has_images(board)) {
        memcpy(board->images, bytes + COOEE_STORE_SIZE, COOEE_IMAGES_STORE);
    } else if (length != COOEE_STORE_SIZE) {
        return 0;
    }
    memcpy(board->eeprom, bytes, COOEE_STORE_SIZE);
    return 1;
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

/* The head of a saved state, before the node's probes, alarms, outbox and water filter. */
struct saved {
    uint32_t size, firmware_version, incarnation, sentinel_versions[SENTINELS];
    uint32_t sequence, measured_s, heard, dropped;
    uint16_t probe_size, alarm_size, entry_size, channels, boot, outbox_count;
    uint8_t sentinel_count, wakes, measured;
};

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
    const struct cooee_node_memory *memory = &nodes->boards[node].memory;

    return sizeof(struct saved) + memory->probe_count * sizeof *memory->probes + memory->alarm_count * sizeof *memory->alarms
        + memory->outbox_count * sizeof *memory->outbox + (memory->water != NULL ? sizeof *memory->water : 0);
}

void host_nodes_save(const struct host_nodes *nodes, size_t node, uint8_t *bytes)
{
    const struct cooee_node_memory *memory = &nodes->boards[node].memory;
    struct saved saved = saved_of(nodes, node);

    memcpy(bytes, &saved, sizeof saved);
    bytes += sizeof saved;
    memcpy(bytes, memory->probes, memory->probe_count * sizeof *memory->probes);
    bytes += memory->probe_count * sizeof *memory->probes;
    memcpy(bytes, memory->alarms, memory->alarm_count * sizeof *memory->alarms);
    bytes += memory->alarm_count * sizeof *memory->alarms;
    memcpy(bytes, memory->outbox, memory->outbox_count * sizeof *memory->outbox);
    if (memory->water != NULL) {
        memcpy(bytes + memory->outbox_count * sizeof *memory->outbox, memory->water, sizeof *memory->water);
    }
}

int host_nodes_restore(struct host_nodes *nodes, size_t node, const uint8_t *bytes, size_t length)
{
    struct board *board = &nodes->boards[node];
    const struct cooee_node_memory *memory = &board->memory;
    struct saved saved, own = saved_of(nodes, node);

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
    memcpy(memory->probes, bytes, memory->probe_count * sizeof *memory->probes);
    bytes += memory->probe_count * sizeof *memory->probes;
    memcpy(memory->alarms, bytes, memory->alarm_count * sizeof *memory->alarms);
    bytes += memory->alarm_count * sizeof *memory->alarms;
    memcpy(memory->outbox, bytes, memory->outbox_count * sizeof *memory->outbox);
    if (memory->water != NULL) {
        memcpy(memory->water, bytes + memory->outbox_count * sizeof *memory->outbox, sizeof *memory->water);
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
