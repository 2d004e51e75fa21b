#include "cooee/node.h"

#include <string.h>

#include "check.h"
#include "fixture.h"

#define CHANNELS (1 << COOEE_CHANNEL_AIR_TEMPERATURE | 1 << COOEE_CHANNEL_HUMIDITY | 1 << COOEE_CHANNEL_GUST)
#define STEP_S 600
#define INCARNATION 0xABCD1234UL

static const uint8_t key[COOEE_KEY_SIZE] = "sixteen byte key";

/* A board whose parts the tests turn by hand. */
static struct {
    uint32_t now_s;
    uint16_t boots;
    int16_t raw[COOEE_CHANNEL_COUNT];
    bool radio_takes, gateway_there;
    int sent, answered;
    uint16_t days, today; /* today: as the gateway says */
    uint32_t sequence[16]; /* of what was sent since the test last set `sent` to 0 */
    uint32_t answers;
    struct cooee_frame last;
} board;

static uint32_t now_s(void *context)
{
    CHECK(context == &board);
    return board.now_s;
}

static void start(void *context, struct cooee_start *start)
{
    CHECK(context == &board);
    *start = (struct cooee_start){.incarnation = INCARNATION, .boot = ++board.boots, .wakes_missed = 3,
                                  .reset = COOEE_RESET_WATCHDOG, .days = board.days};
    memcpy(start->key, key, sizeof key);
}

static void read_sensors(void *context, int16_t raw[])
{
    CHECK(context == &board);
    memcpy(raw, board.raw, sizeof board.raw);
}

static bool send(void *context, const uint8_t *bytes, uint8_t length)
{
    CHECK(context == &board);
    if (board.radio_takes) {
        CHECK_EQUAL(frame_open(key, bytes, length, &board.last), COOEE_STATUS_OK);
        board.sequence[board.sent++ % 16] = board.last.sequence;
    }
    return board.radio_takes;
}

static const struct cooee_sentinel *const sentinels[] = {&fixture};
static struct cooee_node_config config;
static struct cooee_probe probes[3];
static struct cooee_alarm alarms[2];
static struct cooee_outbox_entry outbox[8];
static const struct cooee_node_memory memory = {probes, alarms, outbox, 3, 2, 8, 0, 0};
/* An acknowledgement as the gateway seals it; returns its length. */
static uint8_t answer(uint16_t boot, uint32_t sequence, uint8_t bytes[COOEE_FRAME_MAX])
{
    struct cooee_frame frame;
    uint8_t plain[COOEE_PLAIN_MAX];
    uint8_t length;

    memset(&frame, 0, sizeof frame);
    frame.type = COOEE_FRAME_ACKNOWLEDGEMENT;
    frame.address = 42;
    frame.incarnation = INCARNATION;
    frame.boot = boot;
    frame.sequence = ++board.answers;
    frame.body.acknowledgement.count = 1;
    frame.body.acknowledgement.sequence[0] = sequence;
    CHECK_EQUAL(frame_write(&frame, plain, &length), COOEE_STATUS_OK);
    return frame_seal(key, plain, length, COOEE_TIME_AGE, board.today, bytes);
}

/* Every frame that was sent is acknowledged, one at a time, while the gateway is there. */
static uint8_t receive(void *context, uint8_t bytes[])
{
    CHECK(context == &board);
    return board.gateway_there && board.sent > board.answered ? answer(board.boots, board.sequence[board.answered++], bytes) : 0;
}

static const struct cooee_hal hal = {&board, now_s, start, read_sensors, send, receive, 0, 0};

static struct cooee_node started(void)
{
    static const struct cooee_node_config valid = {.sentinels = sentinels, .sentinel_count = 1, .telemetry_every = 1,
                                                   .address = 42, .wake_interval_s = STEP_S, .resend_after_s = 60,
                                                   .channels = CHANNELS};
    struct cooee_node node;

