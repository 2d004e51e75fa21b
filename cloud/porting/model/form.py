"""What is asked of the C."""

from dataclasses import dataclass

MODES = ("auto", "table", "inline")
VOTES = ("exact", "small", "hard")
"""How the leaves of a forest vote; encode.votes says what each keeps."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """`mode` is one of MODES, `votes` one of VOTES; without `confidence` there is only predict."""

    mode: str
    votes: str
    confidence: bool
