/* Node: what its parts say to each other. */
#ifndef COOEE_NODE_PARTS_H
#define COOEE_NODE_PARTS_H

#include "cooee/node.h"

/* What a node was started with. */
#if COOEE_ONE_NODE
#define NODE_CONFIG(node) ((void)(node), &the_config)
#define NODE_HAL(node) ((void)(node), &the_hal)
#else
#define NODE_CONFIG(node) ((node)->config)
#define NODE_HAL(node) ((node)->hal)
#endif

/* Number a frame of this node and keep it until it is acknowledged. */
void node_keep(struct cooee_node *node, struct cooee_frame *frame, uint8_t type);
void node_keep_hello(struct cooee_node *node);
void node_keep_telemetry(struct cooee_node *node, const int16_t raw[]);
void node_keep_call(struct cooee_node *node, const struct cooee_sentinel *sentinel, uint8_t class_id, enum cooee_call_state state,
                    uint32_t since_s, struct cooee_verdict verdict, const int16_t features[]);

/* How many of its sentinels may be others, that came over the air: none where the board takes none. */
uint8_t node_successor_count(const struct cooee_node *node);

/* The one in use at a place of the configuration: its own, or one that came over the air. */
const struct cooee_sentinel *node_sentinel(const struct cooee_node *node, uint8_t place);

/* Settings and sentinels: the newest that hold, or those of the configuration. */
void node_start_values(struct cooee_node *node);

/* New ones have proved themselves after some wakes that were acknowledged, and are given up when nobody answers any more. */
void node_try_values(struct cooee_node *node);

/* A piece of one from the gateway. */
void node_take_piece(struct cooee_node *node, const struct cooee_piece *piece);

#endif
