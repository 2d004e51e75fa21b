/* Channel: is a reading plausible, and does the probe still move? */
#ifndef COOEE_CHANNEL_H
#define COOEE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "cooee/channels.h"
#include "cooee/fault.h"

/* Every channel there is, bit = channel id. */
#define COOEE_CHANNELS_ALL ((uint16_t)((1UL << COOEE_CHANNEL_COUNT) - 1))

/* Of a sensor that is there and wired wrongly, silent or broken: COOEE_FAILED and its enum cooee_fault added to it, NONE when that is not
 * known. It lies below every channel's plausible range, so that the channel is faulty at once, where COOEE_MISSING (no reading this
 * time) becomes a fault only with time. */
#define COOEE_FAILED ((int16_t)(-32767))

/* Whether a raw value is such a word of a driver. */
static inline bool channel_failed(int16_t raw)
{
    return raw != COOEE_MISSING && raw <= COOEE_FAILED + COOEE_FAULT_CALIBRATION;
}

/* A probe that shows the fourth decimal moves sooner than one that shows the third: the time until an unchanging value is stuck is
 * `stuck_hours` for each raw unit of the smallest change that was seen, and as for this one until a change was. */
#define COOEE_COARSE_STEP 4

/* Watches one probe for a value that stands still. */
struct cooee_channel {
    int16_t raw;     /* newest plausible raw value */
    uint8_t step;    /* smallest change seen, 1 to COOEE_COARSE_STEP */
    uint32_t same_s; /* how long it has not changed */
};

void channel_start(struct cooee_channel *channel);

/* Takes the raw value of channel `id`, watched for `dt_s` seconds since the last. False: the probe is faulty (out of range or stuck). */
bool channel_check(struct cooee_channel *channel, uint8_t id, int16_t raw, uint16_t dt_s);

/* COOEE_FAILED and the enum cooee_fault of a faulty channel whose newest raw value this is. */
int16_t channel_failure(uint8_t id, int16_t raw);

/* How many channels a mask holds. */
uint8_t channel_count(uint16_t channels);

/* Raw value of which the window keeps in which hours it was reached, or INT16_MAX. */
int16_t channel_hours_above(uint8_t id);

/* A reading of such a channel is an amount since the last reading, so that it is summed, not averaged. */
bool channel_accumulates(uint8_t id);

#endif
