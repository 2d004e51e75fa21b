"""Writes firmware/include/cooee/channels.h from channels.toml: `python -m edge.contract.c_header >
firmware/include/cooee/channels.h`."""

import sys

from .channels import MISSING, Channel, channels


def _row(c: Channel) -> str:
    def raw(value: float) -> int:
        return c.to_raw(value)

    share = "INT16_MAX" if c.hours_above is None else str(raw(c.hours_above))
    return (
        f"    X({c.name.upper()}, {raw(c.low)}, {raw(c.high)}, {c.stuck_hours}, {share}) /* {c.unit}, x {c.scale:g} */"
    )


def c_header() -> str:
    """Text of channels.h: an enum of channel ids, one X-macro row a channel (name, low, high, stuck hours, share above),
    and one with its scale."""
    rows = " \\\n".join(_row(c) for c in channels())
    scales = " \\\n".join(f"    X({c.name.upper()}, {c.scale}F)" for c in channels())
    enum = "\n".join(f"    COOEE_CHANNEL_{c.name.upper()} = {c.id}," for c in channels())
    return f"""/* Generated from edge/contract/channels.toml by python -m edge.contract.c_header. Do not edit. */
#ifndef COOEE_CHANNELS_H
#define COOEE_CHANNELS_H

#include <stdint.h>

/* Raw value that stands for "no reading". INT16_MIN is written so because -32768 alone is an int or long in C. */
#define COOEE_MISSING ((int16_t)({MISSING + 1} - 1))

enum cooee_channel_id {{
{enum}
    COOEE_CHANNEL_COUNT = {len(channels())}
}};

/* X(NAME, lowest plausible raw, highest plausible raw, hours until an unchanging value is stuck or 0, raw for share-of-day) */
#define COOEE_CHANNEL_TABLE(X) \\
{rows}

/* X(NAME, what a raw value of 1 stands for), for ports whose sensors say floating-point numbers; the core is without. */
#define COOEE_CHANNEL_SCALE_TABLE(X) \\
{scales}

#endif
"""


if __name__ == "__main__":
    sys.stdout.write(c_header())
