#include "cooee/node.h"

#include "cooee/flash.h"

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
        || config->channels == 0 || (config->channels & ~COOEE_CHANNELS_ALL) != 0
        || channel_count(config->channels) > COOEE_NODE_CHANNELS || config->address == 0
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

/* How many of its sentinels may be others, that came over the air. A board that takes none has no program for them. */
static uint8_t successor_count(const struct cooee_node *node)
{
    return node->successors != 0 ? node->config->sentinel_count : 0;
}

static const struct cooee_sentinel *sentinel_of(const struct cooee_node *node, uint8_t place)
{
    return COOEE_IMAGE_ROOM > 0 && node->successors != 0 ? successor_sentinel(&node->successors[place])
                                                         : node->config->sentinels[place];
}

/* Numbers a frame of this node and keeps it until it is acknowledged. */
static void keep(struct cooee_node *node, struct cooee_frame *frame, uint8_t type)
{
    uint8_t plain[COOEE_PLAIN_MAX];

    frame->type = type;
    frame->address = node->config->address;
    frame->incarnation = node->start.incarnation;
    frame->boot = node->start.boot;
    frame->sequence = node->sequence++;
    outbox_push(&node->outbox, plain, frame_write_up(frame, plain), node->measured_s);
}

static COOEE_SHARED void keep_hello(struct cooee_node *node)
{
    struct cooee_frame frame;
    struct cooee_hello *hello = &frame.body.hello;
    const struct cooee_node_config *config = node->config;

    hello->firmware_version = COOEE_FIRMWARE_VERSION;
    hello->wake_interval_s = node->settings.wake_interval_s;
    hello->channels = config->channels;
    hello->reset = node->start.reset;
    hello->wakes_missed = node->start.wakes_missed;
    hello->settings_version = node->settings.version;
    hello->sentinel_count = config->sentinel_count < COOEE_HELLO_SENTINELS ? config->sentinel_count : COOEE_HELLO_SENTINELS;
    for (uint8_t i = 0; i < hello->sentinel_count; i++) {
        hello->sentinel_version[i] = sentinel_of(node, i)->version;
    }
    keep(node, &frame, COOEE_FRAME_HELLO);
}

/* The newest settings that hold, or those of the configuration. */
static void use_settings(struct cooee_node *node, bool (*find)(const struct cooee_store *, struct cooee_settings *))
{
    const struct cooee_node_config *config = node->config;

    const struct cooee_settings built_in = {.site = config->site,
                                            .wake_interval_s = config->wake_interval_s,
                                            .telemetry_every = config->telemetry_every,
                                            .slot = COOEE_SLOT_NONE};

    node->settings = built_in;
    if (node->hal->store != 0 && !find(node->hal->store, &node->settings)) {
        node->settings = built_in;
    }
}

static void start_successors(struct cooee_node *node)
{
    const struct cooee_node_config *config = node->config;

    for (uint8_t i = 0; COOEE_IMAGE_ROOM > 0 && i < successor_count(node); i++) {
        successor_start(&node->successors[i], node->hal->store, i, config->sentinels[i], config->channels, node->water != 0);
    }
}

/* The gateway hears of it at once. */
static void change_settings(struct cooee_node *node)
{
    probes_interval(&node->probes, node->settings.wake_interval_s);
    keep_hello(node);
}

