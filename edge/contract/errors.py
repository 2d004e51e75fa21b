"""One root for every error a user can mend."""


class CooeeError(Exception):
    """Something outside the program is wrong; the message says what and how to mend it, in one line."""


class FarmError(CooeeError):
    """farm.yaml cannot be used."""


class FrameError(CooeeError):
    """Bytes from the air that are not a frame of ours."""


class SealError(FrameError):
    """A frame was not sealed with the key that should open it."""


class MessageError(CooeeError):
    """An MQTT payload that does not follow docs/SPEC.md."""


class StoreError(CooeeError):
    """The store refused or cannot be reached."""


class StoreUnavailable(StoreError):
    """The store may accept the same write later: keep it, back off, try again."""
