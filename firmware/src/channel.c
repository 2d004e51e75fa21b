#include "cooee/channel.h"

#include "cooee/flash.h"

struct row {
    int16_t low, high;
    uint16_t stuck_hours;
    int16_t hours_above;
};

static const struct row rows[COOEE_CHANNEL_COUNT] COOEE_FLASH = {
#define ROW(name, low, high, stuck_hours, hours_above) {low, high, stuck_hours, hours_above},
    COOEE_CHANNEL_TABLE(ROW)
#undef ROW
};

void channel_start(struct cooee_channel *channel)
{
    channel->raw = COOEE_MISSING;
    channel->step = COOEE_COARSE_STEP;
    channel->same_s = 0;
}

static COOEE_SHARED bool is_plausible(uint8_t id, int16_t raw)
{
    return raw >= COOEE_READ_I16(&rows[id].low) && raw <= COOEE_READ_I16(&rows[id].high);
}

/* How far two raw values are apart, up to COOEE_COARSE_STEP. */
static uint8_t step_between(int16_t a, int16_t b)
{
    uint16_t step = a < b ? (uint16_t)b - (uint16_t)a : (uint16_t)a - (uint16_t)b;

    return (uint8_t)(step < COOEE_COARSE_STEP ? step : COOEE_COARSE_STEP);
}

COOEE_SHARED bool channel_check(struct cooee_channel *channel, uint8_t id, int16_t raw, uint16_t dt_s)
{
    uint32_t stuck_s = COOEE_READ_U16(&rows[id].stuck_hours) * 3600UL;

    if (!is_plausible(id, raw)) {
        return false;
    }
    if (raw != channel->raw) {
        uint8_t step = step_between(raw, channel->raw);
        channel->step = step < channel->step ? step : channel->step;
        channel->raw = raw;
        channel->same_s = 0;
        return true;
    }
    stuck_s *= channel->step;
    if (channel->same_s < stuck_s) {
        channel->same_s += dt_s;
    }
    return stuck_s == 0 || channel->same_s < stuck_s;
}

int16_t channel_failure(uint8_t id, int16_t raw)
{
    uint8_t fault = COOEE_FAULT_RANGE;

    if (channel_failed(raw)) {
        return raw;
    }
    if (raw == COOEE_MISSING) {
        fault = COOEE_FAULT_SILENT;
    } else if (is_plausible(id, raw)) {
        fault = COOEE_FAULT_STUCK;
    }
    return (int16_t)(COOEE_FAILED + fault);
}

uint8_t channel_count(uint16_t channels)
{
    uint8_t count = 0;

    for (; channels != 0; channels &= (uint16_t)(channels - 1)) {
        count++;
    }
    return count;
}

int16_t channel_hours_above(uint8_t id)
{
    return COOEE_READ_I16(&rows[id].hours_above);
}

bool channel_accumulates(uint8_t id)
{
    return id == COOEE_CHANNEL_RAIN;
}