enum cooee_status node_start(struct cooee_node *node, const struct cooee_node_config *config,
                             const struct cooee_node_memory *memory, const struct cooee_hal *hal)
{
    if (!config_valid(config)) {
        return COOEE_STATUS_CONFIG;
    }
    if (memory->probe_count < node_probe_count(config) || memory->alarm_count < node_alarm_count(config)
        || memory->outbox_count == 0 || (!(COOEE_WATER_FILTER && memory->water != 0) && node_needs_water(config))) {
        return COOEE_STATUS_MEMORY;
    }
    hal->start(hal->context, &node->start);
    if (node->start.incarnation == 0) {
        return COOEE_STATUS_CONFIG;
    }
    node->config = config;
    node->hal = hal;
    node->alarms = memory->alarms;
    node->water = memory->water;
    node->successors = hal->store != 0 ? memory->successors : 0;
    use_settings(node, settings_start);
    start_successors(node);
    probes_start(&node->probes, memory->probes, config->channels, node->settings.wake_interval_s);
    outbox_start(&node->outbox, memory->outbox, memory->outbox_count);
    for (uint8_t i = 0; i < node_alarm_count(config); i++) {
        alarm_start(&node->alarms[i]);
    }
    node->sequence = 0;
    node->measured_s = hal->now_s(hal->context);
    node->heard = 0;
    node->tried_s = node->measured_s;
    node->unanswered = 0;
    node->urgent = node->acknowledged = false;
    ring_start(&node->outbox.ring, hal->ring, node->start.incarnation, node->start.boot, node->measured_s);
    if (COOEE_WATER_FILTER && node->water != 0) {
        water_start(node->water, (int16_t)(node->settings.site.planted_days + node->start.days));
        node->probes.water = node->water;
    }
    node->wakes = (uint8_t)(node->settings.telemetry_every - 1);
    node->measured = false;
    keep_hello(node);
    return COOEE_STATUS_OK;
}

static COOEE_SHARED void keep_telemetry(struct cooee_node *node, const int16_t raw[])
{
    struct cooee_frame frame;
    struct cooee_telemetry *telemetry = &frame.body.telemetry;

    telemetry->channels = 0;
    telemetry->faults = node->probes.faults;
    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        uint16_t bit = (uint16_t)(1U << id);
        telemetry->raw[id] = raw[id];
        if ((node->probes.faults & bit) != 0) {
            telemetry->raw[id] = channel_failure(id, raw[id]);
        } else if ((node->probes.channels & bit) != 0 && raw[id] != COOEE_MISSING) {
            telemetry->channels |= bit;
        }
    }
    if ((telemetry->channels | telemetry->faults) != 0) {
        keep(node, &frame, COOEE_FRAME_TELEMETRY);
    }
}

static void keep_call(struct cooee_node *node, const struct cooee_sentinel *sentinel, uint8_t class_id,
                      enum cooee_call_state state, uint32_t since_s, struct cooee_verdict verdict, const int16_t features[])
{
    struct cooee_frame frame;
    struct cooee_call *call = &frame.body.call;

    call->sentinel = sentinel->id;
    call->version = sentinel->version;
    call->class_id = class_id;
    call->confidence = verdict.confidence;
    call->state = (uint8_t)state;
    call->since_s = since_s;
    call->evidence_count = state == COOEE_CALL_CLEARED ? 0 : sentinel_explain(sentinel, features, verdict, call->evidence);
    keep(node, &frame, COOEE_FRAME_CALL);
    node->urgent = true;
}

/* A change of policies, of the settings in use or of the configuration; false when there are not so many. */
static bool change_at(const struct cooee_node *node, uint8_t place, struct cooee_policy_change *change)
{
    const struct cooee_node_config *config = node->config;

    if (node->settings.slot != COOEE_SLOT_NONE) {
        return place < settings_change(node->hal->store, node->settings.slot, place, change);
    }
    if (place < config->change_count) {
        *change = config->changes[place];
        return true;
    }
    return false;
}

struct cooee_alarm_policy node_policy(const struct cooee_node *node, const struct cooee_sentinel *sentinel, uint8_t class_id)
{
    struct cooee_alarm_policy policy = sentinel_policy(sentinel, class_id);
    struct cooee_policy_change change;

    for (uint8_t i = 0; change_at(node, i, &change); i++) {
        if (change.sentinel == sentinel->id && change.class_id == class_id) {
            alarm_change_policy(&policy, change.field, change.value);
        }
    }
    if (policy.keep_percent > policy.raise_percent) {
        policy.keep_percent = policy.raise_percent;
    }
    return policy;
}

