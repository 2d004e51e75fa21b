"""Sets of channels as the core has them: bit = channel id."""

from collections.abc import Iterable

from ..contract.channels import channel_names
from ..contract.errors import FrameError


def channel_mask(names: Iterable[str]) -> int:
    """Bits of channel names; FrameError for a name that is none."""
    mask = 0
    for name in names:
        if name not in channel_names():
            raise FrameError(f"{name!r} is not a channel: {', '.join(channel_names())}")
        mask |= 1 << channel_names().index(name)
    return mask


def masked_channels(mask: int) -> tuple[str, ...]:
    """Names of the channels in a mask, in id order."""
    return tuple(name for i, name in enumerate(channel_names()) if mask >> i & 1)
