/* Pins of an STM32VLDISCOVERY (STM32F100RB), and what its processor runs at. */
#ifndef COOEE_PINS_H
#define COOEE_PINS_H

#define F_CPU 24000000UL
#define BOARD_RING_SLOTS 15

/* Port A: the inputs of the ADC have the number of their pin; serial is PA9 (out) and PA10 (in). */
#define INPUT_SOIL_10CM 1
#define INPUT_SOIL_30CM 2
#define INPUT_ETHYLENE 3
#define INPUT_BATTERY 4
#define INPUT_SOIL_60CM 5
#define INPUT_SOLAR 6
#define PIN_SEND 9
#define PIN_RECEIVE 10
/* Port B. */
#define PIN_PROBE_POWER 5
#define PIN_SCL 6
#define PIN_SDA 7
#define PIN_ONEWIRE 8
#define PIN_WIND 10
#define PIN_RAIN 11
/* Port C: the board's green light. */
#define PIN_LED 9

#endif
