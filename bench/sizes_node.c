/* A node in the place of a model: a row of readings is one wake, with every frame that it sends acknowledged at once. */
#include "sizes_node.h"

#include <string.h>

#include "cooee/node.h"
#include "sentinels.h"

static const int16_t *readings;
static uint32_t now_s;
static struct cooee_frame answer;

static uint32_t clock_now_s(void *context)
{
    (void)context;
    return now_s;
}

static void start(void *context, struct cooee_start *start)
{
    (void)context;
    *start = (struct cooee_start){.incarnation = 1, .boot = 1};
}

static void read_sensors(void *context, int16_t raw[COOEE_CHANNEL_COUNT])
{
    (void)context;
    memcpy(raw, readings, COOEE_CHANNEL_COUNT * sizeof *raw);
}

static bool send(void *context, const uint8_t *bytes, uint8_t length)
{
    struct cooee_frame sent;

    struct cooee_acknowledgement *acknowledgement = &answer.body.acknowledgement;

    (void)context;
    if (acknowledgement->count == COOEE_ACKNOWLEDGED_MAX || frame_head(bytes, length, &sent) != COOEE_STATUS_OK) {
        return false;
    }
    acknowledgement->sequence[acknowledgement->count++] = sent.sequence;
    return true;
}

/* As many channels as a node may have: those that came last are left out. */
#define CHANNELS \
    (COOEE_CHANNELS_ALL & ~(1U << COOEE_CHANNEL_SOLAR_RADIATION) & ~(1U << COOEE_CHANNEL_SOIL_MOISTURE_60CM))

static const struct cooee_sentinel *const sentinels[] = {SENTINELS};
static const struct cooee_node_config config = {
    .site = {.field_capacity_e4 = 2200, .wilting_point_e4 = 900, .saturation_e4 = 4200, .depletion_fraction_e3 = 400,
             .stage_days = {30, 40, 45, 30}, .kcb_e2 = {15, 110, 70}, .root_cm = {25, 70}, .drainage_h = 30},
    .sentinels = sentinels,
    .sentinel_count = sizeof sentinels / sizeof *sentinels,
    .telemetry_every = 1,
    .address = 1,
    .wake_interval_s = WAKE_INTERVAL_S,
    .channels = CHANNELS};
static struct cooee_probe probes[COOEE_CHANNEL_COUNT];
static struct cooee_alarm alarms[ALARMS];
static struct cooee_outbox_entry outbox[8];
#if COOEE_WATER_FILTER
static struct cooee_water water;
#define WATER &water
#else
#define WATER 0
#endif
static const struct cooee_node_memory memory = {probes, alarms, outbox, COOEE_CHANNEL_COUNT, ALARMS, 8, WATER, 0};
static const struct cooee_hal hal = {0, clock_now_s, start, read_sensors, send, 0, 0, 0};

uint8_t node_predict(const int16_t row[COOEE_CHANNEL_COUNT])
{
    static struct cooee_node node;
    static uint32_t answers;
    uint8_t plain[COOEE_PLAIN_MAX], bytes[COOEE_FRAME_MAX];
    uint8_t length;

    if (now_s == 0 && node_start(&node, &config, &memory, &hal) != COOEE_STATUS_OK) {
        return 255;
    }
    readings = row;
    now_s += WAKE_INTERVAL_S;
    node_wake(&node);
    while (node.outbox.count > 0) {
        answer = (struct cooee_frame){.address = 1, .incarnation = 1, .boot = 1, .sequence = ++answers,
                                      .type = COOEE_FRAME_ACKNOWLEDGEMENT};
        node_transmit(&node);
        frame_write(&answer, plain, &length);
        length = frame_seal(node.start.key, plain, length, COOEE_TIME_AGE, 0, bytes);
        node_receive(&node, bytes, length);
    }
    return config.sentinel_count == 0 ? 0 : node.verdicts[config.sentinel_count - 1].class_id;
}
