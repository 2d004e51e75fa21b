"""Where the words of the map's blocks stand: clear of sensors in the outline, else beside it, else in place of sensors.

The reader's width is not known here: the map is laid out for each of `MAP_WIDTHS`, and the page takes the widest that
fits. What is clear at a width stays clear on a wider map, as dots and letters do not grow with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from math import inf
from typing import NamedTuple
from unicodedata import combining, east_asian_width

from edge.farm.map import Outline

from ..cards.style import MAP_WIDTHS
from .box import LEAST_SIDE, Box

WORDS = 5.0
"""How many times as wide as high a line of words is, at least."""
DOTS_AVOIDED = 20
"""Sensors in a block up to which its words may stand beside them, and not only above or below."""
EDGE = 0.2
"""Between words and the sides of their block, rem."""
AROUND = 1.6
"""Above and below the map, for words of the blocks at its ends, rem."""
SHORTER = (0.85, 0.7, 0.5)
"""Shares of a name, beside a block where there is no room for all of it."""
GAP = 0.25
"""Between a block and words beside it, and twice that to other blocks, rem."""
LARGEST = (12.0, 6.5)
"""What all of a block's words take up, rem."""
LINE, LINES = 1.25, 2.3
"""Height of a sign before a name, and below it, rem."""
SIGN, COUNT = 1.3, 0.9
"""Width of a sign before a name, and of how many sensors it stands for, rem."""
ROUNDING = 0.01
NOWHERE = "0 100% 100% 0"
LEAST = (2.0, 1.1)
"""Of words that say anything, rem."""


class Rect(NamedTuple):
    """On the map, in rem from its left and its top."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """In rem."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """In rem."""
        return self.bottom - self.top

    def grown(self, by: float) -> "Rect":
        """With so much more on every side."""
        return Rect(self.left - by, self.top - by, self.right + by, self.bottom + by)

    def within(self, other: "Rect") -> "Rect":
        """The part in both."""
        return Rect(max(self.left, other.left), max(self.top, other.top),
                    min(self.right, other.right), min(self.bottom, other.bottom))  # fmt: skip

    def holds(self, other: "Rect") -> bool:
        """Whether the other lies in it."""
        return (self.left <= other.left and other.right <= self.right
                and self.top <= other.top and other.bottom <= self.bottom)  # fmt: skip

    def meets(self, other: "Rect") -> bool:
        """Whether they share more than a side."""
        return (self.left < other.right and other.left < self.right
                and self.top < other.bottom and other.top < self.bottom)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Block:
    """A block with its sensors that are drawn, as the farm's map has them, in metres."""

    name: str
    box: Box
    rings: Outline
    sensors: tuple[tuple[float, float], ...]


