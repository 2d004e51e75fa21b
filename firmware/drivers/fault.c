#include "drivers/fault.h"

const char *fault_text(enum cooee_fault fault)
{
    switch (fault) {
#define FAULT_CASE(name, text) \
    case COOEE_FAULT_##name: \
        return text;
        COOEE_FAULT_TABLE(FAULT_CASE)
#undef FAULT_CASE
    }
    return "not a fault";
}
