/* Drivers into channels: what NODE_SENSORS does not name is not compiled in. */
#include "hal/sensors.h"

#include "board.h"
#include "cooee/node.h"
#include "drivers/anemometer.h"
#include "drivers/battery.h"
#include "drivers/bmp280.h"
#include "drivers/ds18b20.h"
#include "drivers/ethylene_cell.h"
#include "drivers/pyranometer.h"
#include "drivers/rain_gauge.h"
#include "drivers/sht3x.h"
#include "drivers/soil_probe.h"
#include "hal/clock.h"
#include "node.h"

#if INPUT_SOIL_60CM == INPUT_ETHYLENE
#if NODE_HAS(SOIL_60CM) && NODE_HAS(ETHYLENE_CELL)
#error "this board has one input for the soil probe at 60 cm and the ethylene cell"
#endif
#endif
#if NODE_HAS(PYRANOMETER) && NODE_BATTERY_INPUT == INPUT_SOLAR
#error "the pyranometer has the battery's input"
#endif

#define CURVE(points) ((struct cooee_curve){points, sizeof points / sizeof points[0]})
#define SECONDS_PER_DAY 86400UL

/* A probe's points: those of the settings in use, or the program's. */
static struct cooee_curve calibration(const struct cooee_node *node, uint8_t channel, struct cooee_point points[COOEE_POINTS_MAX],
                                      struct cooee_curve built_in)
{
    uint8_t set = settings_points(&board_store, &node->settings, channel, points);

    return set > 0 ? (struct cooee_curve){points, set} : built_in;
}

static int16_t read_soil(const struct cooee_node *node, uint8_t channel)
{
    static const struct cooee_point points_10cm[] = {NODE_SOIL_10CM_POINTS}, points_30cm[] = {NODE_SOIL_30CM_POINTS},
                                    points_60cm[] = {NODE_SOIL_60CM_POINTS};
    struct cooee_point points[COOEE_POINTS_MAX];
    struct cooee_soil_probe probe = {.calibration = CURVE(points_30cm), .settle_ms = NODE_SOIL_SETTLE_MS, .input = INPUT_SOIL_30CM};
    int16_t moisture_e4 = 0;

    if (channel == COOEE_CHANNEL_SOIL_MOISTURE_10CM) {
        probe.input = INPUT_SOIL_10CM;
        probe.calibration = CURVE(points_10cm);
    } else if (NODE_HAS(SOIL_60CM) && channel == COOEE_CHANNEL_SOIL_MOISTURE_60CM) {
        probe.input = INPUT_SOIL_60CM;
        probe.calibration = CURVE(points_60cm);
    }
    probe.calibration = calibration(node, channel, points, probe.calibration);
    enum cooee_fault fault = soil_probe_read(&probe, &board_adc, &moisture_e4);

    return sensor_raw(fault, moisture_e4);
}

static void read_wind(int16_t raw[])
{
    static const struct cooee_anemometer anemometer = {NODE_WIND_MM_PER_PULSE, PULSES_WIND};
    int16_t wind_e2 = 0, gust_e2 = 0;

    while (hal_clock_now_s(0) < 3) { /* at the first wake: a gust is a matter of 3 s */
        watchdog_feed();
        time_wait_ms(0, 100);
    }
    enum cooee_fault fault = anemometer_read(&anemometer, &board_pulse, &wind_e2, &gust_e2);

    raw[COOEE_CHANNEL_WIND] = sensor_raw(fault, wind_e2);
    raw[COOEE_CHANNEL_GUST] = sensor_raw(fault, gust_e2);
}

static void read_air(int16_t raw[])
{
    int16_t temperature_e2 = 0, humidity_e2 = 0;
    enum cooee_fault fault = sht3x_read(&board_i2c, COOEE_SHT3X_ADDRESS, &temperature_e2, &humidity_e2);

    raw[COOEE_CHANNEL_AIR_TEMPERATURE] = sensor_raw(fault, temperature_e2);
    raw[COOEE_CHANNEL_HUMIDITY] = sensor_raw(fault, humidity_e2);
}

static int16_t read_soil_temperature(void)
{
    int16_t temperature_e2 = 0;
    enum cooee_fault fault = ds18b20_read(&board_onewire, &temperature_e2);

    return sensor_raw(fault, temperature_e2);
}

static int16_t read_rain(void)
{
    static const struct cooee_rain_gauge gauge = {NODE_RAIN_UM_PER_TIP, PULSES_RAIN};
    int16_t rain_e2 = 0;
    enum cooee_fault fault = rain_gauge_read(&gauge, &board_pulse, &rain_e2);

    return sensor_raw(fault, rain_e2);
}

