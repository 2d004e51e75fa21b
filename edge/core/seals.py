"""Ascon-AEAD128 (NIST SP 800-232) without associated data, with a tag of eight bytes, by the same C as on the node."""

from ._core import ffi, lib

TAG_SIZE: int = lib.COOEE_TAG_SIZE


def seal(key: bytes, nonce: bytes, text: bytes) -> bytes:
    """Encrypts at most 255 bytes; the tag follows them. Key and nonce have 16 bytes."""
    data = ffi.new("uint8_t[]", text)
    tag = ffi.new("uint8_t[]", TAG_SIZE)
    lib.ascon_seal(_sixteen(key), _sixteen(nonce), data, len(text), tag)
    return bytes(ffi.buffer(data, len(text))) + bytes(ffi.buffer(tag))


def unseal(key: bytes, nonce: bytes, sealed: bytes) -> bytes | None:
    """The text that seal encrypted; None when the tag is another."""
    text, tag = sealed[:-TAG_SIZE], sealed[-TAG_SIZE:]
    data = ffi.new("uint8_t[]", text)
    if len(tag) < TAG_SIZE or not lib.ascon_open(_sixteen(key), _sixteen(nonce), data, len(text), tag):
        return None
    return bytes(ffi.buffer(data, len(text)))


def _sixteen(value: bytes) -> bytes:
    if len(value) != lib.COOEE_KEY_SIZE:
        raise ValueError(f"{lib.COOEE_KEY_SIZE} bytes are needed, found {len(value)}")
    return value
