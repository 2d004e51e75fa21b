"""Images: ported classifiers as bytes (docs/SPEC.md, "Image"). The node's C alone reads them; this writes them."""

from .pack import pack_model, pack_sentinel
from .trained import read_trained

__all__ = ["pack_model", "pack_sentinel", "read_trained"]
