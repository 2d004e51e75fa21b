"""What the leaves of trees say, as small integers.

A leaf's code is a class when it is below the number of classes, and otherwise that number plus the offset of a record;
with `exact` votes mostly counts.

A single tree's record is class and confidence. A forest's leaves vote; `exact` keeps each mixed leaf's class counts k
of n, which scikit-learn's probability k / n comes from (or the probability itself in units of 2**-72 when weights were
trained with), `small` keeps weights that sum to 15 or 255, `hard` the class alone.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..model.trees import Node, Probabilities, leaves
from .votes_proof import proven

SMALL_WHOLE = 15
BYTE_WHOLE = 255
SHARE_BITS = 72
SHARE_BYTES = 9
MAX_WEIGHT_BITS, MIN_WEIGHT_BITS = 12, 8


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """Codes and records of the leaves of a forest or tree.

    `kind` is `class` (every leaf one class), `verdict` (a single tree), `counts` or `shares` (exact), `weights` (small,
    records of class and weight), `pair` or `triple` (small; two or three classes, the code itself holds the weights).
    """

    kind: str
    codes: Mapping[Probabilities, Any]
    """A number, or for `counts` how many rows of each class, 1 when all are of one."""
    weights: Mapping[Probabilities, Sequence[int]]
    """What a leaf adds to the sum of each class; `whole` in all, or a little less where counts are rounded down."""
    records: bytes = b""
    most: int = 0
    """The highest sum of the counts of a leaf."""
    whole: int = 1
    doubt: int = 0
    """Classes whose sums of weights differ by no more than this may be in another order in scikit-learn."""

    def counts_second(self, classes: int) -> bool:
        """Whether the sum of the second of two classes tells that of the first."""
        return classes == 2 and self.kind in ("class", "pair")

    @property
    def highest(self) -> int:
        """The highest code."""
        return int(max(self.codes.values()))


def best_class(probabilities: Probabilities) -> int:
    """The first of the most probable classes."""
    return probabilities.index(max(probabilities))


def class_ballot(distinct: Iterable[Probabilities]) -> Ballot:
    """Leaves that say their most probable class and nothing else."""
    codes = {p: best_class(p) for p in distinct}
    return Ballot(
        kind="class", codes=codes, weights={p: [int(c == best) for c in range(len(p))] for p, best in codes.items()}
    )


def verdict(probabilities: Probabilities) -> tuple[int, int]:
    """Class and confidence in per cent."""
    return best_class(probabilities), round(100 * max(probabilities))


def verdict_ballot(distinct: Iterable[Probabilities], classes: int) -> Ballot:
    """Leaves of a single tree: class and confidence."""
    verdicts = {p: verdict(p) for p in distinct}
    unsure = sorted({v for v in verdicts.values() if v[1] < 100})
    offsets = {v: classes + 2 * i for i, v in enumerate(unsure)}
    return Ballot(
        kind="verdict",
        codes={p: offsets.get(v, v[0]) for p, v in verdicts.items()},
        weights={},
        records=bytes(byte for v in unsure for byte in v),
    )


def cast_ballot(trees: Sequence[Node], classes: int, votes: str) -> Ballot:
    """The ballot of a forest's trees, whose outcomes are probabilities."""
    of_trees = [{leaf.outcome for leaf in leaves(tree)} for tree in trees]
    distinct = sorted(set().union(*of_trees))
    if votes == "hard" or all(max(p) == 1.0 for p in distinct):
        return class_ballot(distinct)
    if votes == "small":
        return _small(distinct, classes, BYTE_WHOLE if classes == 2 else SMALL_WHOLE)
    return _few(distinct, of_trees, classes) or _exact(distinct, of_trees)


def counts(probabilities: Probabilities) -> list[int] | None:
    """Whole numbers k with every probability the double nearest k / sum(k), sum(k) < 65536; None when there are
    none."""
    shares = [Fraction(p).limit_denominator(65535) for p in probabilities]
    n = math.lcm(*(s.denominator for s in shares))
    found = [int(s * n) for s in shares]
    if n > 65535 or sum(found) != n or any(k / n != p for k, p in zip(found, probabilities, strict=True)):
        return None
    return found


def _exact(distinct: Sequence[Probabilities], of_trees: Sequence[set[Probabilities]]) -> Ballot:
    mixed = {p: counts(p) for p in distinct if max(p) < 1.0}
    return _shares(distinct, of_trees) if None in mixed.values() else _counts(distinct, of_trees, mixed)