class _Drawn:
    """A block on a map of some width."""

    def __init__(self, block: Block, whole: Box, width: float) -> None:
        self.block, self.rect = block, _drawn(block.box, whole, width)
        large = self.rect.width > 7 and self.rect.height > 6
        self.name = _ems(block.name) * (0.95 if large else 0.8)
        self.dots = []
        for x, y in (block.box.share(*sensor) for sensor in block.sensors):
            east, south = self.rect.left + x * self.rect.width, self.rect.top + y * self.rect.height
            self.dots.append(Rect(east, south, east, south).grown(0.7 if large else 0.45))

    def fits(self, width: float, height: float, count: float = 0.0) -> bool:
        """Whether the whole name has room: after its sign, above it, or in several lines."""
        return (
            (height >= LINE and width >= self.name + SIGN + count)
            or (height >= LINES and width >= max(self.name, SIGN + count))
            or (height >= 4 and width >= 7)
        )

    @staticmethod
    def name_room(words: Rect) -> float:
        """How much of a name words there show, rem."""
        return words.width if words.height >= LINES else words.width - SIGN

    def inside(self, area: Rect, obstacles: Iterable[Rect], count: float = 0.0) -> Rect | None:
        """The rectangle in the block, from the outline on, in which a line of words is highest; if the whole name fits
        anywhere, there."""
        own = self.rect.grown(-EDGE).within(area)
        near = sorted((each for each in obstacles if each.meets(own)), key=lambda each: each.top)
        avoided = near if len(near) <= DOTS_AVOIDED else []
        lefts, rights = [own.left, *(n.right for n in avoided)], [own.right, *(n.left for n in avoided)]
        found = [
            (self.fits(each.width, each.height, count), room, -each.top, -each.left, each)
            for left, right in product(lefts, rights)
            if right - left >= LEAST[0]
            for each in _gaps(Rect(left, own.top, right, own.bottom), near)
            for room in [min(each.height, each.width / WORDS)]
        ]  # fmt: skip
        if not found:
            return None
        best = max(found)[-1]
        best = best._replace(bottom=min(best.bottom, best.top + LARGEST[1]))
        rows = [(best.top + best.height * share - self.rect.top) / self.rect.height for share in (0.01, 0.5, 0.99)]
        edge = max(_left_end(self.block, row) for row in rows) * self.rect.width + self.rect.left + EDGE
        best = best._replace(left=max(best.left, edge))
        best = best._replace(right=min(best.right, best.left + LARGEST[0]))
        return best if best.width >= LEAST[0] and best.height >= LEAST[1] else None

    def beside(self, share: float) -> Iterable[tuple[Rect, str]]:
        """Places for a line of words, or that share of the name, around the block, and how they hang on it, as CSS."""
        wide, high, gap = min(share * self.name + SIGN + 0.2, LARGEST[0]), LINE, GAP + ROUNDING
        across = [(0.0, 0.0), (0.5, -wide / 2), (1.0, -wide)]
        along = [(0.5, -high / 2), (0.0, 0.0), (1.0, -high)]
        places = [((1.0, gap), y) for y in along] + [((0.0, -gap - wide), y) for y in along]
        places += [(x, (1.0, gap)) for x in across] + [(x, (0.0, -gap - high)) for x in across]
        for (x, right), (y, down) in places:
            left, top = self.rect.left + x * self.rect.width + right, self.rect.top + y * self.rect.height + down
            sides = ((y, down), (1 - x, -right - wide), (1 - y, -down - high), (x, right))
            yield (Rect(left, top, left + wide, top + high),
                   " ".join(f"calc({100 * part:.0f}% + {rem:.2f}rem)" for part, rem in sides))  # fmt: skip

    def inset(self, words: Rect) -> str:
        """Words in the block, as CSS."""
        rect = self.rect
        shares = ((words.top - rect.top) / rect.height, (rect.right - words.right) / rect.width,
                  (rect.bottom - words.bottom) / rect.height, (words.left - rect.left) / rect.width)  # fmt: skip
        return " ".join(f"{100 * share:.1f}%" for share in shares)


