"""How a forest's leaves vote in integers, and when that is enough.

Every leaf gives each class a whole weight, WHOLE in all. Where the two best sums of weights are further apart than all rounding
errors together can be, the class is the one that scikit-learn finds. Elsewhere the exact record of each leaf is read: class
counts k of n (a probability is the double nearest k/n), or the probability itself in units of 2**-62.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .model import Probabilities

WHOLE = 255
REAL_UNIT_BITS = 62


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """Leaves as bytes. A leaf is a class when it is below `classes`; otherwise the record at that offset less `classes`:
    m, then m x class, m x weight, then with `exact_bytes` n (if counts) and m exact shares of that many bytes, little-endian."""

    records: bytes
    codes: dict[Probabilities, int]
    exact_bytes: int
    doubt: int
    """Classes whose sums of weights differ by no more than this may be in another order in scikit-learn."""


def weights(probabilities: Probabilities) -> list[int]:
    """Whole weights that sum to WHOLE, largest remainders rounded up."""
    shares = [p * WHOLE for p in probabilities]
    whole = [math.floor(s) for s in shares]
    order = sorted(range(len(shares)), key=lambda c: (whole[c] - shares[c], c))
    for c in order[: WHOLE - sum(whole)]:
        whole[c] += 1
    return whole


def counts(probabilities: Probabilities) -> list[int] | None:
    """Whole numbers k with every probability the double nearest k / sum(k), sum(k) < 65536; None when there are none."""
    shares = [Fraction(p).limit_denominator(65535) for p in probabilities]
    n = math.lcm(*(s.denominator for s in shares))
    found = [int(s * n) for s in shares]
    if n > 65535 or sum(found) != n or any(k / n != p for k, p in zip(found, probabilities, strict=True)):
        return None
    return found


def cast_ballot(trees: Sequence[set[Probabilities]]) -> Ballot:
    """The ballot of a forest; `trees` are the distinct leaves of each tree."""
    distinct = sorted({p for tree in trees for p in tree})
    mixed = [p for p in distinct if max(p) < 1.0]
    exact = [counts(p) for p in mixed]
    known = [k for k in exact if k is not None]
    exact_bytes = 8 if len(known) < len(mixed) else 1 if all(sum(k) < 256 for k in known) else 2
    codes = {p: p.index(1.0) for p in distinct if max(p) == 1.0}
    records = bytearray()
    for p, k in zip(mixed, exact, strict=True):
        codes[p] = len(p) + len(records)
        records += _record(p, k, exact_bytes)
    errors = [max((_error(p) for p in tree), default=0.0) for tree in trees]
    return Ballot(records=bytes(records), codes=codes, exact_bytes=exact_bytes, doubt=math.floor(sum(errors) + 1e-6))


def _record(p: Probabilities, k: list[int] | None, exact_bytes: int) -> bytes:
    present = [c for c, share in enumerate(p) if share > 0]
    weight = weights(p)
    record = bytes([len(present), *present, *(weight[c] for c in present)])
    if exact_bytes == 8:
        shares = [round(Fraction(p[c]) * 2**REAL_UNIT_BITS) for c in present]
    else:
        assert k is not None, "counts are chosen only when every leaf has them"
        shares = [sum(k), *(k[c] for c in present)]
    return record + b"".join(share.to_bytes(exact_bytes, "little") for share in shares)


def _error(p: Probabilities) -> float:
    """The most by which a difference of two weights can differ from the difference of their shares."""
    errors = [weight - WHOLE * share for weight, share in zip(weights(p), p, strict=True)]
    return max(errors) - min(errors)