    config = valid;
    memset(&board, 0, sizeof board);
    board.radio_takes = true;
    board.now_s = 0xFFFFFF00UL; /* the clock wraps within the test */
    board.raw[COOEE_CHANNEL_AIR_TEMPERATURE] = 1500;
    board.raw[COOEE_CHANNEL_HUMIDITY] = 7000;
    board.raw[COOEE_CHANNEL_GUST] = 300;
    CHECK_EQUAL(node_probe_count(&config), 3);
    CHECK_EQUAL(node_alarm_count(&config), 2);
    CHECK_EQUAL(node_start(&node, &config, &memory, &hal), COOEE_STATUS_OK);
    return node;
}

static void acknowledge(struct cooee_node *node, uint16_t boot, uint32_t sequence, enum cooee_status wanted)
{
    uint8_t bytes[COOEE_FRAME_MAX];
    uint8_t length = answer(boot, sequence, bytes);

    CHECK_EQUAL(node_receive(node, bytes, length), wanted);
}

/* Wakes, sends and takes every acknowledgement; returns the frames sent. */
static int wake(struct cooee_node *node)
{
    board.now_s += STEP_S;
    board.sent = 0;
    node_wake(node);
    node_transmit(node);
    while (node->outbox.count > 0) {
        acknowledge(node, board.boots, frame_sequence(node->outbox.entry[0].plain), COOEE_STATUS_OK);
    }
    return board.sent;
}

static void the_first_words_are_hello_and_a_reading(void)
{
    struct cooee_node node = started();

    node_transmit(&node);
    CHECK_EQUAL(board.sent, 1);
    CHECK_EQUAL(board.last.type, COOEE_FRAME_HELLO);
    CHECK_EQUAL(board.last.sequence, 0);
    CHECK_EQUAL(board.last.body.hello.channels, CHANNELS);
    CHECK_EQUAL(board.last.body.hello.wake_interval_s, STEP_S);
    CHECK_EQUAL(board.last.body.hello.reset, COOEE_RESET_WATCHDOG);
    CHECK_EQUAL(board.last.body.hello.wakes_missed, 3);
    CHECK_EQUAL(board.last.body.hello.sentinel_count, 1);
    CHECK_EQUAL(board.last.body.hello.sentinel_version[0], 0xC0FFEE01L);
    acknowledge(&node, 1, 0, COOEE_STATUS_OK);
    node_wake(&node);
    board.now_s += 7;
    node_transmit(&node);
    CHECK_EQUAL(board.last.type, COOEE_FRAME_TELEMETRY);
    CHECK_EQUAL(board.last.sequence, 1);
    CHECK_EQUAL(board.last.age_s, 7);
    CHECK_EQUAL(board.last.body.telemetry.raw[COOEE_CHANNEL_HUMIDITY], 7000);
}

static void a_frame_waits_for_the_radio_and_then_for_its_acknowledgement(void)
{
    struct cooee_node node = started();

    board.radio_takes = false;
    node_transmit(&node);
    CHECK_EQUAL(board.sent, 0);
    board.radio_takes = true;
    node_transmit(&node);
    node_transmit(&node);
    CHECK_EQUAL(board.sent, 1);
    board.now_s += 61;
    node_transmit(&node);
    CHECK_EQUAL(board.sent, 2);
    CHECK_EQUAL(board.last.age_s, 61);
    acknowledge(&node, 99, 0, COOEE_STATUS_NOT_OURS);
    CHECK_EQUAL(node.outbox.count, 1);
    acknowledge(&node, 1, 0, COOEE_STATUS_OK);
    CHECK_EQUAL(node.outbox.count, 0);
}

