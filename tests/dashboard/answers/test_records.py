"""What a farmer writes down of a block, in a real Chromium on a phone and on a desk, and what becomes of it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

import pytest
from playwright.sync_api import Locator, Page, expect

from cloud.farm_view import keep_record
from cloud.store import Store, Stored, open_store
from edge.contract.messages import Judgement, Record, RecordKind
from edge.farm import Farm
from tests.browser import SIZES, SMALL, WIDE, axe_faults, expect_none, settled

from ..farm_data import DAY, HOUR, NOW, call, dry_block, fill, stored
from ..page_server import Server, served

SENTENCE = "Tomato block is dry: water 23 mm today."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page of a farm whose tomatoes are dry; tests write down of blocks of their own."""

    def prepare(store: Store, farm: Farm) -> None:
        fill(store, farm, days=4)
        store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))

    with served(tmp_path_factory.mktemp("records"), prepare=prepare) as server:
        yield server


@pytest.fixture
def store(server: Server) -> Iterator[Store]:
    """What the page of `server` reads."""
    opened = open_store(f"sqlite={server.folder / 'cooee.db'}")
    yield opened
    opened.close()


def kept(store: Store, farm: Farm, zone: str, *kinds: RecordKind) -> list[Record]:
    return [each for each in store.records(farm.id, 0, NOW + 1) if each.zone == zone and each.kind in kinds]


def choose(page: Page, record: str) -> None:
    """A record to be corrected. A list closes when the page scrolls, so it is scrolled to before it is opened."""
    settled(page)
    box = page.get_by_role("combobox", name="Correct a record, or take it back")
    box.scroll_into_view_if_needed()
    settled(page)
    box.press("ArrowDown")
    page.get_by_role("option", name=record).click()


def show(page: Page, address: str, written: Locator) -> None:
    """Opens a page, and again until it has what was written: the server remembers for seconds what it read for the test
    before."""
    page.goto(address)
    settled(page)
    for _ in range(20):
        if written.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
        settled(page)
    expect(written).to_be_attached()


def test_two_taps_write_down_the_water_and_it_comes_off_what_is_advised(
    still: Page, server: Server, store: Store, farm: Farm
) -> None:
    """The form knows what was advised, in hours of the block's flow; then it is corrected, and taken back."""
    still.goto(f"{server.address}/zone?zone=tomatoes")
    expect(still.get_by_role("heading", name=SENTENCE)).to_be_visible()
    still.get_by_role("radio", name="Watering", exact=True).click()
    expect(still.get_by_label("Watering (hours)")).to_have_value("5.81")
    for viewport in SIZES.values():
        still.set_viewport_size(viewport)
        settled(still)
        expect_none(still, SMALL)
        expect_none(still, WIDE)
        still.get_by_label("Watering (hours)").hover()
        assert axe_faults(still) == []
    still.get_by_role("button", name="Save").click()
    expect(still.get_by_text("dry, and water was given: wait, and look again tomorrow.")).to_be_visible()
    (record,) = kept(store, farm, "tomatoes", "irrigation")
    assert record.happened_t == NOW
    assert record.amount == pytest.approx(23.2, abs=0.1)
    expect(still.get_by_role("cell", name="23 mm")).to_be_visible()
    expect(still.get_by_label("Watering (hours)")).to_have_count(0)

    choose(still, "Watering: 23 mm")
    still.get_by_role("radio", name="mm", exact=True).click()
    still.get_by_label("Watering (mm)").fill("10")
    still.get_by_label("Note").fill("only <b>row</b> 1")
    still.get_by_role("button", name="Save").click()
    expect(still.get_by_role("cell", name="only <b>row</b> 1")).to_be_visible()
    expect(still.get_by_role("heading", name="Tomato block is dry: water 13 mm")).to_be_visible()

    before = store.counts(farm.id)["record"]
    choose(still, "Watering: 10 mm")
    still.get_by_role("button", name="Take back").click()
    expect(still.get_by_role("heading", name=SENTENCE)).to_be_visible()
    (record,) = kept(store, farm, "tomatoes", "irrigation")
    assert (record.amount, record.withdrawn) == (10.0, True)
    assert store.counts(farm.id)["record"] == before + 1, "nothing is lost"


