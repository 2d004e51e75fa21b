#include "cooee/status.h"

const char *status_text(enum cooee_status status)
{
    switch (status) {
#define STATUS_CASE(name, text) \
    case COOEE_STATUS_##name: \
        return text;
        COOEE_STATUS_TABLE(STATUS_CASE)
#undef STATUS_CASE
    }
    return "not a status";
}