/* Runs one sentinel and its alarms, which begin at `alarm`. */
static struct cooee_verdict watch(struct cooee_node *node, const struct cooee_sentinel *sentinel, struct cooee_alarm *alarm,
                                  uint32_t dt_s)
{
    int16_t features[COOEE_SENTINEL_FEATURES];
    struct cooee_verdict verdict = sentinel_judge(sentinel, &node->probes, &node->settings.site, features);
    /* A gap longer than two wakes is no evidence of what happened in it. */
    uint32_t longest_s = 2UL * node->settings.wake_interval_s;
    uint32_t step_s = dt_s < longest_s ? dt_s : longest_s;

    for (uint8_t class_id = 1; class_id < sentinel->class_count; class_id++, alarm++) {
        alarm_age(alarm, dt_s);
        if (verdict.class_id == COOEE_CLASS_UNKNOWN) {
            continue;
        }
        const struct cooee_alarm_policy policy = node_policy(node, sentinel, class_id);
        enum cooee_call_state state = alarm_step(alarm, &policy, verdict.class_id == class_id, verdict.confidence, step_s);
        if (state != COOEE_CALL_NONE) {
            keep_call(node, sentinel, class_id, state, alarm->since_s, verdict, features);
        }
    }
    return verdict;
}

/* New settings have proved themselves after some wakes that were acknowledged, and are given up when nobody answers any more. */
static void try_settings(struct cooee_node *node)
{
    if (node->settings.trial > 0 && node->unanswered >= COOEE_TRIAL_TRIES) {
        settings_refuse(node->hal->store, &node->settings);
        use_settings(node, settings_find);
        change_settings(node);
    } else if (node->settings.trial > 0 && node->acknowledged && --node->settings.trial == 0) {
        settings_prove(node->hal->store, &node->settings);
    }
}

/* Images the same. */
static void try_successors(struct cooee_node *node)
{
    bool renewed = false;

    for (uint8_t i = 0; COOEE_IMAGE_ROOM > 0 && i < successor_count(node); i++) {
        struct cooee_successor *successor = &node->successors[i];

        if (successor->trial > 0 && node->unanswered >= COOEE_TRIAL_TRIES) {
            successor_refuse(successor);
            renewed = true;
        } else if (successor->trial > 0 && node->acknowledged && --successor->trial == 0) {
            successor_prove(successor);
        }
    }
    if (renewed) {
        keep_hello(node);
    }
}

COOEE_SHARED void node_measure(struct cooee_node *node, uint32_t now_s, const int16_t raw[COOEE_CHANNEL_COUNT])
{
    uint32_t dt_s = node->measured ? now_s - node->measured_s : 0;
    struct cooee_alarm *alarm = node->alarms;

    try_settings(node);
    try_successors(node);
    node->acknowledged = false;
    node->measured = true;
    node->measured_s = now_s;
    uint16_t step_s = (uint16_t)(dt_s < COOEE_STEP_MAX_S ? dt_s : COOEE_STEP_MAX_S);
    probes_push(&node->probes, raw, step_s);
    if (COOEE_WATER_FILTER && node->water != 0) {
        water_push(node->water, &node->probes, &node->settings.site, step_s);
    }
    if (++node->wakes >= node->settings.telemetry_every) {
        node->wakes = 0;
        keep_telemetry(node, raw);
    }
    for (uint8_t i = 0; i < node->config->sentinel_count; i++) {
        const struct cooee_sentinel *sentinel = sentinel_of(node, i);
        node->verdicts[i] = watch(node, sentinel, alarm, dt_s);
        alarm += sentinel->class_count - 1;
    }
}

void node_wake(struct cooee_node *node)
{
    int16_t raw[COOEE_CHANNEL_COUNT];
    const struct cooee_hal *hal = node->hal;

    hal->read(hal->context, raw);
    node_measure(node, hal->now_s(hal->context), raw);
}

