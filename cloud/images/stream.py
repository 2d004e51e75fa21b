"""What a decoder will read, in its order: bits, tables of codes, numbers in them."""

from collections import Counter, defaultdict

from .huffman import Code, entropy_bits, shortest_code


class Stream:
    """Collects everything first, since a code depends on all of its numbers."""

    def __init__(self) -> None:
        self._parts: list[tuple[str, int, int]] = []
        self._numbers: dict[str, list[int]] = defaultdict(list)
        self._costly: set[str] = set()

    def raw(self, value: int, width: int) -> None:
        """A number of `width` bits; a negative one as its complement of two."""
        if not -(1 << max(width - 1, 0)) <= value < 1 << width:
            raise ValueError(f"{value} does not fit {width} bits")
        self._parts.append(("", value % (1 << width), width))

    def code(self, name: str, *, costs_bits: bool = False) -> None:
        """The table of a code; it begins a byte."""
        self._parts.append((name, 0, 0))
        if costs_bits:
            self._costly.add(name)

    def number(self, name: str, value: int) -> None:
        """A number in a code whose table came before."""
        self._parts.append((name, int(value), 1))
        self._numbers[name].append(int(value))

    def codes(self) -> dict[str, Code]:
        """The shortest code of each name."""
        names = {name for name, _, width in self._parts if name and not width}
        return {name: shortest_code(self._numbers[name], costs_bits=name in self._costly) for name in names}

    @property
    def plain_bits(self) -> int:
        """Bits of all numbers at a fixed width a name, without what says how wide, and of raw bits."""
        return self._raw_bits + sum(len(n) * (max(n) - min(n)).bit_length() for n in self._numbers.values())

    @property
    def entropy_bits(self) -> float:
        """Bits of all numbers in perfect codes of the same symbols, without tables, and of raw bits."""
        found = float(self._raw_bits)
        for name, code in self.codes().items():
            numbers = self._numbers[name]
            found += code.low_bits * len(numbers) + entropy_bits([n - code.base >> code.low_bits for n in numbers])
        return found

    @property
    def coded_bits(self) -> int:
        """Bits of all numbers in their codes, without tables, and of raw bits."""
        return self._raw_bits + sum(code.bits(Counter(self._numbers[name])) for name, code in self.codes().items())

    @property
    def _raw_bits(self) -> int:
        return sum(width for name, _, width in self._parts if not name)

    def encoded(self) -> bytes:
        """All of it, filled up to a byte."""
        codes, bits = self.codes(), []
        words = {name: code.words for name, code in codes.items()}
        length = 0
        for name, value, width in self._parts:
            if not name:
                bits.append(f"{value:0{width}b}" if width else "")
            elif not width:
                bits.append("0" * (-length % 8) + "".join(f"{byte:08b}" for byte in codes[name].table))
            else:
                above = value - codes[name].base
                low = codes[name].low_bits
                bits.append(words[name].get(above >> low, "") + (f"{above % (1 << low):0{low}b}" if low else ""))
            length += len(bits[-1])
        bits.append("0" * (-length % 8))
        text = "".join(bits)
        return int(text or "0", 2).to_bytes(len(text) // 8, "big")
