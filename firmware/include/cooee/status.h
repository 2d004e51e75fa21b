/* What a verb of the core can answer, with its text. */
#ifndef COOEE_STATUS_H
#define COOEE_STATUS_H

#define COOEE_STATUS_TABLE(X) \
    X(OK, "ok") \
    X(LENGTH, "the length does not fit the frame's type") \
    X(TAG, "the seal is not one of this key") \
    X(VERSION, "the frame version is not known") \
    X(TYPE, "the frame type is not known") \
    X(ADDRESS, "the address is not in 1..65534") \
    X(CHANNELS, "the channel bits are unknown, empty, too many or contradict each other") \
    X(VALUE, "a value is out of its range") \
    X(NOT_OURS, "the frame is for another node, incarnation or boot, or an old one") \
    X(MEMORY, "the caller's arrays are too small") \
    X(CONFIG, "the node's configuration is not valid") \
    X(SIZE, "the image is cut short, or longer than its place") \
    X(ABI, "the image is none, or of another version") \
    X(CHECKSUM, "the checksum is wrong") \
    X(IMAGE, "a count, code or size in the image is not valid") \
    X(GOLDEN, "a golden row of the image comes out otherwise")

enum cooee_status {
#define COOEE_STATUS_ENUM(name, text) COOEE_STATUS_##name,
    COOEE_STATUS_TABLE(COOEE_STATUS_ENUM)
#undef COOEE_STATUS_ENUM
};

const char *status_text(enum cooee_status status);

#endif
