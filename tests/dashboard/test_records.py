"""What a farmer writes down of a block, in a real Chromium on a phone and on a desk, and what becomes of it."""

import re
from dataclasses import replace
from typing import Any, get_args

import pytest
from playwright.sync_api import Browser, Page, expect

from cloud.farm_view import keep_record
from cloud.store import Store, Stored
from edge.contract.messages import Judgement, Record, RecordKind
from edge.farm import Farm
from tests.browser import SMALL, WIDE, axe_faults, expect_none, settled, still_page

from .farm_data import DAY, HOUR, NOW, call, dry_block, stored
from .test_browser import ARTEFACTS, SIZES, take
from .test_browser import address as address

SENTENCE = "Tomato block is dry: water 23 mm today."


def kept(store: Store, farm: Farm) -> list[Record]:
    return store.records(farm.id, 0, NOW + 1)


def choose(page: Page, record: str) -> None:
    """A record to be corrected. A list closes when the page scrolls, so it is scrolled to before it is opened."""
    settled(page)
    box = page.get_by_role("combobox", name="Correct a record, or take it back")
    box.scroll_into_view_if_needed()
    settled(page)
    box.press("ArrowDown")
    page.get_by_role("option", name=record).click()


@pytest.mark.parametrize("size", SIZES)
def test_two_taps_write_down_the_water_and_it_comes_off_what_is_advised(
    browser: Browser, address: str, store: Store, farm: Farm, size: str
) -> None:
    """The form knows what was advised, in hours of the block's flow; then it is corrected, and taken back."""
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    width, height = SIZES[size]
    page = still_page(browser, width, height)
    page.goto(f"{address}/zone?zone=tomatoes")
    expect(page.get_by_role("heading", name=SENTENCE)).to_be_visible()
    page.get_by_role("radio", name="Watering", exact=True).click()
    expect(page.get_by_label("Watering (hours)")).to_have_value("5.81")
    settled(page)
    expect_none(page, SMALL)
    expect_none(page, WIDE)
    page.get_by_label("Watering (hours)").hover()
    assert axe_faults(page) == []
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    take(page, ARTEFACTS / f"record-{size}.png", width, height)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("dry, and water was given: wait, and look again tomorrow.")).to_be_visible()
    (record,) = kept(store, farm)
    assert (record.zone, record.kind, record.happened_t) == ("tomatoes", "irrigation", NOW)
    assert record.amount == pytest.approx(23.2, abs=0.1)
    expect(page.get_by_role("cell", name="23 mm")).to_be_visible()
    expect(page.get_by_label("Watering (hours)")).to_have_count(0)

    choose(page, "Watering: 23 mm")
    page.get_by_role("radio", name="mm", exact=True).click()
    page.get_by_label("Watering (mm)").fill("10")
    page.get_by_label("Note").fill("only <b>row</b> 1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="only <b>row</b> 1")).to_be_visible()
    expect(page.get_by_role("heading", name="Tomato block is dry: water 13 mm")).to_be_visible()

    choose(page, "Watering: 10 mm")
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_role("heading", name=SENTENCE)).to_be_visible()
    (record,) = kept(store, farm)
    assert (record.amount, record.withdrawn) == (10.0, True)
    assert store.counts(farm.id)["record"] == 3, "nothing is lost"
    page.close()


