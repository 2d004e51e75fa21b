/* An SHT3x and a BMP280 on I2C (A4, A5), a cup anemometer on D2 and a tipping bucket on D3: warns of frost, wind and disease weather
 * over the USB cable.
 *
 * farm.yaml:  {id: mast, address: 6, zone: beans, position: [5, 5], board: uno, link: serial,
 *              sensors: [sht3x, barometer, anemometer, rain_gauge]}
 * Then `cooee enrol mast`, copy data/boards/mast.h beside this sketch as board_key.h, and
 * `cooee gateway --link serial=/dev/ttyACM0`. Without that file the gateway hears it with `security: open` alone. */
#if __has_include("board_key.h")
#include "board_key.h"
#endif
#include <cooee.h>
#include <cooee/arduino/sketch.h>
extern "C" {
#include <cooee/sentinels/weather.h>
#include <cooee/sentinels/wind.h>
}
#include <cooee/sentinels/sentinels.h>

#define WAKE_S 600
#define CHANNELS \
    (1U << COOEE_CHANNEL_AIR_TEMPERATURE | 1U << COOEE_CHANNEL_HUMIDITY | 1U << COOEE_CHANNEL_WIND | 1U << COOEE_CHANNEL_GUST \
     | 1U << COOEE_CHANNEL_RAIN | 1U << COOEE_CHANNEL_PRESSURE)
#define CHANNEL_COUNT 6
#define ALARMS (WEATHER_CLASS_COUNT - 1 + WIND_CLASS_COUNT - 1)

/* Of your own cups and bucket: wind between two pulses (1 Hz is 2.4 km/h), rain of a tip (0.011 in). */
static const struct cooee_anemometer cups = {667, PULSES_WIND};
static const struct cooee_rain_gauge bucket = {279, PULSES_RAIN};

static void read_air(int16_t raw[])
{
    int16_t temperature_e2 = 0, humidity_e2 = 0;
    enum cooee_fault fault = sht3x_read(&board_i2c, COOEE_SHT3X_ADDRESS, &temperature_e2, &humidity_e2);

    raw[COOEE_CHANNEL_AIR_TEMPERATURE] = sensor_raw(fault, temperature_e2);
    raw[COOEE_CHANNEL_HUMIDITY] = sensor_raw(fault, humidity_e2);
}

static void read_pressure(int16_t raw[])
{
    struct cooee_bmp280_reading reading = {0, 0, 0};
    enum cooee_fault fault = bmp280_read(&board_i2c, COOEE_BMP280_ADDRESS, &reading);

    raw[COOEE_CHANNEL_PRESSURE] = sensor_raw(fault, reading.pressure_e1);
}

static void read_wind(int16_t raw[])
{
    int16_t wind_e2 = 0, gust_e2 = 0;
    enum cooee_fault fault = anemometer_read(&cups, &board_pulse, &wind_e2, &gust_e2);

    raw[COOEE_CHANNEL_WIND] = sensor_raw(fault, wind_e2);
    raw[COOEE_CHANNEL_GUST] = sensor_raw(fault, gust_e2);
}

static void read_rain(int16_t raw[])
{
    int16_t rain_e2 = 0;
    enum cooee_fault fault = rain_gauge_read(&bucket, &board_pulse, &rain_e2);

    raw[COOEE_CHANNEL_RAIN] = sensor_raw(fault, rain_e2);
}

static void read_sensors(void *, int16_t raw[COOEE_CHANNEL_COUNT])
{
    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        raw[id] = COOEE_MISSING;
    }
    read_air(raw);
    read_pressure(raw);
    read_wind(raw);
    read_rain(raw);
}

static void start_node(void *, struct cooee_start *start)
{
    static const uint8_t key[COOEE_KEY_SIZE] = NODE_KEY;

    cooee_start_as(NODE_INCARNATION, key, start);
}

static const struct cooee_sentinel *const sentinels[] = {&cooee_weather, &cooee_wind};
static struct cooee_probe probes[CHANNEL_COUNT];
static struct cooee_alarm alarms[ALARMS];
static struct cooee_outbox_entry outbox[6];
static const struct cooee_node_memory memory = {probes, alarms, outbox, CHANNEL_COUNT, ALARMS, 6, 0, 0};
static const struct cooee_hal hal = {0, hal_clock_now_s, start_node, read_sensors, hal_radio_send, hal_radio_receive, 0, 0};
static struct cooee_node_config config;
static struct cooee_node node;

void setup()
{
    cooee_begin(Serial);
    cooee_count_pulses();
    config.sentinels = sentinels;
    config.sentinel_count = 2;
    config.telemetry_every = 1;
    config.address = 6;
    config.wake_interval_s = WAKE_S;
    config.resend_after_s = 60;
    config.channels = CHANNELS;
    if (node_start(&node, &config, &memory, &hal) != COOEE_STATUS_OK) {
        cooee_cannot_start();
    }
    while (hal_clock_now_s(0) < 3) { /* a gust is a matter of 3 s */
    }
}

void loop()
{
    node_wake(&node);
    node_converse(&node);
    hal_sleep_s(WAKE_S);
}
