/* The nodes behind host.h, each with the part of a board that it sees. */
#ifndef COOEE_HOST_NODES_H
#define COOEE_HOST_NODES_H

#include "cooee/node.h"
#include "host.h"
#include "sentinels.h"

/* The built-in sentinels, whose places verdicts go by. */
#define ROW(name) +1
enum { SENTINELS = COOEE_SENTINELS(ROW) };
#undef ROW

/* One node with the part of the board it sees. */
struct board {
    struct cooee_node node;
    struct cooee_node_config config;
    struct cooee_node_memory memory;
    struct cooee_hal hal;
    const struct cooee_sentinel *sentinels[SENTINELS];
    struct cooee_policy_change changes[HOST_CHANGES];
    uint8_t places[SENTINELS]; /* of the node's sentinels in the list of built-in ones */
    struct cooee_start start;
    bool started, woken;
    uint8_t eeprom[COOEE_STORE_SIZE]; /* that outlives power */
    uint8_t *images;                  /* that follow it, COOEE_IMAGES_STORE bytes; null: no image has come yet */
    struct cooee_store store;
    uint32_t now_s, first_s; /* first_s: of its first wake */
    struct radio *radio;
    uint32_t index;
};

struct radio {
    size_t capacity, count;
    uint32_t *index;
    uint8_t *length, *bytes;
};

struct host_nodes {
    size_t count;
    struct board *boards;
    struct cooee_probe *probes;
    struct cooee_alarm *alarms;
    struct cooee_outbox_entry *outbox;
    struct cooee_water *water;
    struct cooee_successor *successors;
    struct host_call *calls;
    size_t call_count, call_capacity;
};

void board_configure(struct board *board, const struct host_config *from, size_t index);
void board_load(void *context, uint16_t at, uint8_t *bytes, uint8_t count);
void board_save(void *context, uint16_t at, const uint8_t *bytes, uint8_t count);
/* Starts the node at its first wake, and at the first one after a restart. */
void board_wake(struct board *board, uint32_t now_s, const int16_t *reading);

#endif
