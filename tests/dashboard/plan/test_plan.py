"""The map as HTML: where blocks and sensors lie on it, and what it says."""

import re
from base64 import b64encode
from html import unescape
from pathlib import Path
from random import Random
from urllib.parse import unquote

import pytest
import streamlit
import yaml
from playwright.sync_api import BrowserContext

from cloud.clock import Pace
from cloud.farm_view import FarmView, view_farm
from cloud.language.reader import Reader, speaking_to
from cloud.store import Store
from dashboard.cards.style import STYLE
from dashboard.plan.box import Box, around
from dashboard.plan.farm_plan import farm_plan
from dashboard.plan.words import Block, words_places
from edge.farm import Farm, parse_farm, sample_farm_text
from edge.farm.map import Outline, outlines

from ..farm_data import HOUR, NOW, dry_block, fill, stored


@pytest.fixture
def view(store: Store, farm: Farm) -> FarmView:
    fill(store, farm, days=1, silent=("store-2",))
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    return view_farm(farm, store, Pace())


def blocks(html: str) -> dict[str, str]:
    """Zone -> its link with all in it."""
    return {found[1]: found[0] for found in re.finditer(r'(?s)<a [^>]*href="[^"]*zone=([\w-]+)[^"]*".*?</a>', html)}


def test_a_block_is_a_link_that_says_its_state_and_its_water(view: FarmView, farm: Farm) -> None:
    found = blocks(farm_plan(view, outlines(farm, None), {"lang": "en"}))
    assert found.keys() == {"tomatoes", "apples", "store"}
    label = r"Tomato block: Urgent, 30.?% of the water left"
    assert re.search(f'class="cooee-plot urgent" href="./zone\\?zone=tomatoes&amp;lang=en" .*aria-label="{label}"',
                     found["tomatoes"])  # fmt: skip
    assert found["tomatoes"].count('<i class="urgent"') == 3
    assert "width:30%" in found["tomatoes"]
    assert 'title="store-2: Silent"' in found["store"]
    assert '<i class="no_word"' in found["store"]


def test_north_is_up_and_metres_are_to_scale() -> None:
    box = Box(west=0, south=0, east=200, north=100)
    assert box.place(50, 75) == "left:25.00%;top:25.00%"
    assert box.style(Box(west=100, south=0, east=150, north=50)) == (
        "left:min(50.00%,100% - 2.75rem);top:min(50.00%,100% - 2.75rem);width:25.00%;height:50.00%"
    )
    assert around([(3, 4), (-1, 9)]) == Box(west=-1, south=4, east=3, north=9)


def test_a_block_without_an_outline_is_dashed_around_its_sensors(view: FarmView, farm: Farm) -> None:
    found = blocks(farm_plan(view, {"apples": outlines(farm, None)["apples"]}, {}))
    assert "stroke-dasharray" in unquote(unescape(found["tomatoes"]))
    assert "stroke-dasharray" not in unquote(unescape(found["apples"]))


def test_a_tap_counts_inside_the_outline_and_not_in_its_holes(view: FarmView) -> None:
    hole = ((40.0, 40.0), (60.0, 40.0), (60.0, 60.0))
    html = farm_plan(view, {"tomatoes": (((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)), hole)}, {})
    assert (
        "polygon(evenodd,0.0% 100.0%,100.0% 100.0%,100.0% 0.0%,0.0% 0.0%,0.0% 100.0%,"
        "40.0% 60.0%,60.0% 60.0%,60.0% 40.0%,40.0% 60.0%,0.0% 100.0%)"
    ) in blocks(html)["tomatoes"]


@pytest.mark.parametrize(("units", "length"), [("metric", "100 m"), ("us", "200 ft")])
def test_the_scale_is_a_round_length_in_the_readers_units(view: FarmView, farm: Farm, units: str, length: str) -> None:
    with speaking_to(Reader(language="en", units=units)):  # type: ignore[arg-type]
        assert f"</i>{length} ·" in farm_plan(view, outlines(farm, None), {})


