/* What outlives power: settings and, behind them, images. */
#include <stdlib.h>
#include <string.h>

#include "nodes.h"

static bool has_images(struct board *board)
{
    if (board->images == NULL && (board->images = malloc(COOEE_IMAGES_STORE)) != NULL) {
        memset(board->images, 0xFF, COOEE_IMAGES_STORE);
    }
    return board->images != NULL;
}

void board_load(void *context, uint16_t at, uint8_t *bytes, uint8_t count)
{
    const struct board *board = context;

    if (at < COOEE_STORE_SIZE) {
        memcpy(bytes, board->eeprom + at, count);
    } else if (board->images != NULL) {
        memcpy(bytes, board->images + at - COOEE_STORE_SIZE, count);
    } else {
        memset(bytes, 0xFF, count);
    }
}

/* Without memory it is not kept, and its checksum says so. */
void board_save(void *context, uint16_t at, const uint8_t *bytes, uint8_t count)
{
    struct board *board = context;

    if (at < COOEE_STORE_SIZE) {
        memcpy(board->eeprom + at, bytes, count);
    } else if (has_images(board)) {
        memcpy(board->images + at - COOEE_STORE_SIZE, bytes, count);
    }
}

size_t host_nodes_kept_size(const struct host_nodes *nodes, size_t node)
{
    return COOEE_STORE_SIZE + (nodes->boards[node].images != NULL ? COOEE_IMAGES_STORE : 0);
}

void host_nodes_kept(const struct host_nodes *nodes, size_t node, uint8_t *bytes)
{
    const struct board *board = &nodes->boards[node];

    memcpy(bytes, board->eeprom, COOEE_STORE_SIZE);
    if (board->images != NULL) {
        memcpy(bytes + COOEE_STORE_SIZE, board->images, COOEE_IMAGES_STORE);
    }
}

int host_nodes_keep(struct host_nodes *nodes, size_t node, const uint8_t *bytes, size_t length)
{
    struct board *board = &nodes->boards[node];

    if (length == COOEE_STORE_SIZE + COOEE_IMAGES_STORE && has_images(board)) {
        memcpy(board->images, bytes + COOEE_STORE_SIZE, COOEE_IMAGES_STORE);
    } else if (length != COOEE_STORE_SIZE) {
        return 0;
    }
    memcpy(board->eeprom, bytes, COOEE_STORE_SIZE);
    return 1;
}
