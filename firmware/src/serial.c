#include "cooee/serial.h"

uint8_t serial_byte(const uint8_t *frame, uint8_t length, uint8_t at)
{
    if (at == 0 || at == length + COOEE_SERIAL_ADDED - 1) {
        return COOEE_SERIAL_END;
    }
    at--; /* the distance to the next end stands in front of all, and in the place of each end */
    if (at > 0 && frame[at - 1] != COOEE_SERIAL_END) {
        return frame[at - 1];
    }
    uint8_t distance = 1;
    for (; at < length && frame[at] != COOEE_SERIAL_END; at++) {
        distance++;
    }
    return distance;
}

uint8_t serial_wrap(const uint8_t *frame, uint8_t length, uint8_t bytes[COOEE_SERIAL_MAX])
{
    uint8_t count = (uint8_t)(length + COOEE_SERIAL_ADDED);

    for (uint8_t at = 0; at < count; at++) {
        bytes[at] = serial_byte(frame, length, at);
    }
    return count;
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
