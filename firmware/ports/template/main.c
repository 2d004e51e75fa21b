/* A node with one sensor and no sentinel: the wiring of a board, and nothing else. */
#include "cooee/node.h"
#include "hal/clock.h"
#include "hal/radio.h"
#include "hal/sensors.h"
#include "hal/sleep.h"
#include "hal/store.h"

#define OUTBOX_FRAMES 8

static const struct cooee_node_config config = {
    .telemetry_every = 1,
    .address = 1,
    .wake_interval_s = 60,
    .resend_after_s = 60,
    .channels = 1U << COOEE_CHANNEL_AIR_TEMPERATURE | 1U << COOEE_CHANNEL_HUMIDITY};

int main(void)
{
    static char store[] = "boot.txt";
    static struct cooee_probe probes[2];
    static struct cooee_outbox_entry outbox[OUTBOX_FRAMES];
    static const struct cooee_node_memory memory = {.probes = probes, .probe_count = 2, .outbox = outbox,
                                                    .outbox_count = OUTBOX_FRAMES};
    static const struct cooee_hal hal = {store, hal_clock_now_s, hal_store_start, hal_sensors_read, hal_radio_send,
                                         hal_radio_receive, 0, 0};
    static struct cooee_node node;

    if (node_start(&node, &config, &memory, &hal) != COOEE_STATUS_OK) {
        return 1;
    }
    for (;;) {
        node_wake(&node);
        node_converse(&node);
        hal_sleep_s(node.settings.wake_interval_s);
    }
}
