#include "parts.h"

#define LEAK_OHM 1e6 /* the resistor from each input to ground */

double analog_part_mv(const struct analog_part *part, bool pull_up)
{
    if (part->line == LINE_GROUND || part->line == LINE_SUPPLY) {
        return part->line == LINE_GROUND ? 0 : PARTS_SUPPLY_MV;
    }
    bool steady = part->powered && parts_now_us >= part->powered_us + part->settle_us;
    double source_mv = steady ? part->mv : part->powered ? part->mv / 2 : 0;
    double current = 0, conductance = part->line == LINE_OPEN ? 1 / LEAK_OHM : 0;

    if (part->line == LINE_SOUND) {
        current += source_mv / part->ohm;
        conductance += 1 / part->ohm;
    }
    if (pull_up) {
        current += PARTS_SUPPLY_MV / PARTS_PULL_UP_OHM;
        conductance += 1 / PARTS_PULL_UP_OHM;
    }
    return current / conductance;
}

void analog_part_power(struct analog_part *part, bool on)
{
    if (on && !part->powered) {
        part->powered_us = parts_now_us;
    }
    part->powered = on;
}
