/* Models of sensors, after their data sheets and without a line of the drivers. The tests of the drivers reach them through
 * fake buses, the emulated board through its pins. */
#ifndef PARTS_H
#define PARTS_H

#include <stdbool.h>
#include <stdint.h>

/* The models' time; whoever runs them moves it. */
extern uint64_t parts_now_us;

/* A sensor on I2C: what happens on the wires, byte by byte. False and 0xFF: not acknowledged. */
struct i2c_part {
    void *state;
    uint8_t address;
    bool (*start)(void *state, bool reading);
    bool (*write)(void *state, uint8_t byte);
    uint8_t (*read)(void *state);
};

struct sht31 {
    double temperature, humidity; /* degC, % */
    bool absent;
    unsigned spoilt; /* answers whose checksum is still to be wrong */
    uint64_t ready_us;
    uint8_t command[2], answer[6];
    uint8_t at;
};
struct i2c_part sht31_part(struct sht31 *sensor);

struct bmp280 {
    double temperature, pressure, humidity; /* degC, hPa, % */
    bool absent, humid, asleep; /* asleep: never measures */
    uint8_t registers[256];
    uint64_t ready_us;
    uint8_t pointer;
    bool pointed;
};
struct i2c_part bmp280_part(struct bmp280 *sensor);
/* Puts a calibration and what the converters say into the registers. */
void bmp280_set_calibration(struct bmp280 *sensor, const uint16_t words[12]);
/* degC, hPa and % that the data sheets' floating-point formulas make of the registers. */
void bmp280_reckon(const struct bmp280 *sensor, double *temperature, double *pressure, double *humidity);

struct ds18b20 {
    double temperature;
    bool absent, shorted, unpowered, slow; /* unpowered: says its power-up value; slow: never ends a conversion */
    unsigned spoilt; /* answers that are still to be damaged */
    bool spoils;
    uint64_t ready_us;
    uint8_t scratchpad[9];
    uint8_t commands, at, command;
};
void ds18b20_start(struct ds18b20 *sensor);
bool ds18b20_reset(struct ds18b20 *sensor);
void ds18b20_write(struct ds18b20 *sensor, uint8_t byte);
uint8_t ds18b20_read_byte(struct ds18b20 *sensor);

enum analog_line { LINE_SOUND, LINE_OPEN, LINE_GROUND, LINE_SUPPLY };

/* A source of voltage behind a resistor, on a line that may be cut or shorted. */
struct analog_part {
    double mv, ohm;
    enum analog_line line;
    bool powered;
    uint32_t settle_us;
    uint64_t powered_us;
};
#define PARTS_SUPPLY_MV 5000.0
#define PARTS_PULL_UP_OHM 35000.0
/* Millivolts on the line. */
double analog_part_mv(const struct analog_part *part, bool pull_up);
void analog_part_power(struct analog_part *part, bool on);

#endif
