"""Where frames come from: a link hands over frames with the time they were received, and takes answers back."""

from dataclasses import dataclass
from typing import Protocol

ReplyAddress = tuple[str, int | str]


@dataclass(frozen=True, slots=True)
class Heard:
    """Bytes from the air, the time they were received (UTC ms; None: the datagram brought no plausible one), where an
    acknowledgement goes (None: nowhere), and the link as farm.yaml names it (None: it is read from the quarantine),
    how seldom its node may be answered, and the signal's
    strength [dBm] and ratio to noise [dB] where the link tells them."""

    frame: bytes
    received_ms: int | None
    reply_to: ReplyAddress | None
    link: str | None = None
    answer_every_s: int = 0
    signal: tuple[int, int] | None = None


class Line(Protocol):
    """One of several links: `where` names it in a ReplyAddress."""

    where: str

    def fileno(self) -> int | None:
        """What to wait on; None: `receive` is called every time."""

    def receive(self) -> list[Heard]:
        """What has come."""

    def send(self, frame: bytes, reply_to: ReplyAddress) -> None:
        """See Link."""

    def close(self) -> None:
        """See Link."""


class Link(Protocol):
    """A source of frames and a sink of acknowledgements."""

    simulated: bool
    """The link brings its own clock."""
    where: str
    """What it listens on, in words."""

    def receive(self, limit: int, wait_s: float) -> list[Heard]:
        """Waits at most `wait_s` for a first frame, then takes what is there, at most `limit`."""

    def send(self, frame: bytes, reply_to: ReplyAddress) -> None:
        """Sends an acknowledgement; one that cannot be sent is lost, as on the air: the node sends its frame again."""

    def now_ms(self) -> int | None:
        """The link's clock, UTC ms; None when a simulated radio has not said its time yet."""

    def close(self) -> None:
        """Lets go of the port."""
