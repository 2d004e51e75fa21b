#include <stdlib.h>
#include <string.h>

#include "nodes.h"

static const struct cooee_sentinel *const built_in[SENTINELS] = {
#define ROW(name) &cooee_##name,
    COOEE_SENTINELS(ROW)
#undef ROW
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

void board_configure(struct board *board, const struct host_config *from, size_t index)
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

void board_wake(struct board *board, uint32_t now_s, const int16_t *reading)
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