/* How many frames may be sent now. */
static uint16_t allowance(struct cooee_node *node, uint32_t now_s)
{
    uint32_t pause_s = node->config->resend_after_s;

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

/* A frame as it goes on the air now. A node whose frames outlive its boot says its clock with what it has just measured, so that the
 * gateway can tell the time of those that come after the boot's end. */
static uint8_t seal(const struct cooee_node *node, const struct cooee_outbox_entry *entry, uint8_t bytes[])
{
    uint32_t now_s = node->hal->now_s(node->hal->context); /* many frames take seconds */
    uint32_t seconds = now_s - entry->measured_s;
    enum cooee_frame_time time = COOEE_TIME_AGE;

    if (frame_boot(entry->plain) != node->start.boot) {
        seconds = entry->measured_s;
        time = COOEE_TIME_EARLIER;
    } else if (seconds == 0 && node->hal->ring != 0) {
        seconds = now_s;
        time = COOEE_TIME_NOW;
    }
    return frame_seal(node->start.key, entry->plain, entry->length, time, seconds, bytes);
}

bool node_transmit(struct cooee_node *node)
{
    const struct cooee_hal *hal = node->hal;
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

/* A piece of an image; whoever cannot run it says so. */
static void take_sentinel(struct cooee_node *node, const struct cooee_piece *piece)
{
    struct cooee_frame frame;
    struct cooee_wanted *answer = &frame.body.wanted;
    bool renewed = false;

    *answer = (struct cooee_wanted){piece->version, COOEE_STATUS_MEMORY, piece->kind, COOEE_VALUE_REFUSED};
    for (uint8_t i = 0; COOEE_IMAGE_ROOM > 0 && i < successor_count(node); i++) {
        answer->offset = COOEE_STATUS_NOT_OURS;
        if (node->config->sentinels[i]->id == piece->kind - COOEE_VALUE_SENTINEL) {
            renewed = successor_take(&node->successors[i], piece, answer);
            break;
        }
    }
    keep(node, &frame, COOEE_FRAME_WANTED);
    if (renewed) {
        keep_hello(node);
    }
}

static COOEE_SHARED void take_piece(struct cooee_node *node, const struct cooee_piece *piece)
{
    struct cooee_frame frame;

    /* Readings do not make way for it: the gateway begins anew at the next wake. */
    if (node->hal->store == 0 || node->outbox.count == node->outbox.capacity) {
        return;
    }
    if (piece->kind != COOEE_VALUE_SETTINGS) {
        take_sentinel(node, piece);
        return;
    }
    bool renewed = settings_take(node->hal->store, piece, &node->settings, &frame.body.wanted);
    keep(node, &frame, COOEE_FRAME_WANTED);
    if (renewed) {
        use_settings(node, settings_find); /* what they do not say is as in the configuration */
        change_settings(node);
    }
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
    if (frame.address != node->config->address || frame.incarnation != node->start.incarnation || frame.sequence <= node->heard
        || !(present || (frame.type == COOEE_FRAME_ACKNOWLEDGEMENT && frame.boot < node->start.boot))) {
        return COOEE_STATUS_NOT_OURS;
    }
    status = frame_open_down(node->start.key, bytes, length, &frame);
    if (status != COOEE_STATUS_OK) {
        return status;
    }
    node->heard = frame.sequence;
    if (frame.type == COOEE_FRAME_PIECE) {
        take_piece(node, &frame.body.piece);
        return COOEE_STATUS_OK;
    }
    if (frame.type == COOEE_FRAME_WEATHER) {
        if (COOEE_WATER_FILTER && node->water != 0) {
            water_hear(node->water, &frame.body.weather);
        }
        return COOEE_STATUS_OK;
    }
    if (present) { /* of an earlier boot it may be said again by anybody; the gateway has those frames all the same */
        take_day(node, (uint16_t)frame.age_s);
        node->unanswered = 0;
        node->acknowledged = true;
    }
    for (uint8_t i = 0; i < frame.body.acknowledgement.count; i++) {
        outbox_acknowledge(&node->outbox, frame.boot, frame.body.acknowledgement.sequence[i], present);
    }
    return COOEE_STATUS_OK;
}

static void listen(struct cooee_node *node)
{
    const struct cooee_hal *hal = node->hal;
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
