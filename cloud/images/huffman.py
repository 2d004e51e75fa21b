"""Numbers as canonical Huffman codes of their upper bits, and the lower bits as they stand."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2

LONGEST = 8
"""Bits of a code, at most."""
MOST_LOW_BITS = 15
MOST_SYMBOL = 255


@dataclass(frozen=True, kw_only=True)
class Code:
    """A number is base + (symbol << low_bits) + low bits; `lengths` are those of the codes of symbols, none when there
    is but symbol 0."""

    base: int
    low_bits: int
    lengths: Mapping[int, int]

    @property
    def ordered(self) -> list[int]:
        """Symbols in the order of their codes."""
        return sorted(self.lengths, key=lambda symbol: (self.lengths[symbol], symbol))

    @property
    def table(self) -> bytes:
        """What the decoder reads first."""
        counts = Counter(self.lengths.values())
        longest = max(counts, default=0)
        return bytes(
            [
                self.low_bits << 4 | longest,
                *(self.base % 65536).to_bytes(2, "big"),
                *(counts[length] for length in range(1, longest + 1)),
                *self.ordered,
            ]
        )

    @property
    def words(self) -> dict[int, str]:
        """The code of each symbol, in binary."""
        found, word, length = {}, 0, 0
        for symbol in self.ordered:
            word <<= self.lengths[symbol] - length
            length = self.lengths[symbol]
            found[symbol] = f"{word:0{length}b}"
            word += 1
        return found

    def bits(self, values: Counter[int]) -> int:
        """How many bits these numbers take, without the table."""
        return sum(
            count * (self.low_bits + self.lengths.get(value - self.base >> self.low_bits, 0))
            for value, count in values.items()
        )


def shortest_code(values: Sequence[int], *, costs_bits: bool = False) -> Code:
    """The code in which table and numbers take the fewest bits. One that `costs_bits` takes at least one a number."""
    counted = Counter(values or [0])
    base, highest = min(counted), max(counted)
    ways = []
    for low_bits in range(MOST_LOW_BITS + 1):
        if highest - base >> low_bits > MOST_SYMBOL:
            continue
        symbols: Counter[int] = Counter()
        for value, count in counted.items():
            symbols[value - base >> low_bits] += count
        if len(symbols) <= MOST_SYMBOL:
            alone = len(symbols) == 1 and (low_bits > 0 or not costs_bits)
            lengths = {} if alone else code_lengths(symbols)
            ways.append(Code(base=base, low_bits=low_bits, lengths=lengths))
    return min(ways, key=lambda code: 8 * len(code.table) + code.bits(counted))


def code_lengths(counts: Mapping[int, int], longest: int = LONGEST) -> dict[int, int]:
    """Lengths of an optimal prefix code of at most `longest` bits, by the package-merge algorithm (Larmore and
    Hirschberg, "A fast algorithm for optimal length-limited Huffman codes", JACM 1990)."""
    if len(counts) == 1:
        return dict.fromkeys(counts, 1)
    coins = sorted((count, (symbol,)) for symbol, count in counts.items())
    packages: list[tuple[int, tuple[int, ...]]] = []
    for _ in range(longest):
        merged = sorted([*coins, *packages])
        packages = [(a + b, left + right) for (a, left), (b, right) in zip(merged[::2], merged[1::2], strict=False)]
    return dict(Counter(symbol for _, package in packages for symbol in package))


def entropy_bits(values: Sequence[int]) -> float:
    """Bits that numbers take in a perfect code that knows how often each occurs."""
    return -sum(count * log2(count / len(values)) for count in Counter(values).values())
