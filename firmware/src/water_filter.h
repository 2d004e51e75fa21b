/* Water filter: the states and how sure one is of them. */
#ifndef COOEE_WATER_FILTER_H
#define COOEE_WATER_FILTER_H

#include "cooee/water.h"

/* The most that a reading may be off to be believed, u. */
#define WATER_FAR 600

/* One knows less of a state than one did, by a standard deviation in u * 4. */
void water_doubt(struct cooee_water *water, uint8_t i, int16_t deviation);

/* A share of a state goes, in 2^-15; returns what goes. */
int32_t water_shrink(struct cooee_water *water, uint8_t i, int16_t share_q15);

/* Kalman's update. What is observed is the sum of some states less others (bit = state); `innovation`: u * 16, at most WATER_FAR; `variance`: of the observation, u2 * 16. */
void water_correct(struct cooee_water *water, uint8_t some, uint8_t others, int32_t innovation, int32_t variance);

#endif