static void what_was_heard_before_or_is_not_of_the_gateway_is_refused(void)
{
    struct cooee_node node = started();
    uint8_t first[COOEE_FRAME_MAX], second[COOEE_FRAME_MAX];
    uint8_t length = answer(1, 0, first);

    node_wake(&node);
    CHECK_EQUAL(answer(1, 1, second), length);
    second[length - 1] ^= 1;
    CHECK_EQUAL(node_receive(&node, second, length), COOEE_STATUS_TAG);
    second[length - 1] ^= 1;
    second[3] ^= 1; /* another incarnation */
    CHECK_EQUAL(node_receive(&node, second, length), COOEE_STATUS_NOT_OURS);
    second[3] ^= 1;
    CHECK_EQUAL(node_receive(&node, second, length), COOEE_STATUS_OK);
    CHECK_EQUAL(node_receive(&node, second, length), COOEE_STATUS_NOT_OURS);
    CHECK_EQUAL(node_receive(&node, first, length), COOEE_STATUS_NOT_OURS);
    CHECK_EQUAL(node.outbox.count, 1);
    CHECK_EQUAL(node_receive(&node, first, 5), COOEE_STATUS_LENGTH);
}

static void an_outage_costs_few_frames_and_loses_nothing_that_fits(void)
{
    struct cooee_node node = started();

    for (int i = 1; i <= 6 * 24 * 5; i++) { /* five days */
        board.now_s += STEP_S;
        board.raw[COOEE_CHANNEL_AIR_TEMPERATURE] = (int16_t)(1500 + i % 9);
        board.raw[COOEE_CHANNEL_HUMIDITY] = (int16_t)(7000 + i % 7);
        board.raw[COOEE_CHANNEL_GUST] = (int16_t)(300 + i % 5);
        node_wake(&node);
        node_transmit(&node);
    }
    /* After 1, 1, 1, 1 and 1 wakes, 2, 4, 7 (of 60 << n seconds); then every two hours. */
    CHECK_EQUAL(board.sent, 2 + 4 + 3 + (6 * 24 * 5 - 18) / 12);
    board.raw[COOEE_CHANNEL_GUST] = 2500;
    board.now_s += STEP_S;
    node_wake(&node);
    board.sent = 0;
    CHECK(node_transmit(&node));
    CHECK_EQUAL(board.sent, 1); /* a new call is tried at once */
    CHECK_EQUAL(board.last.type, COOEE_FRAME_CALL);
    CHECK(!node_transmit(&node));
    node_converse(&node);
    CHECK_EQUAL(board.sent, 1);
    CHECK_EQUAL(node.outbox.count, 8);
    board.gateway_there = true;
    board.now_s += 2 * 3600;
    board.sent = board.answered = 0;
    node_converse(&node);
    CHECK_EQUAL(board.sent, 8);
    CHECK_EQUAL(board.last.sequence, 6 * 24 * 5 + 1);
    CHECK_EQUAL(board.last.age_s, 2 * 3600);
    CHECK_EQUAL(node.outbox.count, 0);
}

/* Wakes and acknowledges; the state of the call among the frames (which `board.last` then holds), or COOEE_CALL_NONE. */
static enum cooee_call_state wake_for_call(struct cooee_node *node)
{
    struct cooee_call call = {.state = COOEE_CALL_NONE};

    board.now_s += STEP_S;
    node_wake(node);
    while (node->outbox.count > 0) {
        struct cooee_outbox_entry *entry = node->outbox.entry;
        CHECK_EQUAL(frame_read(entry->plain, entry->length, &board.last), COOEE_STATUS_OK);
        if (board.last.type == COOEE_FRAME_CALL) {
            call = board.last.body.call;
        }
        acknowledge(node, board.boots, board.last.sequence, COOEE_STATUS_OK);
    }
    board.last.body.call = call;
    return (enum cooee_call_state)call.state;
}

