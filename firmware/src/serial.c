#include "cooee/serial.h"

uint8_t serial_wrap(const uint8_t *frame, uint8_t length, uint8_t bytes[COOEE_SERIAL_MAX])
{
    uint8_t at = 0;

    bytes[at++] = COOEE_SERIAL_END;
    uint8_t code = at++; /* where the distance to the next end stands */
    bytes[code] = 1;
    for (uint8_t i = 0; i < length; i++) {
        if (frame[i] != COOEE_SERIAL_END) {
            bytes[at++] = frame[i];
            bytes[code]++;
        } else {
            code = at++;
            bytes[code] = 1;
        }
    }
    bytes[at++] = COOEE_SERIAL_END;
    return at;
}

uint8_t serial_unwrap(uint8_t *bytes, uint8_t length)
{
    uint8_t end = 0, out = 0; /* where the next end was */

    for (uint8_t i = 0; i < length; i++) {
        if (bytes[i] == COOEE_SERIAL_END || (i == end && bytes[i] > length - i)) {
            return 0;
        }
        if (i != end) {
            bytes[out++] = bytes[i];
            continue;
        }
        if (i > 0) {
            bytes[out++] = COOEE_SERIAL_END;
        }
        end = (uint8_t)(end + bytes[i]);
    }
    return out;
}
