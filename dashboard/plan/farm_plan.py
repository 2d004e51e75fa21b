"""The map of the farm: blocks by their outlines, coloured by state with its word and their water, and their sensors.

North is up. A block without an outline is drawn dashed around its sensors. Plain HTML and SVG: no tiles, no network.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import combinations, pairwise
from math import inf
from urllib.parse import quote

from cloud.advice.levels import LEVELS, Level, badness
from cloud.farm_view import FarmView
from cloud.language.quantities import converted, count, ours, unit_name
from cloud.language.speech import say
from cloud.zone_state import ZoneState
from edge.farm.map import Outline

from ..cards.measures import quiet_text, water_bar
from ..cards.pieces import history_address, named, pill, sensor_look, sign, zone_word
from ..charts.scales import round_below

WORDS = 5.0
"""How many times as wide as high a line of words is, at least."""
DOTS_AVOIDED = 20
"""Sensors of a block up to which its words may stand beside them, and not only above or below."""
SENSORS_DRAWN = 300
BLOCKS_LINKED = 60
"""Those of the worst blocks come first; the other blocks are one picture."""
AROUND_SENSORS_M = 12.0
MARGIN = 0.04
"""Of the map's larger side."""
DASHED = " stroke-dasharray='6 5'"
SCALE_SHARE = 0.3
"""Of the map's width, that the bar of its scale takes at most."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle in metres east and north of the farm's corner."""

    west: float
    south: float
    east: float
    north: float

    @property
    def width(self) -> float:
        """Metres."""
        return self.east - self.west

    @property
    def height(self) -> float:
        """Metres."""
        return self.north - self.south

    def grown(self, metres: float) -> "Box":
        """With so much more on every side."""
        return Box(
            west=self.west - metres, south=self.south - metres, east=self.east + metres, north=self.north + metres
        )

    def place(self, east: float, north: float) -> str:
        """Where a point lies in it, as CSS."""
        return f"left:{100 * (east - self.west) / self.width:.2f}%;top:{100 * (self.north - north) / self.height:.2f}%"

    def style(self, inner: "Box") -> str:
        """Where a rectangle lies in it, as CSS."""
        width, height = 100 * inner.width / self.width, 100 * inner.height / self.height
        return f"{self.place(inner.west, inner.north)};width:{width:.2f}%;height:{height:.2f}%"


def around(points: list[tuple[float, float]]) -> Box:
    """The smallest rectangle around points."""
    east, north = zip(*points, strict=True)
    return Box(west=min(east), south=min(north), east=max(east), north=max(north))


def farm_plan(view: FarmView, outlines: Mapping[str, Outline], asked: Mapping[str, str]) -> str:
    """The map, of the blocks that have an outline or sensors. `outlines`: by zone; `asked`: what the reader asked for,
    kept in the links."""
    shapes = {zone.zone.id: shape for zone in view.zones if (shape := _shape(zone, outlines.get(zone.zone.id, ())))}
    boxes = {zone: around([corner for ring in rings for corner in ring]) for zone, rings in shapes.items()}
    sensors = [sensor.node.position for zone in view.zones for sensor in zone.sensors]
    whole = around([*sensors, *((side, end) for b in boxes.values() for side, end in _ends(b))])
    whole = whole.grown(MARGIN * max(whole.width, whole.height))
    # The smaller lies above what surrounds it.
    above = sorted(boxes, key=lambda zone: boxes[zone].width * boxes[zone].height, reverse=True)
    placed = [zone for zone in view.zones if zone.zone.id in boxes]
    linked, others = placed[:BLOCKS_LINKED], placed[BLOCKS_LINKED:]
    drawn, left = [], SENSORS_DRAWN
    if others:
        picture = _picture(whole, [(z.level, shapes[z.zone.id], z.zone.id in outlines) for z in others], stroke=1)
        drawn.append(f'<img class="cooee-plots" alt="" src="{picture}">')
    for zone in linked:
        box = boxes[zone.zone.id]
        style = f"{whole.style(box)};z-index:{above.index(zone.zone.id)}"
        drawn.append(_block(zone, box, style, shapes[zone.zone.id], asked, left, zone.zone.id in outlines))
        left = max(0, left - len(zone.sensors))
    ratio = whole.width / whole.height
    name = escape(say("Map of the farm"))
    return (
        f'<section class="cooee-map" aria-label="{name}" style="aspect-ratio:{ratio:.4f};max-width:{75 * ratio:.0f}vh">'
        f"{''.join(drawn)}</section>{_scale(whole)}{_not_linked(len(linked), len(placed))}{_legend(view)}"
    )


def _ends(box: Box) -> tuple[tuple[float, float], tuple[float, float]]:
    return (box.west, box.south), (box.east, box.north)


def _shape(zone: ZoneState, outline: Outline) -> Outline:
    """Its outline, or what surrounds its sensors."""
    if outline or not zone.sensors:
        return outline
    box = around([sensor.node.position for sensor in zone.sensors]).grown(AROUND_SENSORS_M)
    return (((box.west, box.south), (box.east, box.south), (box.east, box.north), (box.west, box.north)),)


def _block(
    zone: ZoneState, box: Box, style: str, rings: Outline, asked: Mapping[str, str], most: int, measured: bool
) -> str:
    """A block as a link to its History; what it says to screen readers stands in the link's name."""
    word, known = zone_word(zone), quiet_text(zone)
    text = f"{zone.zone.name}: {word}" + (f", {known}" if known else "")
    address = history_address(zone.zone.id, asked)
    return (
        f'<a class="cooee-plot {zone.level}" href="{address}" style="{style}" '
        f'aria-label="{escape(text)}">'
        f'<img alt="" src="{_picture(box, [(zone.level, rings, measured)])}"><span class="cooee-plot-area" '
        f'style="clip-path:{_clip(box, rings)}"></span>{"".join(_sensors(zone, box, most))}'
        f'<span class="cooee-plot-words" style="{_clear(zone, box, rings, most)}"><b>{named(zone.zone.name)}</b>'
        f"{pill(zone.level, word)}"
        f"{water_bar(zone.water) if zone.water else ''}</span></a>"
    )


