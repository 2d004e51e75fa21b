/* Limits a build may change with -D; every size the core needs follows from these and from the caller's arrays. */
#ifndef COOEE_CONFIG_H
#define COOEE_CONFIG_H

/* Firmware version a hello tells, 0..65535. */
#ifndef COOEE_FIRMWARE_VERSION
#define COOEE_FIRMWARE_VERSION 1
#endif

/* 1: the program has one node, and names its configuration, board and ring (the_config, the_hal, the_ring): the compiler knows them,
 * which saves 0.5 KB of flash on an AVR. 0: each node knows its own. */
#ifndef COOEE_ONE_NODE
#define COOEE_ONE_NODE 0
#endif

/* Sentinels on one node, 1..8: two bytes of RAM each. */
#ifndef COOEE_NODE_SENTINELS
#define COOEE_NODE_SENTINELS 4
#endif

/* Features of one sentinel, 1..64: two bytes of stack each. */
#ifndef COOEE_SENTINEL_FEATURES
#define COOEE_SENTINEL_FEATURES 24
#endif

/* Packets that a node listens to after one wake, 1..255; more is not for it. */
#ifndef COOEE_PACKETS_MAX
#define COOEE_PACKETS_MAX 24
#endif

/* Longest time without a try while nobody answers, seconds, 1..65535. */
#ifndef COOEE_RETRY_MAX_S
#define COOEE_RETRY_MAX_S 7200UL
#endif

/* 1: images of linear models, nets and Bonsais are run too; 0: of trees alone, which saves 3 KB of flash. */
#ifndef COOEE_IMAGE_SCORES
#define COOEE_IMAGE_SCORES 1
#endif

/* Features and hidden units of an image's model, 1..255: six bytes of stack each while it decides; and classes, 2..32: four
 * more. */
#ifndef COOEE_IMAGE_WIDTH
#define COOEE_IMAGE_WIDTH 64
#endif
#ifndef COOEE_IMAGE_CLASSES
#define COOEE_IMAGE_CLASSES 32
#endif

/* Bytes of the longest image of a sentinel that a node takes over the air, 0..8000; 0 leaves out the program for it. */
#ifndef COOEE_IMAGE_ROOM
#define COOEE_IMAGE_ROOM 0
#endif

/* 1: nodes with a soil may run the water filter (water.h); 0 leaves out its program, and sentinels that need it. */
#ifndef COOEE_WATER_FILTER
#define COOEE_WATER_FILTER 1
#endif

/* 1: the filter takes a soil probe at 60 cm too, where a node has that channel; 0 leaves that out, and saves 35 bytes of RAM. */
#ifndef COOEE_WATER_DEEP
#define COOEE_WATER_DEEP 1
#endif

/* Whether a sentinel of the node has that feature; of the others the program is left out, and a sentinel that has one is refused at the
 * node's start. */
#ifndef COOEE_FEATURE_USED
#define COOEE_FEATURE_USED(id) 1
#endif

/* Time constants of the window's averages, seconds, fast < slow < trend <= 1209600 (the weight of a step is 32-bit arithmetic). */
#ifndef COOEE_FAST_S
#define COOEE_FAST_S 10800UL
#endif
#ifndef COOEE_SLOW_S
#define COOEE_SLOW_S 86400UL
#endif
#ifndef COOEE_TREND_S
#define COOEE_TREND_S 432000UL
#endif

#if COOEE_NODE_SENTINELS < 1 || COOEE_NODE_SENTINELS > 8
#error "COOEE_NODE_SENTINELS: 1 to 8"
#endif
#if COOEE_SENTINEL_FEATURES < 1 || COOEE_SENTINEL_FEATURES > 64
#error "COOEE_SENTINEL_FEATURES: 1 to 64"
#endif
#if COOEE_IMAGE_WIDTH < COOEE_SENTINEL_FEATURES || COOEE_IMAGE_WIDTH > 255
#error "COOEE_IMAGE_WIDTH: COOEE_SENTINEL_FEATURES to 255"
#endif
#if COOEE_IMAGE_CLASSES < 2 || COOEE_IMAGE_CLASSES > 32
#error "COOEE_IMAGE_CLASSES: 2 to 32"
#endif
#if !(0 < COOEE_FAST_S && COOEE_FAST_S < COOEE_SLOW_S && COOEE_SLOW_S < COOEE_TREND_S && COOEE_TREND_S <= 1209600UL)
#error "COOEE_FAST_S < COOEE_SLOW_S < COOEE_TREND_S <= 1209600 is needed"
#endif

#endif
