/* A node on a board without an operating system; node.h says which node. */
#include "board.h"
#include "cooee/node.h"
#include "hal/clock.h"
#include "hal/radio.h"
#include "hal/sensors.h"
#include "hal/sleep.h"
#include "hal/store.h"
#include "node.h"
#include "sentinels.h"

static const struct cooee_sentinel *const sentinels[] = {NODE_SENTINELS};
#if NODE_CHANGE_COUNT > 0
static const struct cooee_policy_change policy_changes[NODE_CHANGE_COUNT] = {NODE_CHANGES};
#else
#define policy_changes 0
#endif
const struct cooee_node_config the_config = {.site = NODE_SITE,
                                          .sentinels = sentinels,
                                          .sentinel_count = NODE_SENTINEL_COUNT,
                                          .telemetry_every = 1,
                                          .address = NODE_ADDRESS,
                                          .wake_interval_s = NODE_WAKE_INTERVAL_S,
                                          .resend_after_s = 60,
                                          .channels = NODE_CHANNELS,
                                          .changes = policy_changes,
                                          .change_count = NODE_CHANGE_COUNT};

static struct cooee_probe probes[NODE_CHANNEL_COUNT];
static struct cooee_alarm alarms[NODE_ALARMS];
#if COOEE_WATER_FILTER
static struct cooee_water water;
#define NODE_WATER &water
#else
#define NODE_WATER 0
#endif
#if COOEE_IMAGE_ROOM > 0
static struct cooee_successor successors[COOEE_NODE_SENTINELS];
#else
#define successors 0
#endif
static struct cooee_outbox_entry outbox[NODE_OUTBOX_FRAMES];
static const struct cooee_node_memory memory = {probes, alarms, outbox, NODE_CHANNEL_COUNT, NODE_ALARMS, NODE_OUTBOX_FRAMES,
                                               NODE_WATER, successors};
static struct cooee_node node;
const struct cooee_ring_memory *const the_ring = BOARD_RING_SLOTS > 0 ? &board_ring : 0;
const struct cooee_hal the_hal = {&node, hal_clock_now_s, hal_store_start, hal_sensors_read, hal_radio_send,
                                hal_radio_receive, &board_store, BOARD_RING_SLOTS > 0 ? &board_ring : 0};

/* A configuration that cannot be: the light blinks fast, for ever. */
static void cannot_start(void)
{
    for (;;) {
        watchdog_feed();
        board_blink();
        time_wait_ms(0, 100);
    }
}

int main(void)
{
    board_start();
    if (node_start(&node, &the_config, &memory, &the_hal) != COOEE_STATUS_OK) {
        cannot_start();
    }
    for (;;) {
        node_wake(&node);
        watchdog_feed();
        node_converse(&node);
        radio_sleep();
        hal_sleep_s(node.settings.wake_interval_s);
    }
}
