/* A node under the Arduino core, on an Uno, a Nano or another board with an ATmega328P at 16 MHz; wired as docs/FIRMWARE.md says.
 * The buses are board_i2c, board_adc, board_onewire and board_pulse of "board.h". */
#ifndef COOEE_ARDUINO_SKETCH_H
#define COOEE_ARDUINO_SKETCH_H

#include <Arduino.h>

#include "cooee.h"

extern "C" {
#include "board.h"
#include "drivers/anemometer.h"
#include "drivers/battery.h"
#include "drivers/bmp280.h"
#include "drivers/ds18b20.h"
#include "drivers/rain_gauge.h"
#include "drivers/sht3x.h"
#include "drivers/soil_probe.h"
#include "hal/clock.h"
#include "hal/radio.h"
#include "hal/sensors.h"
#include "hal/sleep.h"
#include "hal/store.h"
}

/* What `cooee enrol` wrote, where the sketch includes it; without it a board draws an incarnation and speaks with the open key. */
#ifndef NODE_INCARNATION
#define NODE_INCARNATION 0
#define NODE_KEY {0}
#endif

/* Frames go over `line` at 115,200 baud. */
void cooee_begin(HardwareSerial &line);

/* hal_store_start, but that an incarnation other than 0 and its key take the place of what the EEPROM has. */
void cooee_start_as(uint32_t incarnation, const uint8_t key[COOEE_KEY_SIZE], struct cooee_start *start);

/* Counts pulses on D2 and D3 from now on: for board_pulse. */
void cooee_count_pulses();

/* A configuration that cannot be: the light blinks fast, for ever. */
void cooee_cannot_start();

#endif