def test_of_many_blocks_the_worst_can_be_tapped_and_the_others_are_one_picture(
    view: FarmView, farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.plan.farm_plan.BLOCKS_LINKED", 2)
    html = farm_plan(view, outlines(farm, None), {})
    assert blocks(html).keys() == {"tomatoes", "store"}, "one is dry, one has a silent sensor"
    others = re.findall(r'<img class="cooee-plots" [^>]*src="([^"]*)"', html)
    assert [unquote(unescape(picture)).count("<path") for picture in others] == [1]
    assert "2 of 3 blocks can be tapped on" in html


def test_a_blocks_words_begin_inside_its_outline() -> None:
    """A west side that slants from 0 at the north end to 40 % of the block at its south end."""
    rings = (((40.0, 0.0), (100.0, 0.0), (100.0, 20.0), (0.0, 20.0)),)
    box = Box(west=0, south=0, east=100, north=20)
    (style,) = words_places((Block(name="A", box=box, rings=rings, sensors=()),), (), box.grown(5))
    inset = re.search(r"--words2:[^;]* ([\d.]+)%", style)
    assert inset
    assert 35 < float(inset[1]) < 45


ON_THE_MAP = """() => [...document.querySelectorAll(".cooee-map")].flatMap((map, nth) => {
    const seen = each => each.checkVisibility() && each.offsetWidth > 0
    const cut = (a, b) => new DOMRect(Math.max(a.left, b.left), Math.max(a.top, b.top),
        Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top))
    const meet = (a, b) => cut(a, b).width > 1 && cut(a, b).height > 1
    const all = (from, query) => [...from.querySelectorAll(query)].filter(seen)
    const dots = all(map, ".cooee-plot > i").map(dot => dot.getBoundingClientRect())
    const whole = map.getBoundingClientRect()
    const words = [...map.querySelectorAll(".cooee-plot-words")].map(words => ({
        name: words.querySelector("b").textContent,
        named: all(words, "b").some(b => cut(b.getBoundingClientRect(), whole).width > 10),
        boxes: all(words, "b, .cooee-pill, small, .cooee-bar").map(each => cut(
            each.getBoundingClientRect(), words.getBoundingClientRect())),
        cut: all(words, "b").some(b => b.scrollWidth > b.clientWidth + 1) }))
    return words.map((one, at) => ({ map: nth, name: one.name, named: one.named, cut: one.cut,
        beyond: one.boxes.some(box => Math.abs(cut(box, whole).width - box.width) > 1
            || Math.abs(cut(box, whole).height - box.height) > 1),
        dotted: one.boxes.some(box => dots.some(dot => meet(dot, box))),
        over: words.filter((other, place) => place > at
            && other.boxes.some(a => one.boxes.some(b => meet(a, b)))).map(other => other.name) }))
})"""
"""What each block's words look like."""


LETTERS_FILE = next(Path(streamlit.__file__).parent.glob("static/static/media/SourceSansVF-Upright*.woff2"))
LETTERS = (
    f"<style>@font-face {{ font-family: page; font-weight: 200 900; src: url(data:font/woff2;base64,"
    f"{b64encode(LETTERS_FILE.read_bytes()).decode()}) }} body {{ font-family: page }}</style>"
)
"""Those of the page."""


def farm_of(chance: Random, blocks: int, sensors: int) -> tuple[Farm, dict[str, Outline]]:
    """Blocks of many sizes side by side in rows, each with so many sensors anywhere in it, or a few at its edge."""
    whole = yaml.safe_load(sample_farm_text())
    node = next(each for each in whole["nodes"] if each["zone"] == "tomatoes")
    zone = next(each for each in whole["zones"] if each["id"] == "tomatoes")
    whole["zones"] = [{**zone, "id": f"b{n}", "name": f"Block {n + 1} west"} for n in range(blocks)]
    shapes: dict[str, Outline] = {}
    whole["nodes"], number = [], 1
    for n in range(blocks):
        side, west, south = chance.choice((12.0, 30.0, 60.0, 90.0)), 100.0 * (n % 3), 60.0 * (n // 3)
        shapes[f"b{n}"] = (((west, south), (west + side, south), (west + side, south + side / 2),
                            (west, south + side / 2)),)  # fmt: skip
        for _ in range(sensors):
            position = [round(west + chance.random() * side, 2), round(south + chance.random() * side / 2, 2)]
            whole["nodes"].append(
                {**node, "id": f"n{number}", "address": number, "zone": f"b{n}", "position": position}
            )
            number += 1
    return parse_farm(yaml.safe_dump(whole), source="farm.yaml"), shapes


@pytest.mark.parametrize("width", [360, 1180])
def test_every_block_of_the_map_has_its_name_clear_of_sensors_and_of_other_words(
    chromium: BrowserContext, store: Store, width: int
) -> None:
    chance = Random(14)
    page = chromium.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    drawn = []
    for _ in range(20):
        farm, shapes = farm_of(chance, chance.choice((3, 6, 9)), chance.choice((1, 3, 6, 9)))
        drawn.append(farm_plan(view_farm(farm, store, Pace()), shapes, {}))
    page.set_content(f'{STYLE}{LETTERS}<body class="stApp" style="margin:8px">{"".join(drawn)}')
    page.evaluate("document.fonts.ready")
    looks = page.evaluate(ON_THE_MAP)
    assert len(looks) > 60
    assert [look for look in looks if not look["named"] or look["beyond"] or look["dotted"] or look["over"]] == []
    page.close()