static void a_call_goes_through_its_life(void)
{
    struct cooee_node node = started();
    const struct cooee_call *call = &board.last.body.call;

    CHECK_EQUAL(wake_for_call(&node), COOEE_CALL_NONE);
    board.raw[COOEE_CHANNEL_AIR_TEMPERATURE] = 3500;
    CHECK_EQUAL(wake_for_call(&node), COOEE_CALL_NONE);
    CHECK_EQUAL(wake_for_call(&node), COOEE_CALL_NONE);
    CHECK_EQUAL(wake_for_call(&node), COOEE_CALL_RAISED);
    CHECK_EQUAL(call->confidence, 60);
    CHECK_EQUAL(call->evidence[0].feature, COOEE_FEATURE_AIR_TEMPERATURE);
    for (int i = 1; i < 6; i++) {
        CHECK_EQUAL(wake_for_call(&node), COOEE_CALL_NONE);
    }
    CHECK_EQUAL(wake_for_call(&node), COOEE_CALL_REPEATED);
    CHECK_EQUAL(call->since_s, 3600);
    CHECK_EQUAL(call->evidence_count, 1);
    board.raw[COOEE_CHANNEL_AIR_TEMPERATURE] = 1500;
    CHECK_EQUAL(wake_for_call(&node), COOEE_CALL_NONE);
    CHECK_EQUAL(wake_for_call(&node), COOEE_CALL_NONE);
    CHECK_EQUAL(wake_for_call(&node), COOEE_CALL_CLEARED);
    CHECK_EQUAL(call->sentinel, 7);
    CHECK_EQUAL(call->version, 0xC0FFEE01L);
    CHECK_EQUAL(call->class_id, HOT);
    CHECK_EQUAL(call->since_s, 3600 + 3 * STEP_S);
    CHECK_EQUAL(call->evidence_count, 0);
}

static void a_gale_calls_at_once_and_says_why(void)
{
    struct cooee_node node = started();
    const struct cooee_call *call = &board.last.body.call;

    board.raw[COOEE_CHANNEL_GUST] = 2500;
    CHECK_EQUAL(wake_for_call(&node), COOEE_CALL_RAISED);
    CHECK_EQUAL(call->class_id, GALE);
    CHECK_EQUAL(call->confidence, 95);
    CHECK_EQUAL(call->since_s, 0);
    CHECK_EQUAL(call->evidence_count, 1);
    CHECK_EQUAL(call->evidence[0].feature, COOEE_FEATURE_GUST);
    CHECK_EQUAL(call->evidence[0].value, 2500);
}

static void a_silent_probe_freezes_the_alarm_and_becomes_a_fault(void)
{
    struct cooee_node node = started();

    board.raw[COOEE_CHANNEL_AIR_TEMPERATURE] = 3500;
    wake(&node);
    wake(&node);
    board.raw[COOEE_CHANNEL_AIR_TEMPERATURE] = COOEE_MISSING;
    for (int i = 0; i < 6; i++) {
        wake(&node);
        CHECK_EQUAL(board.last.body.telemetry.faults, 0);
    }
    for (int i = 0; i < 100; i++) {
        CHECK_EQUAL(wake(&node), 1);
        CHECK_EQUAL(board.last.type, COOEE_FRAME_TELEMETRY);
        CHECK_EQUAL(board.last.body.telemetry.faults, 1 << COOEE_CHANNEL_AIR_TEMPERATURE);
        CHECK_EQUAL(board.last.body.telemetry.raw[COOEE_CHANNEL_AIR_TEMPERATURE], COOEE_FAILED + COOEE_FAULT_SILENT);
    }
    CHECK_EQUAL(node.verdicts[0].class_id, COOEE_CLASS_UNKNOWN);
}

static void a_faulty_probe_says_why(void)
{
    static const int16_t raw[] = {COOEE_FAILED, COOEE_FAILED + COOEE_FAULT_ABSENT, COOEE_FAILED + COOEE_FAULT_CALIBRATION,
                                  COOEE_FAILED + COOEE_FAULT_CALIBRATION + 1, 6001, INT16_MAX};
    static const int16_t says[] = {COOEE_FAULT_NONE, COOEE_FAULT_ABSENT, COOEE_FAULT_CALIBRATION, COOEE_FAULT_RANGE,
                                   COOEE_FAULT_RANGE, COOEE_FAULT_RANGE};
    struct cooee_node node = started();

    for (size_t i = 0; i < sizeof raw / sizeof raw[0]; i++) {
        board.raw[COOEE_CHANNEL_AIR_TEMPERATURE] = raw[i];
        wake(&node);
        CHECK_EQUAL(board.last.body.telemetry.faults, 1 << COOEE_CHANNEL_AIR_TEMPERATURE);
        CHECK_EQUAL(board.last.body.telemetry.raw[COOEE_CHANNEL_AIR_TEMPERATURE], COOEE_FAILED + says[i]);
    }
    CHECK_EQUAL(channel_failure(COOEE_CHANNEL_AIR_TEMPERATURE, 2000), COOEE_FAILED + COOEE_FAULT_STUCK);
}