def test_in_us_units_a_harvest_in_pounds_and_yesterdays_rain(
    browser: Browser, address: str, store: Store, farm: Farm
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{address}/zone?zone=apples&units=us")
    page.get_by_role("radio", name="Harvest").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Write down how much it was.")).to_be_visible()
    page.get_by_label("Harvest (lb)").fill("100")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="100 lb")).to_be_visible()
    page.get_by_role("radio", name="Rain").click()
    page.get_by_label("Rain (in)").fill("0.5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="0.50 in")).to_be_visible()
    harvest, rain = sorted(kept(store, farm), key=lambda record: record.kind)
    assert harvest.amount == pytest.approx(45.36, abs=0.01)
    assert rain.amount == pytest.approx(12.7)
    page.close()


def test_on_paper_a_blocks_records_stand_alone(browser: Browser, address: str, store: Store, farm: Farm) -> None:
    for number in range(80):
        text = f"Sulphur, pass {number}"
        record = Record(
            farm=farm.id, zone="apples", id=f"s{number}", kind="spray", t=NOW, happened_t=NOW - number * HOUR, text=text
        )
        store.append([Stored(zone="apples", message=record)])
    page = still_page(browser)
    page.goto(f"{address}/zone?zone=apples")
    expect(page.get_by_role("cell", name="Sulphur, pass 79")).to_be_attached()
    settled(page)
    assert len(re.findall(rb"/Type /Page\b", page.pdf())) > 1, "all of it, and not the first window"
    page.emulate_media(media="print")
    seen = page.evaluate("document.querySelector('.stApp').innerText").split("\n")
    assert seen[0] == "Records of Apple block"
    assert {"History", "Write down (Apple block)", "Soil water", "Save"} & set(seen) == set()
    expect(page.locator(".st-key-charts")).to_be_hidden()
    take(page, ARTEFACTS / "records-print.png", 794, 1123)
    page.close()


OVERPRINTED = """() => [...document.querySelectorAll("svg.marks")].flatMap(chart => {
    const seen = t => t.textContent.trim() && t.checkVisibility({opacityProperty: true})
    const boxes = [...chart.querySelectorAll("text")].filter(seen).map(t => [t.textContent, t.getBoundingClientRect()])
    const meet = (p, q) =>
        p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 3 && q.top < p.bottom - 3
    return boxes.flatMap(([a, p], i) => boxes.slice(i + 1).filter(([b, q]) => meet(p, q)).map(([b]) => `${a} / ${b}`))
})"""
"""Pairs of labels of one chart that lie upon each other."""


@pytest.mark.parametrize("size", SIZES)
def test_history_marks_what_happened_and_no_label_overprints_another(
    browser: Browser, address: str, store: Store, farm: Farm, size: str
) -> None:
    since = NOW - 3 * DAY
    calls = [call(farm, "tomato-1", "soil", "too_dry", since + hours * HOUR) for hours in (0, 9)]
    ends = [replace(each, t=each.t + 4 * HOUR, seq=each.seq + 1, state="cleared") for each in calls]
    store.append(stored(farm, *calls, *ends, *dry_block(farm, NOW - 6 * HOUR)))
    named: dict[str, Any] = {"farm": farm.id, "zone": "tomatoes", "t": NOW}
    for number, kind in enumerate(get_args(RecordKind)):
        when = NOW - number * DAY // 2
        keep_record(store, Record(**named, id=kind, kind=kind, happened_t=when, amount=12.0))
    said: dict[str, Any] = {
        "sentinel": "soil",
        "kind": "too_dry",
        "raised_t": since,
        "t": since + HOUR,
        "verdict": "wrong",
    }
    store.append([Stored(zone="tomatoes", message=Judgement(farm=farm.id, node="tomato-1", **said))])
    width, height = SIZES[size]
    page = still_page(browser, width, height)
    page.goto(f"{address}/zone?zone=tomatoes")
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    expect(page.locator("svg.marks")).to_have_count(7)
    strip, water = (page.locator("svg.marks").nth(number) for number in (0, 1))
    for row in ("Calls", "Judged", "Watering", "Rain", "Spray", "Harvest", "Note"):
        expect(strip.get_by_text(row, exact=True)).to_be_attached()
    for name in ("tomato-1", "tomato-4", "the whole block"):
        expect(water.get_by_text(name, exact=True)).to_be_attached()
    settled(page)
    expect_none(page, OVERPRINTED)
    expect_none(page, WIDE)
    take(page, ARTEFACTS / f"history-{size}.png", width, height)
    page.close()
