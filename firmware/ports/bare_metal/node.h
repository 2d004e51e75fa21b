/* What one node is: its address, sensors, site and calibration. Each may be set with -D, or all of them by -include of a file. */
#ifndef COOEE_NODE_CONFIG_H
#define COOEE_NODE_CONFIG_H

#include "cooee/channel.h"
#include "ethylene.h"
#include "soil.h"
#include "weather.h"
#include "wind.h"

#define SENSOR_SOIL_10CM (1U << 0)
#define SENSOR_SOIL_30CM (1U << 1)
#define SENSOR_DS18B20 (1U << 2)
#define SENSOR_SHT3X (1U << 3)
#define SENSOR_ANEMOMETER (1U << 4)
#define SENSOR_RAIN_GAUGE (1U << 5)
#define SENSOR_BMP280 (1U << 6)
#define SENSOR_ETHYLENE_CELL (1U << 7)
#define SENSOR_BATTERY (1U << 8)
#define SENSOR_SOIL_60CM (1U << 9)
#define SENSOR_PYRANOMETER (1U << 10)

#ifndef NODE_ADDRESS
#define NODE_ADDRESS 1
#endif
#ifndef NODE_WAKE_INTERVAL_S
#define NODE_WAKE_INTERVAL_S 600
#endif
#ifndef NODE_SENSORS
#define NODE_SENSORS \
    (SENSOR_SOIL_10CM | SENSOR_SOIL_30CM | SENSOR_DS18B20 | SENSOR_SHT3X | SENSOR_ANEMOMETER | SENSOR_RAIN_GAUGE \
     | SENSOR_BMP280 | SENSOR_BATTERY)
#endif

/* The sentinels whose channels these sensors give, and the alarms that they need. */
#ifndef NODE_SENTINELS
#define NODE_SENTINELS &cooee_soil, &cooee_weather, &cooee_wind
#define NODE_ALARMS (SOIL_CLASS_COUNT - 1 + WEATHER_CLASS_COUNT - 1 + WIND_CLASS_COUNT - 1)
#endif
/* 0 for a node without a sentinel, whose NODE_SENTINELS is 0. */
#ifndef NODE_SENTINEL_COUNT
#define NODE_SENTINEL_COUNT (sizeof sentinels / sizeof sentinels[0])
#endif
/* struct cooee_policy_change: what is other than in the sentinels' own alarm policies. */
#ifndef NODE_CHANGES
#define NODE_CHANGE_COUNT 0
#endif
#ifndef NODE_OUTBOX_FRAMES
#define NODE_OUTBOX_FRAMES 4
#endif

/* struct cooee_site (cooee/site.h): tomatoes in loam, planted today. */
#ifndef NODE_SITE
#define NODE_SITE \
    {.field_capacity_e4 = 2500, .wilting_point_e4 = 1200, .saturation_e4 = 4630, .depletion_fraction_e3 = 400, .planted_days = 0, \
     .stage_days = {30, 40, 45, 30}, .kcb_e2 = {15, 110, 70}, .root_cm = {25, 70}, .drainage_h = 30}
#endif

/* Two to five points {mV, m3/m3 x 10000} a probe, by rising mV. These are of one probe in one soil; calibrate your own. */
#ifndef NODE_SOIL_10CM_POINTS
#define NODE_SOIL_10CM_POINTS {1200, 4200}, {1700, 2200}, {2600, 500}
#endif
#ifndef NODE_SOIL_30CM_POINTS
#define NODE_SOIL_30CM_POINTS {1200, 4200}, {1700, 2200}, {2600, 500}
#endif
#ifndef NODE_SOIL_60CM_POINTS
#define NODE_SOIL_60CM_POINTS {1200, 4200}, {1700, 2200}, {2600, 500}
#endif
#ifndef NODE_SOIL_SETTLE_MS
#define NODE_SOIL_SETTLE_MS 200
#endif

/* {mV, W/m2} of a pyranometer of 2 mV a W/m2. */
#ifndef NODE_SOLAR_POINTS
#define NODE_SOLAR_POINTS {0, 0}, {2500, 1250}
#endif

#ifndef NODE_WIND_MM_PER_PULSE
#define NODE_WIND_MM_PER_PULSE 667
#endif
#ifndef NODE_RAIN_UM_PER_TIP
#define NODE_RAIN_UM_PER_TIP 279
#endif
#ifndef NODE_BMP280_ADDRESS
#define NODE_BMP280_ADDRESS 0x76
#endif