def test_in_us_units_a_harvest_in_pounds_and_yesterdays_rain(
    page: Page, server: Server, store: Store, farm: Farm
) -> None:
    page.set_viewport_size(SIZES["phone"])
    page.goto(f"{server.address}/zone?zone=store&units=us")
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
    (harvest,), (rain,) = kept(store, farm, "store", "harvest"), kept(store, farm, "store", "rain")
    assert harvest.amount == pytest.approx(45.36, abs=0.01)
    assert rain.amount == pytest.approx(12.7)


def test_on_paper_a_blocks_records_stand_alone(still: Page, server: Server, store: Store, farm: Farm) -> None:
    for number in range(80):
        text = f"Sulphur, pass {number}"
        record = Record(
            farm=farm.id, zone="store", id=f"s{number}", kind="spray", t=NOW, happened_t=NOW - number * HOUR, text=text
        )
        store.append([Stored(zone="store", message=record)])
    show(still, f"{server.address}/zone?zone=store", still.get_by_role("cell", name="Sulphur, pass 79"))
    assert len(re.findall(rb"/Type /Page\b", still.pdf())) > 1, "all of it, and not the first window"
    still.emulate_media(media="print")
    seen = still.evaluate("document.querySelector('.stApp').innerText").split("\n")
    assert seen[0] == "Records of Apple store"
    assert {"History", "Write down (Apple store)", "Ethylene", "Save"} & set(seen) == set()
    expect(still.locator(".st-key-charts")).to_be_hidden()


OVERPRINTED = """() => [...document.querySelectorAll(".cooee-axes")].flatMap(axes => {
    const words = [...axes.querySelectorAll("small, .cooee-target, .cooee-called")]
        .filter(word => word.checkVisibility()).map(word => [word.getBoundingClientRect(), word.textContent])
    return words.flatMap(([a, text], i) => words.slice(i + 1).filter(([b]) => a.left < b.right && b.left < a.right
        && a.top < b.bottom && b.top < a.bottom).map(([, other]) => `${text} over ${other}`))
})"""
"""Words of a chart that lie over one another."""


def test_history_marks_what_happened_and_no_label_overprints_another(
    still: Page, server: Server, store: Store, farm: Farm
) -> None:
    since = NOW - 3 * DAY
    calls = [call(farm, "apple-1", "soil", "too_dry", since + hours * HOUR) for hours in (0, 9)]
    ends = [replace(each, t=each.t + 4 * HOUR, seq=each.seq + 1, state="cleared") for each in calls]
    store.append(stored(farm, *calls, *ends))
    named: dict[str, Any] = {"farm": farm.id, "zone": "apples", "t": NOW}
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
    store.append([Stored(zone="apples", message=Judgement(farm=farm.id, node="apple-1", **said))])
    show(still, f"{server.address}/zone?zone=apples", still.get_by_role("cell", name="Spray", exact=True))
    expect(still.locator(".cooee-axes")).to_have_count(7)
    for viewport in SIZES.values():
        still.set_viewport_size(viewport)
        settled(still)
        strip, water = (still.locator(".cooee-chart").nth(number) for number in (0, 1))
        for row in ("Calls", "Judged", "Watering", "Rain", "Spray", "Harvest", "Note"):
            expect(strip.get_by_text(row, exact=True)).to_be_attached()
        for name in ("apple-1", "apple-3", "the whole block"):
            expect(water.get_by_text(name, exact=True)).to_be_attached()
        expect_none(still, OVERPRINTED)
        expect_none(still, WIDE)
