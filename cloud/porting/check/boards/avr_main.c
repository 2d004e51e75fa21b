/* Calls a model on an ATmega328P for avr_emulator.c, which lays rows into `row` and listens to two registers. */
#include <avr/io.h>

#include "tried.h"

TRIED_FEATURE row[TRIED_FEATURES];

int main(void)
{
    for (;;) {
        GPIOR0 = 1;
        GPIOR0 = 2;
        const uint8_t found = TRIED_PREDICT(row);
        GPIOR0 = 3;
        GPIOR1 = found;
    }
}
