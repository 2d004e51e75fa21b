"""Pieces of C text: tables, literals, indentation."""

import textwrap
from collections.abc import Iterable

C_WIDTH = 118
UNSIGNED = {1: "uint8_t", 2: "uint16_t", 4: "uint32_t", 8: "uint64_t"}


def unsigned_type(highest: int) -> str:
    """The smallest unsigned C type that holds `highest`."""
    return next(UNSIGNED[size] for size in (1, 2, 4, 8) if highest < 1 << 8 * size)


def table(c_type: str, name: str, values: Iterable[object]) -> str:
    """A constant array in program memory."""
    body = textwrap.fill(", ".join(map(str, values)), C_WIDTH - 4, initial_indent="    ", subsequent_indent="    ")
    return f"static const {c_type} {name}[] COOEE_FLASH = {{\n{body}\n}};\n"


def integer(value: int, *, long: bool = False) -> str:
    """An integer literal that no compiler warns of."""
    if value in (-32768, -0x80000000):
        return f"(-{integer(-value - 1, long=long)} - 1)"
    return f"{value}L" if long else str(value)


def block(lines: Iterable[str], depth: int) -> list[str]:
    """Lines indented by `depth` levels."""
    return ["    " * depth + line for line in lines]


KEY = """\
/* Bits of a float in the order of the values. */
static int32_t key(float value)
{
    int32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits < 0 ? (int32_t)(bits ^ 0x7FFFFFFFL) : bits;
}
"""


KEY_AT = """\
static int32_t key_at(const uint8_t *bytes)
{
    return (int32_t)(COOEE_READ_U8(bytes) | (uint32_t)COOEE_READ_U8(bytes + 1) << 8 | (uint32_t)COOEE_READ_U8(bytes + 2) << 16
                     | (uint32_t)COOEE_READ_U8(bytes + 3) << 24);
}
"""