def _picture(box: Box, blocks: Iterable[tuple[Level, Outline, bool]], stroke: int = 4) -> str:
    """Blocks by level, outline and whether that is measured, as an image: Streamlit takes SVG in no other form."""
    paths = "".join(
        f"<path d='{_path(box, rings)}' fill='{LEVELS[level].colour}' stroke='{LEVELS[level].colour}'"
        f"{'' if measured else DASHED}/>"
        for level, rings, measured in blocks
    )
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {box.width:.1f} {box.height:.1f}' "
        f"preserveAspectRatio='none'><style>path{{fill-rule:evenodd;fill-opacity:.22;stroke-width:{stroke};"
        f"vector-effect:non-scaling-stroke}}</style>{paths}</svg>"
    )
    return "data:image/svg+xml," + quote(svg, safe=" /:='.;{}")


def _path(box: Box, rings: Outline) -> str:
    return "".join(f"M{' '.join(f'{x - box.west:.1f} {box.north - y:.1f}' for x, y in ring)}Z" for ring in rings)


def _clip(box: Box, rings: Outline) -> str:
    """The same as CSS, where a tap counts: rings one after the other, there and back along the same line."""
    corners = [corner for ring in rings for corner in (*ring, ring[0])] + [ring[0] for ring in rings[-2::-1]]
    points = (f"{100 * (x - box.west) / box.width:.1f}% {100 * (box.north - y) / box.height:.1f}%" for x, y in corners)
    return f"polygon(evenodd,{','.join(points)})"


def _sensors(zone: ZoneState, box: Box, most: int) -> Iterator[str]:
    for sensor in zone.sensors[:most]:
        level, word = sensor_look(zone, sensor)
        where = box.place(*sensor.node.position)
        yield f'<i class="{level}" style="{where}" title="{escape(sensor.node.id)}: {escape(word)}">{sign(level)}</i>'


def _clear(zone: ZoneState, box: Box, rings: Outline, most: int) -> str:
    """Where a block has the most room for a line of words: the rectangle without a sensor in which it is highest, from
    the outline on; as CSS."""
    positions = [sensor.node.position for sensor in zone.sensors[:most]]
    dots = [(_within((east - box.west) / box.width), _within((box.north - north) / box.height))
            for east, north in positions]  # fmt: skip
    columns = sorted({0.0, 1.0, *(x for x, _ in dots if len(dots) <= DOTS_AVOIDED)})
    found = []
    for left, right in combinations(columns, 2):
        rows = sorted([0.0, *(y for x, y in dots if left < x < right), 1.0])
        top, bottom = max(pairwise(rows), key=lambda gap: gap[1] - gap[0])
        room = min((bottom - top) * box.height, (right - left) * box.width / WORDS)
        found.append((room, -top, -left, (top, 1 - right, 1 - bottom, left)))
    top, right, bottom, left = max(found)[-1]
    rows = [top + (1 - bottom - top) * share for share in (0.01, 0.5, 0.99)]
    edges = [(_left_end(rings, box.north - row * box.height) - box.west) / box.width for row in rows]
    return f"inset:{' '.join(map(_side, (top, right, bottom, max(left, *edges))))}"


def _left_end(rings: Outline, north: float) -> float:
    """How far east an outline begins at a line from west to east, metres."""
    edges = [edge for ring in rings for edge in pairwise((*ring, ring[0]))]
    crossed = [((x, y), (x2, y2)) for (x, y), (x2, y2) in edges if min(y, y2) <= north < max(y, y2)]
    return min((x + (x2 - x) * (north - y) / (y2 - y) for (x, y), (x2, y2) in crossed), default=-inf)


def _within(share: float) -> float:
    """Of a block's side, so that a sensor at its edge, or beyond, still counts."""
    return min(max(share, 0.001), 0.999)


def _side(share: float) -> str:
    """As far from a side of a block as a sensor and its dot, or its edge."""
    return f"calc({100 * share:.1f}% + var(--dot))" if share > 0 else "var(--edge)"


def _scale(whole: Box) -> str:
    """A bar of a round length, and which way is north."""
    length = round_below(converted("distance", SCALE_SHARE * whole.width))
    share = 100 * ours("distance", length) / whole.width
    text = escape(f"{count(length)} {unit_name('distance')}")
    north = escape(say("North is up"))
    return f'<p class="cooee-quiet cooee-scale"><i style="width:{share:.1f}%"></i>{text} · {north}</p>'


def _not_linked(linked: int, blocks: int) -> str:
    """Says that not every block leads to its History."""
    if linked == blocks:
        return ""
    text = say("{shown} of {all} blocks can be tapped on: those that need you most.", shown=linked, all=count(blocks))
    return f'<p class="cooee-quiet">{escape(text)}</p>'


def _legend(view: FarmView) -> str:
    """What the signs of the sensors mean."""
    looks: dict[str, Level] = {
        word: level for z in view.zones for s in z.sensors for level, word in [sensor_look(z, s)]
    }
    entries = sorted(looks.items(), key=lambda entry: badness(entry[1]))
    words = "".join(pill(level, word) for word, level in entries)
    title = escape(say("Sensors"))
    return f'<p class="cooee-quiet cooee-legend">{title}: {words}</p>' if words else ""
