#include "cooee/probe.h"

#include "cooee/flash.h"

/* Three intervals, an hour at least, and below the age at which a window stops counting, so that what has stopped is stale. */
COOEE_SHARED void probes_interval(struct cooee_probes *probes, uint16_t wake_interval_s)
{
    uint16_t third_s = wake_interval_s < 1200 ? 1200 : wake_interval_s;

    probes->stale_s = third_s < COOEE_STEP_MAX_S / 3 ? (uint16_t)(3 * third_s) : COOEE_STEP_MAX_S - 1;
}

void probes_start(struct cooee_probes *probes, struct cooee_probe *probe, uint16_t channels, uint16_t wake_interval_s)
{
    probes->probe = probe;
    probes->water = 0;
    probes->channels = channels;
    probes->faults = 0;
    probes_interval(probes, wake_interval_s);
    for (; channels != 0; channels &= (uint16_t)(channels - 1), probe++) {
        channel_start(&probe->channel);
        window_start(&probe->window);
    }
}

/* True when the reading leaves the probe without fault. */
static bool push(struct cooee_probe *probe, uint8_t id, int16_t raw, uint16_t dt_s, uint16_t stale_s)
{
    /* That a value is the same on both sides of a long gap does not show that it stood still. */
    uint16_t watched_s = dt_s < stale_s ? dt_s : stale_s;

    if (raw != COOEE_MISSING && channel_check(&probe->channel, id, raw, watched_s)) {
        window_push(&probe->window, raw, dt_s, channel_hours_above(id), channel_accumulates(id));
        return true;
    }
    window_age(&probe->window, dt_s);
    return raw == COOEE_MISSING && probe->window.age_s <= stale_s;
}

COOEE_SHARED void probes_push(struct cooee_probes *probes, const int16_t raw[COOEE_CHANNEL_COUNT], uint16_t dt_s)
{
    struct cooee_probe *probe = probes->probe;

    probes->faults = 0;
    for (uint16_t id = 0, bit = 1; id < COOEE_CHANNEL_COUNT; id++, bit = (uint16_t)(bit << 1)) {
        if ((probes->channels & bit) == 0) {
            continue;
        }
        if (!push(probe, (uint8_t)id, raw[id], dt_s, probes->stale_s)) {
            probes->faults |= bit;
        }
        probe++;
    }
}

const struct cooee_window *probes_window(const struct cooee_probes *probes, uint8_t id)
{
    uint16_t bit = (uint16_t)(1U << id);

    if ((probes->channels & bit) == 0 || (probes->faults & bit) != 0) {
        return 0;
    }
    const struct cooee_window *window = &probes->probe[channel_count(probes->channels & (uint16_t)(bit - 1))].window;
    return window->age_s > probes->stale_s ? 0 : window;
}
