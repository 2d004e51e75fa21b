#include "cooee/flash.h"
#include "node_parts.h"

/* How many frames may be sent now. */
static uint16_t allowance(struct cooee_node *node, uint32_t now_s)
{
    uint32_t pause_s = NODE_CONFIG(node)->resend_after_s;

    if (pause_s == 0) {
        return UINT16_MAX;
    }
    for (uint8_t i = 1; i < node->unanswered && pause_s < COOEE_RETRY_MAX_S; i++) {
        pause_s *= 2;
    }
    bool due = now_s - node->tried_s >= (pause_s < COOEE_RETRY_MAX_S ? pause_s : COOEE_RETRY_MAX_S);
    if (due) {
        outbox_requeue(&node->outbox);
    }
    return node->unanswered == 0 ? UINT16_MAX : due || node->urgent;
}

/* A frame as it goes on the air now. A node whose frames outlive its boot says its clock with its hello and with what it has just
 * measured, so that the gateway can tell the time of those that come after the boot's end. */
static uint8_t seal(const struct cooee_node *node, const struct cooee_outbox_entry *entry, uint8_t bytes[])
{
    uint32_t now_s = NODE_HAL(node)->now_s(NODE_HAL(node)->context); /* many frames take seconds */
    uint32_t seconds = now_s - entry->measured_s;
    enum cooee_frame_time time = COOEE_TIME_AGE;

    if (frame_boot(entry->plain) != node->start.boot) {
        seconds = entry->measured_s;
        time = COOEE_TIME_EARLIER;
    } else if (NODE_HAL(node)->ring != 0 && (seconds == 0 || frame_type(entry->plain) == COOEE_FRAME_HELLO)) {
        seconds = now_s;
        time = COOEE_TIME_NOW;
    }
    return frame_seal(node->start.key, entry->plain, entry->length, time, seconds, bytes);
}

bool node_transmit(struct cooee_node *node)
{
    const struct cooee_hal *hal = NODE_HAL(node);
    uint32_t now_s = hal->now_s(hal->context);
    uint16_t left = allowance(node, now_s);
    struct cooee_outbox_entry *entry, copy;
    uint8_t bytes[COOEE_FRAME_MAX];
    bool sent = false;

    while (left > 0 && (entry = outbox_next(&node->outbox, &copy)) != 0) {
        uint8_t length = seal(node, entry, bytes);
        if (!hal->send(hal->context, bytes, length)) {
            break;
        }
        outbox_sent(&node->outbox, entry, &copy);
        sent = true;
        left--;
    }
    if (sent) {
        node->tried_s = now_s;
        node->unanswered = (uint8_t)(node->unanswered < UINT8_MAX ? node->unanswered + 1 : UINT8_MAX);
        node->urgent = false;
    }
    return sent;
}

/* An acknowledgement says the day, since 2000: a board that was without power knows it no other way. */
static void take_day(struct cooee_node *node, uint16_t day)
{
    if (COOEE_WATER_FILTER && node->water != 0 && node->settings.site.planted_on != 0 && day != 0) {
        water_set_day(node->water, &node->settings.site, day);
    }
}

COOEE_SHARED enum cooee_status node_receive(struct cooee_node *node, const uint8_t *bytes, size_t length)
{
    struct cooee_frame frame;
    enum cooee_status status = frame_head(bytes, length, &frame);

    if (status != COOEE_STATUS_OK) {
        return status;
    }
    bool present = frame.boot == node->start.boot;
    if (frame.address != NODE_CONFIG(node)->address || frame.incarnation != node->start.incarnation || frame.sequence <= node->heard
        || !(present || (frame.type == COOEE_FRAME_ACKNOWLEDGEMENT && frame.boot < node->start.boot))) {
        return COOEE_STATUS_NOT_OURS;
    }
    status = frame_open_down(node->start.key, bytes, length, &frame);
    if (status != COOEE_STATUS_OK) {
        return status;
    }
    node->heard = frame.sequence;
    if (frame.type == COOEE_FRAME_PIECE) {
        node_take_piece(node, &frame.body.piece);
        return COOEE_STATUS_OK;
    }
    if (frame.type == COOEE_FRAME_WEATHER) {
        if (COOEE_WATER_FILTER && node->water != 0) {
            water_hear(node->water, &frame.body.weather);
        }
        return COOEE_STATUS_OK;
    }
    if (present) {
        take_day(node, (uint16_t)frame.age_s);
        node->acknowledged = true;
    }
    /* Of an earlier boot it may be said again by anybody: it is an answer when it names a frame that still waits, once. */
    uint16_t waited = node->outbox.ring.waiting;
    for (uint8_t i = 0; i < frame.body.acknowledgement.count; i++) {
        outbox_acknowledge(&node->outbox, frame.boot, frame.body.acknowledgement.sequence[i], present);
    }
    if (present || node->outbox.ring.waiting != waited) {
        node->unanswered = 0;
    }
    return COOEE_STATUS_OK;
}

static void listen(struct cooee_node *node)
{
    const struct cooee_hal *hal = NODE_HAL(node);
    uint8_t bytes[COOEE_FRAME_MAX];
    uint8_t length;

    for (uint8_t i = 0; i < COOEE_PACKETS_MAX && outbox_waits(&node->outbox) && (length = hal->receive(hal->context, bytes)) != 0; i++) {
        if (node_receive(node, bytes, length) == COOEE_STATUS_OK) {
            node_transmit(node);
        }
    }
}

void node_converse(struct cooee_node *node)
{
    if (node->unanswered > 0) { /* power may go while it listens in vain */
        outbox_secure(&node->outbox, node->measured_s);
    }
    if (node_transmit(node)) {
        listen(node);
    }
    outbox_secure(&node->outbox, node->measured_s);
}
