/* A node on an ATmega328P (Arduino Uno): seven channels, two sentinels, eight frames in the outbox. */
#include <avr/interrupt.h>

#include "board.h"
#include "cooee/node.h"
#include "hal/clock.h"
#include "hal/radio.h"
#include "hal/sensors.h"
#include "hal/sleep.h"
#include "hal/store.h"
#include "sentinels.h"

#ifndef NODE_ADDRESS
#define NODE_ADDRESS 1
#endif
#ifndef NODE_WAKE_INTERVAL_S
#define NODE_WAKE_INTERVAL_S 600
#endif
#define CHANNEL(name) (1U << COOEE_CHANNEL_##name)

static const struct cooee_sentinel *const sentinels[] = {&cooee_soil, &cooee_weather};
static const struct cooee_node_config config = {
    .site = {.field_capacity_e4 = 2200, .wilting_point_e4 = 900, .saturation_e4 = 4200, .depletion_fraction_e3 = 400},
    .sentinels = sentinels,
    .sentinel_count = sizeof sentinels / sizeof sentinels[0],
    .telemetry_every = 1,
    .address = NODE_ADDRESS,
    .wake_interval_s = NODE_WAKE_INTERVAL_S,
    .resend_after_s = 60,
    .channels = CHANNEL(SOIL_MOISTURE_10CM) | CHANNEL(SOIL_MOISTURE_30CM) | CHANNEL(AIR_TEMPERATURE) | CHANNEL(HUMIDITY)
        | CHANNEL(WIND) | CHANNEL(GUST) | CHANNEL(BATTERY)};

static struct cooee_probe probes[7];
static struct cooee_alarm alarms[8];
static struct cooee_outbox_entry outbox[8];
static const struct cooee_node_memory memory = {probes, alarms, outbox, 7, 8, 8};
static const struct cooee_hal hal = {0, hal_clock_now_s, hal_store_next_boot, hal_sensors_read, hal_radio_send};

int main(void)
{
    static struct cooee_node node;
    uint8_t bytes[COOEE_FRAME_MAX];
    uint8_t length;

    board_radio_start();
    sei();
    if (node_start(&node, &config, &memory, &hal) != COOEE_STATUS_OK) {
        return 1;
    }
    for (;;) {
        node_wake(&node);
        node_transmit(&node);
        while (node.outbox.count > 0 && (length = hal_radio_receive(bytes)) != 0) {
            node_receive(&node, bytes, length);
        }
        hal_sleep_s(config.wake_interval_s);
    }
}
