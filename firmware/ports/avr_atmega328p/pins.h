/* Pins of an Arduino Uno, and what its processor runs at. */
#ifndef COOEE_PINS_H
#define COOEE_PINS_H

#ifndef F_CPU
#define F_CPU 16000000UL
#endif

/* From the end of power-down until the processor runs: 16,384 cycles with an Uno's crystal, none in an emulator. */
#ifndef BOARD_WAKE_UP_CYCLES
#define BOARD_WAKE_UP_CYCLES 16384UL
#endif

/* Slots of the ring in the EEPROM, 0 to 15. */
#ifndef BOARD_RING_SLOTS
#define BOARD_RING_SLOTS 15
#endif

/* Port D, which is D0 to D7 of an Uno; serial is D0 and D1, I2C A4 and A5. */
#define PIN_WIND 2
#define PIN_RAIN 3
#define PIN_ONEWIRE 4
#define PIN_PROBE_POWER 5

/* Inputs of the ADC, A0 to A3 of an Uno, which has no others beside I2C: a cell stands in a store, a deep probe in a field. */
#define INPUT_SOIL_10CM 0
#define INPUT_SOIL_30CM 1
#define INPUT_SOIL_60CM 2
#define INPUT_ETHYLENE 2
#define INPUT_BATTERY 3
#define INPUT_SOLAR 3

#endif
