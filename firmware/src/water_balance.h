/* Water balance: half an hour of the root zone by FAO-56 (dual coefficient, eq. 69-84), in a soil column of two layers. */
#ifndef COOEE_WATER_BALANCE_H
#define COOEE_WATER_BALANCE_H

#include "cooee/water.h"
#include "soil_column.h"

#define WATER_STEPS_A_DAY 48

/* What the column lacks to field capacity, 0.01 mm. */
int32_t water_depletion_e2(const struct cooee_water *water, const struct soil_column *column);

/* Readily available water (eq. 83), p shifted by the demand of the last days (table 22, note), 0.01 mm. */
int32_t water_readily_available_e2(const struct cooee_water *water, const struct cooee_site *site, const struct soil_column *column);

/* Half an hour of evapotranspiration (eq. 69 and 84; no shade, no mulch); `et0`: 0.01 mm a day. */
void water_dry(struct cooee_water *water, const struct cooee_site *site, const struct soil_column *column, int16_t et0);

/* Half an hour of drainage: exp(-1 / 2h) to second order. */
void water_drain(struct cooee_water *water, const struct cooee_site *site);

/* Water comes in, 0.0001 mm: it fills the upper layer, then the lower, and the rest is surplus. */
void water_wet(struct cooee_water *water, const struct soil_column *column, int32_t inflow_e4);

#endif
