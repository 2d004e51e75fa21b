#include "drivers/pulse_counter.h"

#include <string.h>

void pulse_start(struct cooee_pulse_counter *counter, uint8_t settle_ms)
{
    memset(counter, 0, sizeof *counter);
    counter->settle_ms = settle_ms;
}

void pulse_edge(struct cooee_pulse_counter *counter)
{
    counter->left_ms = counter->settle_ms;
}

bool pulse_unsettled(const struct cooee_pulse_counter *counter)
{
    return counter->left_ms > 0;
}

static uint16_t in_span(const struct cooee_pulse_counter *counter)
{
    uint16_t sum = 0;

    for (uint8_t i = 0; i < COOEE_PULSE_SPAN_S; i++) {
        sum = (uint16_t)(sum + counter->second[i]);
    }
    return sum;
}

void pulse_settle(struct cooee_pulse_counter *counter, bool closed_now)
{
    if (counter->left_ms == 0 || --counter->left_ms > 0 || closed_now == counter->closed) {
        return;
    }
    counter->closed = closed_now;
    if (closed_now) {
        counter->count++;
        counter->second[0]++;
        uint16_t sum = in_span(counter);
        if (sum > counter->busiest) {
            counter->busiest = sum;
        }
    }
}

void pulse_second(struct cooee_pulse_counter *counter)
{
    memmove(&counter->second[1], &counter->second[0], sizeof counter->second - sizeof counter->second[0]);
    counter->second[0] = 0;
}

void pulse_take(struct cooee_pulse_counter *counter, struct cooee_pulses *pulses)
{
    pulses->count = counter->count;
    pulses->busiest = counter->busiest;
    counter->count = 0;
    counter->busiest = 0;
}