static void a_gap_is_no_evidence(void)
{
    struct cooee_node node = started();

    wake(&node);
    node.settings.wake_interval_s = 60;
    board.raw[COOEE_CHANNEL_AIR_TEMPERATURE] = 3500;
    wake(&node);
    board.now_s += 86400;
    CHECK_EQUAL(wake(&node), 1);
    CHECK_EQUAL(node.alarms[0].clock_s, 120);
}

static void what_cannot_work_is_refused(void)
{
    struct cooee_node node = started();
    struct cooee_node_memory small = memory;

    small.probe_count = 2;
    CHECK_EQUAL(node_start(&node, &config, &small, &hal), COOEE_STATUS_MEMORY);
    small = memory;
    small.alarm_count = 1;
    CHECK_EQUAL(node_start(&node, &config, &small, &hal), COOEE_STATUS_MEMORY);
    config.address = 0xFFFF;
    CHECK_EQUAL(node_start(&node, &config, &memory, &hal), COOEE_STATUS_CONFIG);
    config.address = 1;
    config.channels = CHANNELS | 1 << COOEE_CHANNEL_COUNT;
    CHECK_EQUAL(node_start(&node, &config, &memory, &hal), COOEE_STATUS_CONFIG);
    config.channels = COOEE_CHANNELS_ALL; /* whose values no frame holds */
    CHECK_EQUAL(node_start(&node, &config, &memory, &hal), COOEE_STATUS_CONFIG);
    config.channels = CHANNELS & ~(1 << COOEE_CHANNEL_GUST); /* which the sentinel needs */
    CHECK_EQUAL(node_start(&node, &config, &memory, &hal), COOEE_STATUS_CONFIG);
    config.sentinel_count = 0;
    CHECK_EQUAL(node_start(&node, &config, &memory, &hal), COOEE_STATUS_OK);
}

static uint8_t always_well(const int16_t row[], uint8_t *confidence)
{
    *confidence = row[0] < 0 ? 60 : 100;
    return WELL;
}

static void a_sentinel_on_the_water_filter_needs_its_memory_and_the_days_that_the_node_has_run(void)
{
    static const uint8_t of_water[] = {COOEE_FEATURE_WATER_AIR};
    static const struct cooee_sentinel soil = {.classify = always_well, .features = of_water, .normals = normals,
                                               .policies = policies, .feature_count = 1, .class_count = 2};
    static const struct cooee_sentinel *const one[] = {&soil};
    struct cooee_node node = started();
    struct cooee_water water;
    struct cooee_node_memory with = memory;

    config.sentinels = one;
    config.sentinel_count = 1;
    config.channels = 1 << COOEE_CHANNEL_SOIL_MOISTURE_10CM | 1 << COOEE_CHANNEL_SOIL_MOISTURE_30CM;
    config.site = (struct cooee_site){.field_capacity_e4 = 2500, .wilting_point_e4 = 1200, .saturation_e4 = 4600,
                                      .depletion_fraction_e3 = 400, .planted_days = -4, .stage_days = {30, 40, 45, 30},
                                      .kcb_e2 = {15, 110, 70}, .root_cm = {25, 70}, .drainage_h = 30};
    CHECK_EQUAL(node_start(&node, &config, &memory, &hal), COOEE_STATUS_MEMORY);
    with.water = &water;
    board.days = 9;
    CHECK_EQUAL(node_start(&node, &config, &with, &hal), COOEE_STATUS_OK);
    CHECK_EQUAL(water.days, 5);
    board.raw[COOEE_CHANNEL_SOIL_MOISTURE_10CM] = board.raw[COOEE_CHANNEL_SOIL_MOISTURE_30CM] = 2400;
    node_wake(&node);
    CHECK_EQUAL(node.verdicts[0].class_id, WELL);
    board.days = 0;
    node.settings.site.planted_on = 122; /* the first of May */
    water.half_hours = 5 * 48;
    acknowledge(&node, board.boots, 0, COOEE_STATUS_OK); /* of a gateway that has no clock */
    CHECK_EQUAL(water.days, 5);
    board.today = 9617 + 30; /* 2026-05-31 */
    acknowledge(&node, board.boots, 1, COOEE_STATUS_OK);
    CHECK_EQUAL(water.days, 30 - 5);
    board.today = 9617 + 365 + 149; /* the next season is over, four stages of 145 days */
    acknowledge(&node, board.boots, 2, COOEE_STATUS_OK);
    CHECK_EQUAL(water.days, 149 - 365 - 5);
}