/* struct cooee_ethylene_cell: zero in 0.1 mV and sensitivity in thousandths, each by temperature in 0.01 degC. */
#ifndef NODE_CELL_ZERO_POINTS
#define NODE_CELL_ZERO_POINTS {-1000, 4000}, {2000, 4000}, {4000, 4400}
#endif
#ifndef NODE_CELL_SENSITIVITY_POINTS
#define NODE_CELL_SENSITIVITY_POINTS {-1000, 850}, {2000, 1000}, {4000, 1060}
#endif
/* {mV, ppm x 100} in clean air and in span gas, both at 20 degC. */
#ifndef NODE_ETHYLENE_POINTS
#define NODE_ETHYLENE_POINTS {400, 0}, {520, 1000}
#endif
#ifndef NODE_CELL_WARM_UP_MIN
#define NODE_CELL_WARM_UP_MIN 120
#endif
#ifndef NODE_CELL_LIFE_DAYS
#define NODE_CELL_LIFE_DAYS 730
#endif
/* Its age when the node was flashed; days since the node's last start are added. */
#ifndef NODE_CELL_AGE_DAYS
#define NODE_CELL_AGE_DAYS 0
#endif

/* Battery / input A3; with COOEE_ADC_SUPPLY as the input it is the board's own supply. */
#ifndef NODE_BATTERY_INPUT
#define NODE_BATTERY_INPUT COOEE_ADC_SUPPLY
#define NODE_BATTERY_RATIO_E3 1000
#endif

/* With NODE_LORA a LoRa modem is at the serial line, set as farm.yaml's `lora` says. A frame of COOEE_FRAME_MAX bytes is
 * NODE_LORA_AIR_MS on the air (edge/farm/lora.py), and half of the duty limit allows one in NODE_LORA_PAUSE_S. */
#ifndef NODE_LORA_FREQUENCY_HZ
#define NODE_LORA_FREQUENCY_HZ 868500000
#define NODE_LORA_NETWORK 18
#define NODE_LORA_SPREADING_FACTOR 9
#define NODE_LORA_POWER_DBM 13
#define NODE_LORA_AIR_MS 468
#define NODE_LORA_PAUSE_S 94
#endif

#define NODE_HAS(sensor) (((NODE_SENSORS) & SENSOR_##sensor) != 0)
#define NODE_CHANNEL(has, name) ((has) ? 1U << COOEE_CHANNEL_##name : 0U)
#define NODE_CHANNELS \
    (NODE_CHANNEL(NODE_HAS(SOIL_10CM), SOIL_MOISTURE_10CM) | NODE_CHANNEL(NODE_HAS(SOIL_30CM), SOIL_MOISTURE_30CM) \
     | NODE_CHANNEL(NODE_HAS(DS18B20), SOIL_TEMPERATURE) | NODE_CHANNEL(NODE_HAS(ETHYLENE_CELL), ETHYLENE) \
     | NODE_CHANNEL(NODE_HAS(SHT3X), AIR_TEMPERATURE) | NODE_CHANNEL(NODE_HAS(SHT3X), HUMIDITY) \
     | NODE_CHANNEL(NODE_HAS(ANEMOMETER), WIND) | NODE_CHANNEL(NODE_HAS(ANEMOMETER), GUST) \
     | NODE_CHANNEL(NODE_HAS(RAIN_GAUGE), RAIN) | NODE_CHANNEL(NODE_HAS(BMP280), PRESSURE) \
     | NODE_CHANNEL(NODE_HAS(BATTERY), BATTERY) | NODE_CHANNEL(NODE_HAS(SOIL_60CM), SOIL_MOISTURE_60CM) \
     | NODE_CHANNEL(NODE_HAS(PYRANOMETER), SOLAR_RADIATION))
#define NODE_CHANNEL_COUNT \
    (NODE_HAS(SOIL_10CM) + NODE_HAS(SOIL_30CM) + NODE_HAS(DS18B20) + NODE_HAS(ETHYLENE_CELL) + 2 * NODE_HAS(SHT3X) \
     + 2 * NODE_HAS(ANEMOMETER) + NODE_HAS(RAIN_GAUGE) + NODE_HAS(BMP280) + NODE_HAS(BATTERY) + NODE_HAS(SOIL_60CM) \
     + NODE_HAS(PYRANOMETER))

#endif