def _counts(
    distinct: Sequence[Probabilities], of_trees: Sequence[set[Probabilities]], mixed: Mapping[Probabilities, Any]
) -> Ballot:
    bits = _weight_bits(len(of_trees))
    codes = {p: tuple(mixed.get(p) or (int(share) for share in p)) for p in distinct}
    whole = 1 << bits
    weights = {p: [min((k << bits) // sum(code), whole - 1) for k in code] for p, code in codes.items()}
    return Ballot(
        kind="counts",
        codes=codes,
        weights=weights,
        most=max(map(sum, codes.values())),
        whole=whole,
        doubt=_doubt(of_trees, weights, whole),
    )


def _shares(distinct: Sequence[Probabilities], of_trees: Sequence[set[Probabilities]]) -> Ballot:
    whole = 1 << MIN_WEIGHT_BITS
    codes = {p: best_class(p) for p in distinct if max(p) == 1.0}
    weights = {p: [int(share) * whole for share in p] for p in codes}
    records = bytearray()
    for p in distinct:
        if p not in codes:
            shares = [round(Fraction(share) * 2**SHARE_BITS) for share in p]
            codes[p] = len(p) + len(records)
            weights[p] = [share * whole >> SHARE_BITS for share in shares]
            records += sum(1 << c for c, share in enumerate(shares) if share).to_bytes((len(p) + 7) // 8, "little")
            records += b"".join(share.to_bytes(SHARE_BYTES, "little") for share in shares if share)
    return Ballot(
        kind="shares",
        codes=codes,
        weights=weights,
        records=bytes(records),
        whole=whole,
        doubt=_doubt(of_trees, weights, whole),
    )


def _doubt(of_trees: Sequence[set[Probabilities]], weights: Mapping[Probabilities, Sequence[int]], whole: int) -> int:
    return math.floor(sum(max(_spread(weights[p], whole, p) for p in tree) for tree in of_trees) + 1e-6)


def _few(distinct: Sequence[Probabilities], of_trees: Sequence[set[Probabilities]], classes: int) -> Ballot | None:
    """Small weights that are exact, where the leaves are so few or so simple that it can be proven."""
    totals = [sum(k) if (k := counts(p)) else 0 for p in distinct]
    whole = math.lcm(*totals)
    if not 0 < whole <= BYTE_WHOLE:
        return None
    ballot = _small(distinct, classes, whole)
    return ballot if proven(of_trees, ballot.weights, classes) else None


def _weight_bits(trees: int) -> int:
    """Bits of a weight, so that the sums of a forest of up to 255 trees need two bytes."""
    bits = (65535 // trees).bit_length() - 1
    return MAX_WEIGHT_BITS if bits < MIN_WEIGHT_BITS else min(bits, MAX_WEIGHT_BITS)


def _spread(weights: Sequence[int], whole: int, p: Probabilities) -> float:
    """The most by which a difference of two weights differs from the difference of the shares that they stand for."""
    errors = [w - whole * share for w, share in zip(weights, p, strict=True)]
    return max(errors) - min(errors)


def _small(distinct: Sequence[Probabilities], classes: int, whole: int) -> Ballot:
    weights = {p: _weights(p, whole) for p in distinct}
    if classes == 2:
        return Ballot(kind="pair", codes={p: w[1] for p, w in weights.items()}, weights=weights, whole=whole)
    if classes == 3 and whole < 16:
        return Ballot(
            kind="triple", codes={p: w[0] << 4 | w[1] for p, w in weights.items()}, weights=weights, whole=whole
        )
    packed = classes <= 16 and whole < 16
    codes: dict[Probabilities, int] = {}
    offsets: dict[bytes, int] = {}
    records = bytearray()
    for p, votes in weights.items():
        entries = [(c, w) for c, w in enumerate(votes) if w > 0]
        if len(entries) == 1:
            codes[p] = entries[0][0]
            continue
        record = bytes(byte for c, w in entries for byte in ([c << 4 | w] if packed else [c, w]))
        if record not in offsets:
            offsets[record] = classes + len(records)
            records += record
        codes[p] = offsets[record]
    return Ballot(kind="weights", codes=codes, weights=weights, records=bytes(records), whole=whole)


def _weights(probabilities: Probabilities, whole: int) -> list[int]:
    """Whole weights that sum to `whole`, largest remainders rounded up."""
    shares = [p * whole for p in probabilities]
    weights = [math.floor(s) for s in shares]
    order = sorted(range(len(shares)), key=lambda c: (weights[c] - shares[c], c))
    for c in order[: whole - sum(weights)]:
        weights[c] += 1
    return weights