class _Layout:
    """All blocks on a map of some width: `found` has each one's inset, and whether its sensors are gathered."""

    def __init__(self, blocks: Sequence[Block], others: Sequence[Box], whole: Box, width: float) -> None:
        self.area = Rect(0, -AROUND, width, width * whole.height / whole.width + AROUND)
        self.drawn = [_Drawn(block, whole, width) for block in blocks]
        rects = [each.rect for each in self.drawn] + [_drawn(box, whole, width) for box in others]
        self.dots = [each.dots for each in self.drawn]
        reach = [each.rect.grown(LARGEST[0] + 1) for each in self.drawn]
        self.near = [[rect for rect in rects if rect.meets(own)] for own in reach]
        self.near_dots = [[(at, dot) for at, each in enumerate(self.dots) for dot in each if dot.meets(own)]
                          for own in reach]  # fmt: skip
        self.taken: list[Rect] = []
        self.found: dict[int, tuple[str, bool]] = {}
        for at, block in enumerate(self.drawn):
            self._take_if_whole(at, block.inside(self.area, self._obstacles(at)))
        for at in range(len(blocks)):
            if at not in self.found:
                self._place(at)

    def _obstacles(self, at: int, *, gathered: bool = False) -> list[Rect]:
        own = self.drawn[at].rect
        inner = [rect for rect in self.near[at] if rect is not own and own.holds(rect)]
        dots = [dot for of, dot in self.near_dots[at] if self.dots[of] and not (gathered and of == at)]
        return [*inner, *dots, *self.taken]

    def _place(self, at: int) -> None:
        """Beside the block, else in place of its sensors; where neither has room for the whole name, for most of it."""
        block = self.drawn[at]
        if self._beside(at, 1):
            return
        words = block.inside(self.area, self._obstacles(at, gathered=True), COUNT)
        if self._take_if_whole(at, words, COUNT):
            return
        room = block.name_room(words) if words else 0.0
        if any(self._beside(at, share) for share in SHORTER if share * block.name > room):
            return
        if words:
            self._take(at, words, block.inset(words), gathered=True)
        else:
            self.found[at] = NOWHERE, False

    def _take_if_whole(self, at: int, words: Rect | None, count: float = 0.0) -> bool:
        block = self.drawn[at]
        if not words or not block.fits(words.width, words.height, count):
            return False
        self._take(at, words, block.inset(words), gathered=count > 0)
        return True

    def _beside(self, at: int, share: float) -> bool:
        block, area = self.drawn[at], self.area.grown(ROUNDING)
        near = [rect.grown(2 * GAP) for rect in self.near[at] if not rect.holds(block.rect)] + self._obstacles(at)
        for words, inset in block.beside(share):
            if area.holds(words) and not any(words.meets(rect) for rect in near):
                self._take(at, words, inset)
                return True
        return False

    def _take(self, at: int, words: Rect, inset: str, *, gathered: bool = False) -> None:
        self.taken.append(words)
        self.found[at] = inset, gathered and bool(self.dots[at])
        if gathered:
            self.dots[at] = []


@lru_cache(maxsize=16)
def words_places(blocks: tuple[Block, ...], others: tuple[Box, ...], whole: Box) -> list[str]:
    """Where each block's words stand on a map of each width: `--words0` their inset; `--dots0` and `--count0`, if one
    sign with a count stands for its sensors. `others`: blocks without words. Kept, as only a change of
    the farm, or of which block is worst, changes it."""
    styles = ["" for _ in blocks]
    for index, width in enumerate(MAP_WIDTHS):
        for at, (inset, gathered) in _Layout(blocks, others, whole, width).found.items():
            styles[at] += f";--words{index}:{inset}"
            styles[at] += f";--dots{index}:none;--count{index}:inline" if gathered else ""
    return styles


def _drawn(box: Box, whole: Box, width: float) -> Rect:
    """A block on a map so many rem wide, as `Box.style` places it."""
    scale = width / whole.width
    left = min((box.west - whole.west) * scale, width - LEAST_SIDE)
    top = min((whole.north - box.north) * scale, whole.height * scale - LEAST_SIDE)
    return Rect(left, top, left + max(box.width * scale, LEAST_SIDE), top + max(box.height * scale, LEAST_SIDE))


def _gaps(column: Rect, near: Sequence[Rect]) -> Iterable[Rect]:
    """What is free in a column, from obstacle to obstacle, those from the top on."""
    top = column.top
    for each in (*(n for n in near if n.meets(column)), column._replace(top=column.bottom)):
        if each.top - top >= LEAST[1]:
            yield column._replace(top=top, bottom=each.top)
        top = max(top, each.bottom)


def _left_end(block: Block, row: float) -> float:
    """How far from the left an outline begins at a line from west to east, as shares of the block's sides."""
    north = block.box.north - row * block.box.height
    edges = [edge for ring in block.rings for edge in pairwise((*ring, ring[0]))]
    crossed = [((x, y), (x2, y2)) for (x, y), (x2, y2) in edges if min(y, y2) <= north < max(y, y2)]
    west = min((x + (x2 - x) * (north - y) / (y2 - y) for (x, y), (x2, y2) in crossed), default=-inf)
    return (west - block.box.west) / block.box.width


def _ems(text: str) -> float:
    """About how wide it is, bold."""
    return sum(1.0 if east_asian_width(sign) in "WF" else 0.54 for sign in text if not combining(sign))
