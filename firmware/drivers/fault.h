#ifndef COOEE_DRIVERS_FAULT_H
#define COOEE_DRIVERS_FAULT_H

#include "cooee/fault.h"

const char *fault_text(enum cooee_fault fault);

#endif
