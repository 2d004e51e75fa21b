#include "cooee/flash.h"
#include "node_parts.h"

/* The newest settings that hold, or those of the configuration. */
static void use_settings(struct cooee_node *node, bool (*find)(const struct cooee_store *, struct cooee_settings *))
{
    const struct cooee_node_config *config = NODE_CONFIG(node);

    node->settings = (struct cooee_settings){.site = config->site,
                                             .wake_interval_s = config->wake_interval_s,
                                             .telemetry_every = config->telemetry_every,
                                             .slot = COOEE_SLOT_NONE};
    if (NODE_HAL(node)->store != 0) {
        find(NODE_HAL(node)->store, &node->settings); /* where it finds none it leaves them as they are */
    }
}

static void start_successors(struct cooee_node *node)
{
    const struct cooee_node_config *config = NODE_CONFIG(node);

    for (uint8_t i = 0; COOEE_IMAGE_ROOM > 0 && i < node_successor_count(node); i++) {
        successor_start(&node->successors[i], NODE_HAL(node)->store, i, config->sentinels[i], config->channels, node->water != 0);
    }
}

/* The gateway hears of it at once. */
static void change_settings(struct cooee_node *node)
{
    probes_interval(&node->probes, node->settings.wake_interval_s);
    node_keep_hello(node);
}

void node_start_values(struct cooee_node *node)
{
    use_settings(node, settings_start);
    start_successors(node);
}

static void try_settings(struct cooee_node *node)
{
    if (node->settings.trial > 0 && node->unanswered >= COOEE_TRIAL_TRIES) {
        settings_refuse(NODE_HAL(node)->store, &node->settings);
        use_settings(node, settings_find);
        change_settings(node);
    } else if (node->settings.trial > 0 && node->acknowledged && --node->settings.trial == 0) {
        settings_prove(NODE_HAL(node)->store, &node->settings);
    }
}

static void try_successors(struct cooee_node *node)
{
    bool renewed = false;

    for (uint8_t i = 0; COOEE_IMAGE_ROOM > 0 && i < node_successor_count(node); i++) {
        struct cooee_successor *successor = &node->successors[i];

        if (successor->trial > 0 && node->unanswered >= COOEE_TRIAL_TRIES) {
            successor_refuse(successor);
            renewed = true;
        } else if (successor->trial > 0 && node->acknowledged && --successor->trial == 0) {
            successor_prove(successor);
        }
    }
    if (renewed) {
        node_keep_hello(node);
    }
}

void node_try_values(struct cooee_node *node)
{
    try_settings(node);
    try_successors(node);
}

/* A piece of an image; whoever cannot run it says so. */
static void take_sentinel(struct cooee_node *node, const struct cooee_piece *piece)
{
    struct cooee_frame frame;
    struct cooee_wanted *answer = &frame.body.wanted;
    bool renewed = false;

    *answer = (struct cooee_wanted){piece->version, COOEE_STATUS_MEMORY, piece->kind, COOEE_VALUE_REFUSED};
    for (uint8_t i = 0; COOEE_IMAGE_ROOM > 0 && i < node_successor_count(node); i++) {
        answer->offset = COOEE_STATUS_NOT_OURS;
        if (NODE_CONFIG(node)->sentinels[i]->id == piece->kind - COOEE_VALUE_SENTINEL) {
            renewed = successor_take(&node->successors[i], piece, answer);
            break;
        }
    }
    node_keep(node, &frame, COOEE_FRAME_WANTED);
    if (renewed) {
        node_keep_hello(node);
    }
}

COOEE_SHARED void node_take_piece(struct cooee_node *node, const struct cooee_piece *piece)
{
    struct cooee_frame frame;

    if (NODE_HAL(node)->store == 0) {
        return;
    }
    if (piece->kind != COOEE_VALUE_SETTINGS) {
        /* Readings do not make way for the many answers: the gateway begins anew at a later wake. */
        if (node->outbox.count < node->outbox.capacity) {
            take_sentinel(node, piece);
        }
        return;
    }
    bool renewed = settings_take(NODE_HAL(node)->store, piece, &node->settings, &frame.body.wanted);
    node_keep(node, &frame, COOEE_FRAME_WANTED);
    if (renewed) {
        use_settings(node, settings_find); /* what they do not say is as in the configuration */
        change_settings(node);
    }
}
