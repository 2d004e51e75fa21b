"""What is asked of the C."""

from dataclasses import dataclass

MODES = ("auto", "table", "inline")
VOTES = ("exact", "small", "hard")
"""How the leaves of a forest vote; encode.votes says what each keeps."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """`mode` is one of MODES, `votes` one of VOTES; without `confidence` there is only predict. `inner`: the function
    is called by a public one, which prepares the features."""

    mode: str
    votes: str
    confidence: bool
    inner: bool = False

    @property
    def verb(self) -> str:
        """What the function does."""
        return "classify" if self.confidence else "predict"
