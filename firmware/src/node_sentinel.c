#include "node_parts.h"

uint8_t node_successor_count(const struct cooee_node *node)
{
    return node->successors != 0 ? NODE_CONFIG(node)->sentinel_count : 0;
}

const struct cooee_sentinel *node_sentinel(const struct cooee_node *node, uint8_t place)
{
    return COOEE_IMAGE_ROOM > 0 && node->successors != 0 ? successor_sentinel(&node->successors[place])
                                                         : NODE_CONFIG(node)->sentinels[place];
}
