"""The map as HTML: where blocks and sensors lie on it, and what it says."""

import re
from html import unescape
from random import Random
from urllib.parse import unquote

import pytest
from playwright.sync_api import BrowserContext

from cloud.clock import Pace
from cloud.farm_view import FarmView, view_farm
from cloud.language.reader import Reader, speaking_to
from cloud.store import Store
from dashboard.cards.style import STYLE
from dashboard.plan.farm_plan import Box, around, farm_plan
from edge.farm import Farm, parse_farm, sample_farm_text
from edge.farm.map import outlines

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
    assert box.style(Box(west=100, south=0, east=150, north=50)) == "left:50.00%;top:50.00%;width:25.00%;height:50.00%"
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


def test_a_blocks_words_begin_inside_its_outline(view: FarmView, farm: Farm) -> None:
    """The apples' west side slants: at the words' place its outline begins 6 % from the west."""
    apples = blocks(farm_plan(view, outlines(farm, None), {}))["apples"]
    inset = re.search(r'class="cooee-plot-words" style="inset:([^"]*)"', apples)
    assert inset
    west = re.search(r"calc\(([\d.]+)% \+ var\(--dot\)\)$", inset[1])
    assert west
    assert 3 < float(west[1]) < 7


OVER_WORDS = """() => [...document.querySelectorAll(".cooee-plot")].flatMap(plot => {
    const seen = each => each.checkVisibility() && getComputedStyle(each).display !== "none"
    const boxes = query => [...plot.querySelectorAll(query)].filter(seen).map(each => each.getBoundingClientRect())
    const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1
    const [words] = boxes(".cooee-plot-words")
    const shown = boxes(".cooee-plot-words > *").map(box => new DOMRect(box.left, box.top,
        Math.min(box.right, words.right) - box.left, Math.min(box.bottom, words.bottom) - box.top))
    return shown.filter(box => box.width > 0 && box.height > 0)
        .flatMap(box => boxes(":scope > i").filter(dot => meet(dot, box)).map(() => plot.getAttribute("aria-label")))
})"""
"""Blocks with a sensor over a word."""
NAMED = "() => [...document.querySelectorAll('.cooee-plot-words > b')].filter(name => name.offsetWidth).length"


def test_a_sensor_lies_over_no_word_of_a_small_block(chromium: BrowserContext, store: Store, farm: Farm) -> None:
    """Blocks of many sizes side by side, with one to nine sensors anywhere in them, on a phone and a desk."""
    chance = Random(14)
    page = chromium.new_page()
    fill(store, farm, days=1)
    for width in (360, 1180):
        page.set_viewport_size({"width": width, "height": 900})
        drawn = []
        for _ in range(10):
            sides = {zone.id: chance.choice((5.0, 12.0, 30.0, 90.0)) for zone in farm.zones}
            text = sample_farm_text()
            for west, (zone, side) in zip((0, 100, 200), sides.items(), strict=True):
                for node in farm.nodes_of(zone):
                    east, north = west + chance.random() * side, chance.random() * side / 2
                    text = re.sub(rf"(id: {node.id},.*position: )\[[^]]*\]", rf"\1[{east:.2f}, {north:.2f}]", text)
            shapes = {
                zone: (((west, 0.0), (west + side, 0.0), (west + side, side / 2), (west, side / 2)),)
                for west, (zone, side) in zip((0, 100, 200), sides.items(), strict=True)
            }
            drawn.append(farm_plan(view_farm(parse_farm(text, source="farm.yaml"), store, Pace()), shapes, {}))
        page.set_content(f'{STYLE}<body class="stApp" style="margin:8px">{"".join(drawn)}')
        print(page.evaluate(NAMED))
        assert page.evaluate(OVER_WORDS) == []
    page.close()
