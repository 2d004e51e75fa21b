"""Images: ported classifiers as bytes (docs/SPEC.md, "Image"). The node's C alone reads them; this writes them."""

from .pack import SentinelPart, pack_model, pack_sentinel

__all__ = ["SentinelPart", "pack_model", "pack_sentinel"]
