/* CHECK stops the test program at the first thing that is not true. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(truth) \
    do { \
        if (!(truth)) { \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #truth); \
            exit(1); \
        } \
    } while (0)

#define CHECK_EQUAL(found, wanted) \
    do { \
        long found_ = (long)(found), wanted_ = (long)(wanted); \
        if (found_ != wanted_) { \
            fprintf(stderr, "%s:%d: %s is %ld, not %ld\n", __FILE__, __LINE__, #found, found_, wanted_); \
            exit(1); \
        } \
    } while (0)

#endif
