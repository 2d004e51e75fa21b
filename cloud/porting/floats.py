"""C that orders floats by their bits, so that no soft float is linked."""

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
