#include <stdint.h>

uint8_t rain_predict(const int16_t fallen_e2[1]); /* what the upper layer of dry soil gains of so much rain, in 0.1 mm */
