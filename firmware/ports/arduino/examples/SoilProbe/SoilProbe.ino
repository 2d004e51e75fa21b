/* Two capacitive soil probes, at 10 cm on A0 and at 30 cm on A1, supplied from D5, that call for water over the USB cable.
 *
 * farm.yaml:  {id: bean-1, address: 5, zone: beans, position: [20, 30], board: uno, link: serial,
 *              sensors: [soil_probe_10cm, soil_probe_30cm]}
 * Then `cooee enrol bean-1`, copy data/boards/bean-1.h beside this sketch as board_key.h, and
 * `cooee gateway --link serial=/dev/ttyACM0`. Without that file the gateway hears it with `security: open` alone. */
#if __has_include("board_key.h")
#include "board_key.h"
#endif
#include <cooee.h>
#include <cooee/arduino/sketch.h>
extern "C" {
#include <cooee/sentinels/soil.h>
}
#include <cooee/sentinels/sentinels.h>

#define WAKE_S 600
#define CHANNELS \
    (1U << COOEE_CHANNEL_SOIL_MOISTURE_10CM | 1U << COOEE_CHANNEL_SOIL_MOISTURE_30CM | 1U << COOEE_CHANNEL_BATTERY)
#define CHANNEL_COUNT 3

/* {mV, m3/m3 x 10000}: of your own probes in your own soil; docs/FIRMWARE.md, "Calibration". */
static const struct cooee_point points[] = {{1310, 3100}, {2480, 900}};
static const struct cooee_soil_probe upper = {{points, 2}, 200, INPUT_SOIL_10CM}, lower = {{points, 2}, 200, INPUT_SOIL_30CM};
static const struct cooee_battery battery = {1000, COOEE_ADC_SUPPLY};

static int16_t read_soil(const struct cooee_soil_probe &probe)
{
    int16_t moisture_e4 = 0;
    enum cooee_fault fault = soil_probe_read(&probe, &board_adc, &moisture_e4);

    return sensor_raw(fault, moisture_e4);
}

static int16_t read_battery()
{
    int16_t volt_e3 = 0;
    enum cooee_fault fault = battery_read(&battery, &board_adc, &volt_e3);

    return sensor_raw(fault, volt_e3);
}

static void read_sensors(void *, int16_t raw[COOEE_CHANNEL_COUNT])
{
    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        raw[id] = COOEE_MISSING;
    }
    raw[COOEE_CHANNEL_SOIL_MOISTURE_10CM] = read_soil(upper);
    raw[COOEE_CHANNEL_SOIL_MOISTURE_30CM] = read_soil(lower);
    raw[COOEE_CHANNEL_BATTERY] = read_battery();
}

static void start_node(void *, struct cooee_start *start)
{
    static const uint8_t key[COOEE_KEY_SIZE] = NODE_KEY;

    cooee_start_as(NODE_INCARNATION, key, start);
}

static const struct cooee_sentinel *const sentinels[] = {&cooee_soil};
static struct cooee_probe probes[CHANNEL_COUNT];
static struct cooee_alarm alarms[SOIL_CLASS_COUNT - 1];
static struct cooee_outbox_entry outbox[6];
static struct cooee_water water;
static const struct cooee_node_memory memory = {probes, alarms, outbox, CHANNEL_COUNT, SOIL_CLASS_COUNT - 1, 6, &water, 0};
static const struct cooee_hal hal = {0, hal_clock_now_s, start_node, read_sensors, hal_radio_send, hal_radio_receive, 0, 0};
static struct cooee_node_config config;
static struct cooee_node node;

void setup()
{
    static const struct cooee_site beans_in_loam = {2500, 1200, 4630, 450, 0, {20, 30, 40, 20}, {15, 110, 90}, {25, 60}, 30, 0};

    cooee_begin(Serial);
    config.site = beans_in_loam;
    config.sentinels = sentinels;
    config.sentinel_count = 1;
    config.telemetry_every = 1;
    config.address = 5;
    config.wake_interval_s = WAKE_S;
    config.resend_after_s = 60;
    config.channels = CHANNELS;
    if (node_start(&node, &config, &memory, &hal) != COOEE_STATUS_OK) {
        cooee_cannot_start();
    }
}

void loop()
{
    node_wake(&node);
    node_converse(&node);
    hal_sleep_s(WAKE_S);
}
