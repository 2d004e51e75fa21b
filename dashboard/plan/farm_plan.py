"""The map of the farm: blocks by their outlines, coloured by state with its word and their water, and their sensors.

North is up. A block without an outline is drawn dashed around its sensors. Plain HTML and SVG: no tiles, no network.
"""

from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import quote

from cloud.advice.levels import LEVELS, Level, badness
from cloud.farm_view import FarmView
from cloud.language.quantities import converted, count, ours, unit_name
from cloud.language.speech import say
from cloud.sensor_state import SensorState
from cloud.zone_state import ZoneState
from edge.farm.map import Outline

from ..cards.measures import quiet_text, water_bar
from ..cards.pieces import history_address, named, pill, sensor_look, sign, zone_word
from ..charts.scales import round_below
from .box import Box, around
from .words import AROUND, Block, words_places

SENSORS_DRAWN = 300
BLOCKS_LINKED = 60
"""Those of the worst blocks come first; the other blocks are one picture."""
AROUND_SENSORS_M = 12.0
MARGIN = 0.04
"""Of the map's larger side."""
DASHED = " stroke-dasharray='6 5'"
SCALE_SHARE = 0.3
"""Of the map's width, that the bar of its scale takes at most."""


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
    drawn = []
    if others:
        picture = _picture(whole, [(z.level, shapes[z.zone.id], z.zone.id in outlines) for z in others], stroke=1)
        drawn.append(f'<img class="cooee-plots" alt="" src="{picture}">')
    blocks, left = [], SENSORS_DRAWN
    for zone in linked:
        box, rings = boxes[zone.zone.id], shapes[zone.zone.id]
        positions = tuple(sensor.node.position for sensor in zone.sensors[:left])
        blocks.append(Block(name=zone.zone.name, box=box, rings=rings, sensors=positions))
        left -= len(positions)
    places = words_places(tuple(blocks), tuple(boxes[zone.zone.id] for zone in others), whole)
    for zone, block, words in zip(linked, blocks, places, strict=True):
        style = f"{whole.style(block.box)};z-index:{above.index(zone.zone.id)}{words}"
        drawn.append(_block(zone, block, style, asked, measured=zone.zone.id in outlines))
    ratio = whole.width / whole.height
    name = escape(say("Map of the farm"))
    return (
        f'<section class="cooee-map" aria-label="{name}" style="max-width:{75 * ratio:.0f}vh;padding:{AROUND}rem 0">'
        f'<div style="aspect-ratio:{ratio:.4f}">{"".join(drawn)}</div></section>'
        f"{_scale(whole)}{_not_linked(len(linked), len(placed))}{_legend(view)}"
    )


def _ends(box: Box) -> tuple[tuple[float, float], tuple[float, float]]:
    return (box.west, box.south), (box.east, box.north)


def _shape(zone: ZoneState, outline: Outline) -> Outline:
    """Its outline, or what surrounds its sensors."""
    if outline or not zone.sensors:
        return outline
    box = around([sensor.node.position for sensor in zone.sensors]).grown(AROUND_SENSORS_M)
    return (((box.west, box.south), (box.east, box.south), (box.east, box.north), (box.west, box.north)),)


def _block(zone: ZoneState, block: Block, style: str, asked: Mapping[str, str], *, measured: bool) -> str:
    """A block as a link to its History; what it says to screen readers stands in the link's name."""
    word, known = zone_word(zone), quiet_text(zone)
    text = f"{zone.zone.name}: {word}" + (f", {known}" if known else "")
    address = history_address(zone.zone.id, asked)
    sensors = zone.sensors[: len(block.sensors)]
    dots = "".join(_sensor(zone, sensor, block.box) for sensor in sensors)
    return (
        f'<a class="cooee-plot {zone.level}" href="{address}" style="{style}" aria-label="{escape(text)}">'
        f'<img alt="" src="{_picture(block.box, [(zone.level, block.rings, measured)])}">'
        f'<span class="cooee-plot-area" style="clip-path:{_clip(block.box, block.rings)}"></span>{dots}'
        f'<span class="cooee-plot-words"><span><b>{named(zone.zone.name)}</b>'
        f'<span class="cooee-plot-state">{pill(zone.level, word)}<small>{count(len(sensors))}</small></span>'
        f"{water_bar(zone.water) if zone.water else ''}</span></span></a>"
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


def _sensor(zone: ZoneState, sensor: SensorState, box: Box) -> str:
    level, word = sensor_look(zone, sensor)
    where = box.place(*sensor.node.position)
    return f'<i class="{level}" style="{where}" title="{escape(sensor.node.id)}: {escape(word)}">{sign(level)}</i>'


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