static int16_t read_pressure(void)
{
    struct cooee_bmp280_reading reading = {0, 0, 0};
    enum cooee_fault fault = bmp280_read(&board_i2c, NODE_BMP280_ADDRESS, &reading);

    return sensor_raw(fault, reading.pressure_e1);
}

/* A cell without its temperature is no better than a broken one. */
static int16_t read_ethylene(const struct cooee_node *node, int16_t air_e2)
{
    static const struct cooee_point zero[] = {NODE_CELL_ZERO_POINTS}, sensitivity[] = {NODE_CELL_SENSITIVITY_POINTS};
    static const struct cooee_point built_in[] = {NODE_ETHYLENE_POINTS};
    struct cooee_point points[COOEE_POINTS_MAX];
    const struct cooee_point *own = calibration(node, COOEE_CHANNEL_ETHYLENE, points, CURVE(built_in)).point;
    struct cooee_ethylene_cell cell = {CURVE(zero), CURVE(sensitivity), own[0], own[1], NODE_CELL_WARM_UP_MIN,
                                       NODE_CELL_LIFE_DAYS, INPUT_ETHYLENE};
    uint32_t powered_s = hal_clock_now_s(0);
    uint16_t age_days = (uint16_t)(NODE_CELL_AGE_DAYS + powered_s / SECONDS_PER_DAY);
    int16_t ppm_e2 = 0;

    if (channel_failed(air_e2)) {
        return air_e2;
    }
    enum cooee_fault fault = ethylene_cell_read(&cell, &board_adc, air_e2, powered_s, age_days, &ppm_e2);
    return sensor_raw(fault, ppm_e2);
}

static int16_t read_radiation(const struct cooee_node *node)
{
    static const struct cooee_point built_in[] = {NODE_SOLAR_POINTS};
    struct cooee_point points[COOEE_POINTS_MAX];
    const struct cooee_pyranometer pyranometer = {calibration(node, COOEE_CHANNEL_SOLAR_RADIATION, points, CURVE(built_in)),
                                                  INPUT_SOLAR};
    int16_t watt_m2 = 0;
    enum cooee_fault fault = pyranometer_read(&pyranometer, &board_adc, &watt_m2);

    return sensor_raw(fault, watt_m2);
}

static int16_t read_battery(void)
{
    static const struct cooee_battery battery = {NODE_BATTERY_RATIO_E3, NODE_BATTERY_INPUT};
    int16_t volt_e3 = 0;
    enum cooee_fault fault = battery_read(&battery, &board_adc, &volt_e3);

    return sensor_raw(fault, volt_e3);
}

void hal_sensors_read(void *context, int16_t raw[COOEE_CHANNEL_COUNT])
{
    const struct cooee_node *node = context;

    for (uint8_t id = 0; id < COOEE_CHANNEL_COUNT; id++) {
        raw[id] = COOEE_MISSING;
    }
    if (NODE_HAS(RAIN_GAUGE)) {
        raw[COOEE_CHANNEL_RAIN] = read_rain();
    }
    if (NODE_HAS(SOIL_10CM)) {
        raw[COOEE_CHANNEL_SOIL_MOISTURE_10CM] = read_soil(node, COOEE_CHANNEL_SOIL_MOISTURE_10CM);
    }
    if (NODE_HAS(SOIL_30CM)) {
        raw[COOEE_CHANNEL_SOIL_MOISTURE_30CM] = read_soil(node, COOEE_CHANNEL_SOIL_MOISTURE_30CM);
    }
    if (NODE_HAS(SOIL_60CM)) {
        raw[COOEE_CHANNEL_SOIL_MOISTURE_60CM] = read_soil(node, COOEE_CHANNEL_SOIL_MOISTURE_60CM);
    }
    if (NODE_HAS(DS18B20)) {
        raw[COOEE_CHANNEL_SOIL_TEMPERATURE] = read_soil_temperature();
    }
    if (NODE_HAS(SHT3X)) {
        read_air(raw);
    }
    if (NODE_HAS(BMP280)) {
        raw[COOEE_CHANNEL_PRESSURE] = read_pressure();
    }
    if (NODE_HAS(ETHYLENE_CELL)) {
        raw[COOEE_CHANNEL_ETHYLENE] = read_ethylene(node, raw[COOEE_CHANNEL_AIR_TEMPERATURE]);
    }
    if (NODE_HAS(PYRANOMETER)) {
        raw[COOEE_CHANNEL_SOLAR_RADIATION] = read_radiation(node);
    }
    if (NODE_HAS(BATTERY)) {
        raw[COOEE_CHANNEL_BATTERY] = read_battery();
    }
    if (NODE_HAS(ANEMOMETER)) {
        read_wind(raw);
    }
}