static void what_the_configuration_says_of_a_policy_counts_and_the_rest_is_the_sentinels(void)
{
    const struct cooee_policy_change changes[] = {{1, (uint8_t)(fixture.id + 1), HOT, COOEE_POLICY_REPEAT},
                                                  {0, fixture.id, HOT, COOEE_POLICY_ON_DELAY},
                                                  {2, fixture.id, HOT, COOEE_POLICY_REPEAT},
                                                  {40, fixture.id, GALE, COOEE_POLICY_RAISE}};
    struct cooee_node node = started();

    CHECK_EQUAL(node_policy(&node, &fixture, HOT).repeat_min, fixture.policies[HOT - 1].repeat_min);
    config.changes = changes;
    config.change_count = sizeof changes / sizeof changes[0];
    CHECK_EQUAL(node_policy(&node, &fixture, HOT).repeat_min, 2);
    CHECK_EQUAL(node_policy(&node, &fixture, HOT).clear_delay_min, fixture.policies[HOT - 1].clear_delay_min);
    CHECK_EQUAL(node_policy(&node, &fixture, GALE).raise_percent, 40);
    CHECK_EQUAL(node_policy(&node, &fixture, GALE).keep_percent, 40);
    board.raw[COOEE_CHANNEL_AIR_TEMPERATURE] = 3500;
    wake(&node);
    CHECK(alarms[HOT - 1].raised); /* at once, as its own on-delay would not have it */
}

static void load_once_started(void *context, uint16_t at, uint8_t *bytes, uint8_t count)
{
    (void)context;
    (void)at;
    CHECK(board.boots == 1); /* on a real board the memory can be read only then */
    memset(bytes, 0xFF, count);
}

static void what_is_kept_is_read_once_the_board_has_started(void)
{
    static const struct cooee_store store = {&board, load_once_started, 0};
    struct cooee_hal keeps = hal;
    struct cooee_node node = started();

    keeps.store = &store;
    board.boots = 0;
    CHECK_EQUAL(node_start(&node, &config, &memory, &keeps), COOEE_STATUS_OK);
    CHECK_EQUAL(board.boots, 1);
}

int main(void)
{
    what_the_configuration_says_of_a_policy_counts_and_the_rest_is_the_sentinels();
    the_first_words_are_hello_and_a_reading();
    a_frame_waits_for_the_radio_and_then_for_its_acknowledgement();
    what_was_heard_before_or_is_not_of_the_gateway_is_refused();
    an_outage_costs_few_frames_and_loses_nothing_that_fits();
    a_call_goes_through_its_life();
    a_gale_calls_at_once_and_says_why();
    a_silent_probe_freezes_the_alarm_and_becomes_a_fault();
    a_faulty_probe_says_why();
    what_is_kept_is_read_once_the_board_has_started();
    a_gap_is_no_evidence();
    what_cannot_work_is_refused();
    a_sentinel_on_the_water_filter_needs_its_memory_and_the_days_that_the_node_has_run();
    return 0;
}
