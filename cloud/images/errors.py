"""The error of images that cannot be written."""

from edge.contract.errors import CooeeError


class PackError(CooeeError):
    """A model or a file that cannot become an image; the message says why and how to mend it."""
