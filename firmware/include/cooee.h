/* Everything of the node core, for C and C++. */
#ifndef COOEE_H
#define COOEE_H

#ifdef __cplusplus
extern "C" {
#endif

#include "cooee/node.h"

#ifdef __cplusplus
}
#endif

#endif
