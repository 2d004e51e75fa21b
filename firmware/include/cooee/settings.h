/* Settings: what the gateway may change of a node, kept as a block in one of two slots (slots.h). */
#ifndef COOEE_SETTINGS_H
#define COOEE_SETTINGS_H

#include "cooee/alarm.h"
#include "cooee/feature.h"
#include "cooee/frame.h"
#include "cooee/point.h"
#include "cooee/slots.h"

#define COOEE_POINTS_MAX 5

struct cooee_settings {
    struct cooee_site site;
    uint32_t version; /* 0: those of the program */
    uint16_t wake_interval_s;
    uint8_t telemetry_every;
    uint8_t slot;
    uint8_t trial; /* acknowledged wakes that are still wanted; 0: proved */
};

/* The newest settings that the store holds and that have not failed; false leaves `settings` as it was. */
bool settings_find(const struct cooee_store *store, struct cooee_settings *settings);

/* Counts a start; the same as settings_find, but that what was started in vain for the third time is given up. */
bool settings_start(const struct cooee_store *store, struct cooee_settings *settings);

/* Keeps a piece beside the settings in use, and says in `answer` what to ask next, or what became of the whole. True: they are
 * whole, sound, and in `settings` now. */
bool settings_take(const struct cooee_store *store, const struct cooee_piece *piece, struct cooee_settings *settings,
                   struct cooee_wanted *answer);

/* Ends the trial of the settings in use. */
void settings_prove(const struct cooee_store *store, struct cooee_settings *settings);
void settings_refuse(const struct cooee_store *store, const struct cooee_settings *settings);

/* One of the changes of policies in a slot's block, which has as many as it returns. */
uint8_t settings_change(const struct cooee_store *store, uint8_t slot, uint8_t place, struct cooee_policy_change *change);

/* Calibration points of a channel, millivolts and raw values; 0 when the settings in use have none. */
uint8_t settings_points(const struct cooee_store *store, const struct cooee_settings *settings, uint8_t channel,
                        struct cooee_point points[COOEE_POINTS_MAX]);

#endif
