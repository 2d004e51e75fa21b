"""The page in a real Chromium, served by `cooee dashboard`: a block dries out while the page is open."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, WebSocket, expect

from cloud.store import Store, Stored, open_store
from edge.contract.messages import Evidence
from edge.farm import Farm, parse_farm, sample_farm_text
from edge.service.processes import Child
from tests.browser import SIZES, SMALL, WIDE, axe_faults, axe_faults_so_far, expect_none, settled

from .farm_data import (
    DAY,
    HOUR,
    NOW,
    call,
    dry_block,
    fill,
    frost_comes,
    many_blocks_text,
    reading,
    stored,
    write_farm_file,
)
from .page_server import Server, served

SENTENCE = "Tomato block is dry: water 23 mm today."
FROST = "Frost is coming to Apple block: be ready to protect it within 6 hours."
RIPE = "Apple store: fruit is ripening. Ventilate now and look for ripe or rotten fruit."
ORDER = ("apples", "tomatoes", "store")
LANDMARKS = {
    "": "Tomato block",
    "zone?zone=tomatoes": "Soil water",
    "sensors": "Sensors",
    "past": "Past calls",
    "model": "Model",
}
"""Page -> a heading that is there once the page is."""


class Outside:
    """Requests of a page to anything but the page's own server."""

    def __init__(self, page: Page, address: str) -> None:
        self.found: list[str] = []
        self._own = (f"{address}/", f"{address.replace('http', 'ws', 1)}/", "data:", "blob:")
        page.on("request", self._request)
        page.on("websocket", lambda socket: self._note(socket.url))

    def _request(self, request: Request) -> None:
        self._note(request.url)

    def _note(self, url: str) -> None:
        if not url.startswith(self._own):
            self.found.append(url)


def may_be_first(chromium: BrowserContext, server: Server, path: str) -> None:
    """A page other than the farm's may be the first that a fresh server shows, with its style and the way on."""
    page = chromium.new_page()
    page.goto(f"{server.address}/{path}")
    expect(page.get_by_role("heading", name=LANDMARKS[path], exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Past calls")).to_be_visible()
    expect(page.locator("html")).to_have_css("--urgent", re.compile("."))
    page.close()


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory, chromium: BrowserContext) -> Iterator[Server]:
    """The page of a farm with days behind it, for those that go on from there, each with blocks of its own."""
    with served(tmp_path_factory.mktemp("living"), prepare=lambda store, farm: fill(store, farm, days=4)) as server:
        may_be_first(chromium, server, "past")
        yield server


@pytest.fixture
def store(living: Server) -> Iterator[Store]:
    """What the page of `living` reads."""
    opened = open_store(f"sqlite={living.folder / 'cooee.db'}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def worst(tmp_path_factory: pytest.TempPathFactory, chromium: BrowserContext) -> Iterator[str]:
    """Address of the page of the worst farm, for those that only read."""

    def prepare(store: Store, farm: Farm) -> None:
        fill(store, farm, days=4)
        store.append(worst_farm(farm))

    with served(tmp_path_factory.mktemp("worst"), prepare=prepare) as server:
        may_be_first(chromium, server, "zone?zone=tomatoes")
        yield server.address


def worst_farm(farm: Farm) -> list[Stored]:
    """A frost that comes, a dry block and fruit that ripens, at once; a faulty probe, and a gale that is over."""
    ripe = Evidence(feature="ethylene_ratio_5d", value=3.4, unit="")
    gale = NOW - 3 * DAY
    return stored(
        farm,
        *dry_block(farm, NOW - 6 * HOUR),
        *frost_comes(farm),
        reading(farm, farm.node_by_id["store-1"], NOW, boot=3, ethylene=4.1),
        call(farm, "store-1", "ethylene", "ripening", NOW - 26 * HOUR, ripe),
        reading(farm, farm.node_by_id["apple-3"], NOW, boot=3, faults=("soil_moisture_10cm",)),
        call(farm, "apple-weather", "weather", "wind", gale),
        call(farm, "apple-weather", "weather", "wind", gale, t=gale + 5 * HOUR, state="cleared"),
    )


def expect_card(page: Page, zone: str, level: str) -> None:
    """A zone has one card, and its state stands in the card's class."""
    card = page.locator(f"[class*='card-'][class*='-{zone}']")
    expect(card).to_have_class([re.compile(rf"card-{level}-{zone}\b")])


def test_a_block_dries_out_while_the_page_is_open(page: Page, living: Server, store: Store, farm: Farm) -> None:
    outside = Outside(page, living.address)
    page.goto(living.address)
    expect(page.get_by_role("heading", name="Hill Farm, Whately")).to_be_visible()
    expect_card(page, "tomatoes", "fine")
    expect(page.get_by_text(SENTENCE)).to_have_count(0)
    page.evaluate("window.sameDocument = true")

    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    expect_card(page, "tomatoes", "urgent")
    expect(page.get_by_role("heading", name=SENTENCE)).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Urgent: Tomato block")
    expect(page).to_have_title("Urgent: Hill Farm, Whately")
    assert page.evaluate("window.sameDocument"), "the page was loaded anew"

    question = page.get_by_role("radiogroup", name="Was this call right? (Tomato block: too dry)")
    question.get_by_role("radio", name="Yes, and handled").click()
    expect_card(page, "tomatoes", "in_hand")
    expect(page.get_by_text("Answered: handled, just now. In hand until Thu 14:20.")).to_be_visible()
    expect(question.get_by_role("radio", name="Yes, and handled")).to_be_checked()
    said = [judgement for judgement in store.judgements(farm.id, 0, NOW) if judgement.node.startswith("tomato")]
    assert len(said) == 3

    expect(page.get_by_role("textbox", name="Note (Tomato block: too dry)")).to_be_visible()
    page.get_by_role("link", name="History of Tomato block").click()
    expect(page.get_by_role("heading", name="Soil water")).to_be_visible()
    expect(page).to_have_url(re.compile("zone=tomatoes"))
    assert outside.found == []


IN_CARD = """link => { const place = link.getBoundingClientRect()
    const card = link.closest("[class*=st-key-card-]").getBoundingClientRect()
    return [place.x - card.x, place.y - card.y, place.width, place.height].map(Math.round) }"""
"""Where a link stands in its card, px."""


def test_an_answer_moves_no_link_in_its_card(page: Page, living: Server, store: Store, farm: Farm) -> None:
    """On a phone: with all that an answer draws the way to History stays where it was; the list above may shrink."""
    ripe = [reading(farm, farm.node_by_id["store-1"], NOW, boot=3, ethylene=4.1)]
    store.append(stored(farm, *ripe, call(farm, "store-1", "ethylene", "ripening", NOW - HOUR)))
    page.set_viewport_size(SIZES["phone"])
    page.goto(living.address)
    link = page.get_by_role("link", name="History of Apple store")
    expect(link).to_be_visible()
    settled(page)
    question = page.get_by_role("radiogroup", name="Was this call right? (Apple store: ripening)")
    for answer in ("Yes", "No, a false alarm", "Yes, and handled"):
        before = link.evaluate(IN_CARD)
        question.get_by_role("radio", name=answer, exact=True).click()
        expect(question.get_by_role("radio", name=answer, exact=True)).to_be_checked()
        expect(page.get_by_role("textbox", name="Note (Apple store: ripening)")).to_be_visible()
        settled(page)
        assert link.evaluate(IN_CARD) == before, answer


def test_a_reader_chooses_a_language_and_units_and_keeps_them(
    page: Page, living: Server, store: Store, farm: Farm
) -> None:
    """On a phone, and what is tapped in German does what it does in English."""
    probes = [node for node in farm.nodes_of("apples") if "soil_probe" in node.sensors]
    dry = [reading(farm, node, NOW, boot=3, soil_moisture_10cm=0.14, soil_moisture_30cm=0.172) for node in probes]
    store.append(stored(farm, *dry, *(call(farm, node.id, "soil", "too_dry", NOW - 6 * HOUR) for node in probes)))
    page.set_viewport_size(SIZES["phone"])
    page.goto(living.address)
    page.get_by_role("radio", name="Deutsch").click()
    expect(page.get_by_role("heading", name=re.compile("^Apple block ist trocken"))).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_text(re.compile(r"Luft [\d,]+\s°C")).first).to_be_visible()
    page.get_by_role("radio", name="US-Maße").click()
    expect(page.get_by_text(re.compile(r"Luft [\d,]+\s°F")).first).to_be_visible()
    question = page.get_by_role("radiogroup", name=re.compile("Apple block"))
    question.get_by_role("radio", name="Ja, und erledigt").click()
    expect_card(page, "apples", "in_hand")
    expect(page.locator(".st-key-card-in_hand-apples")).to_contain_text("Beantwortet: erledigt, gerade eben.")
    said = {each.verdict for each in store.judgements(farm.id, 0, NOW) if each.node.startswith("apple")}
    assert said == {"handled"}

    page.get_by_role("link", name="Verlauf von Apple block").click()
    expect(page.get_by_role("heading", name="Bodenwasser")).to_be_visible()
    page.get_by_role("radio", name="Monat").click()
    expect(page.get_by_role("radio", name="Monat")).to_be_checked()
    expect(page.get_by_role("heading", name="Bodenwasser")).to_be_visible()
    page.evaluate("window.sameDocument = true")
    for link in ("Sensoren", "Frühere Meldungen", "Hof"):
        page.get_by_role("link", name=link, exact=True).click()
        expect(page.get_by_role("link", name=link, exact=True)).to_have_attribute("aria-current", "page")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page).to_have_url(re.compile("lang=de&units=us"))
    page.go_back()
    expect(page.get_by_role("link", name="Frühere Meldungen")).to_have_attribute("aria-current", "page")
    assert page.evaluate("window.sameDocument"), "a page was loaded anew"


def test_twelve_blocks_fit_two_screens_of_a_phone(page: Page, living: Server, store: Store) -> None:
    text = many_blocks_text(12)
    farm = parse_farm(text, source="farm.yaml")
    fill(store, farm, days=1)
    dry = reading(farm, farm.node_by_id["p7"], NOW, boot=3, soil_moisture_10cm=0.14, soil_moisture_30cm=0.172)
    store.append(stored(farm, dry, call(farm, "p7", "soil", "too_dry", NOW - HOUR)))
    store.append(stored(farm, call(farm, "w1", "weather", "wind", NOW - HOUR)))
    (living.folder / "farm.yaml").write_text(text, encoding="utf-8")
    try:
        page.set_viewport_size(SIZES["phone"])
        page.goto(living.address)
        expect(page.get_by_role("link", name=re.compile("^Fine Block 12 "))).to_be_visible()
        settled(page)
        cards = page.locator(", ".join(f"[class*='card-'][class*='-b{i}']" for i in range(1, 13)))
        bottom = cards.evaluate_all("cards => Math.max(...cards.map(card => card.getBoundingClientRect().bottom))")
        banner = page.get_by_role("note").bounding_box()
        assert banner, "of a simulated farm alone, so that its lines do not count"
        assert bottom - banner["height"] <= 2 * SIZES["phone"]["height"]
        expect(page.locator(".st-key-card-urgent-b7")).to_be_visible()
    finally:
        (living.folder / "farm.yaml").write_text(sample_farm_text(), encoding="utf-8")


def test_the_worst_comes_first_in_reading_order(still: Page, worst: str) -> None:
    """What to do stands above the blocks, frost before dryness, at every width; the page is one column on a phone."""
    still.goto(worst)
    expect(still.get_by_role("heading", name=SENTENCE)).to_be_visible()
    for size, viewport in SIZES.items():
        still.set_viewport_size(viewport)
        settled(still)
        headings = [text.replace("\N{NO-BREAK SPACE}", " ") for text in still.get_by_role("heading").all_inner_texts()]
        assert headings[:5] == ["Hill Farm, Whately", "Do now", "Today", "Apple block", FROST]
        assert headings[5:9] == ["Tomato block", SENTENCE, "Apple store", RIPE]
        frost = still.get_by_role("region", name="What to do").get_by_role("listitem").first.bounding_box()
        assert frost is not None
        assert frost["y"] < 400, "the frost is seen without scrolling"
        boxes = [still.locator(f"[class*='-{zone}'][class*='card-']").bounding_box() for zone in ORDER]
        left, top = ([box[side] for box in boxes if box] for side in ("x", "y"))
        assert (len(set(left)) == 1) is (size == "phone")
        assert sorted(top) == top


TROUBLES = """within => [...document.querySelectorAll(`${within} :is(.cooee-tasks, .cooee-trouble, .cooee-sum, h1)`)]
    .map(each => each.innerText)"""
"""What a reader is told in words, in the order in which it stands."""
SCROLLED = "() => document.querySelector('.st-key-reader').closest('[data-testid=stMain]').scrollTop"


@pytest.mark.parametrize("size", SIZES)
def test_the_trouble_is_read_before_any_script_has_come(still: Page, worst: str, size: str) -> None:
    """And without: it is whole by day and night; what the page says is the same, word for word, and takes its place
    where the reader was."""
    waiting: list[Route] = []
    outside = Outside(still, worst)
    still.set_viewport_size(SIZES[size])
    still.route("**/*.js", lambda route: waiting.append(route))
    still.goto(worst, wait_until="commit")
    first = still.get_by_role("region", name="What to do").get_by_role("listitem").first
    expect(first).to_have_text(FROST)
    expect(still).to_have_title("Urgent: Hill Farm, Whately")
    expect(still.get_by_role("status").last).to_contain_text("The farm at 3 June 2015, 14:20.")
    still.get_by_text("What to do, and why").first.click()
    expect(still.get_by_text("fleece").first).to_be_visible()
    for faults in (WIDE, SMALL):
        assert still.evaluate(faults) == []
    for scheme in ("light", "dark"):
        still.emulate_media(color_scheme=scheme)
        assert axe_faults_so_far(still, contrast=scheme == "dark" or None) == []
    told = still.evaluate(TROUBLES, "#cooee-snapshot")
    assert len(told) > 5
    still.evaluate("() => document.fonts.ready")
    still.evaluate("scrollTo(0, 60)")
    box = first.bounding_box()
    still.route("**/*.js", lambda route: route.continue_())
    for route in waiting:
        route.continue_()
    settled(still)
    assert still.evaluate(TROUBLES, "body") == told
    still.evaluate("() => document.fonts.ready")
    scrolled, now = still.evaluate(SCROLLED), first.bounding_box()
    assert box is not None
    assert now is not None
    assert now["y"] == pytest.approx(box["y"] + 60 - scrolled, abs=2), "nothing jumps"
    assert scrolled == 60 or size == "desktop"
    assert outside.found == []


def test_a_blocks_page_shows_its_charts_before_any_script_has_come(still: Page, worst: str) -> None:
    """Where a link of ours leads; what the page says is the same, and stands where it stood."""
    waiting: list[Route] = []
    still.set_viewport_size(SIZES["phone"])
    still.route("**/*.js", lambda route: waiting.append(route))
    still.goto(f"{worst}/zone?zone=tomatoes", wait_until="commit")
    chart = still.get_by_role("slider", name="Soil water of Tomato block over time")
    expect(chart).to_be_visible()
    expect(still.get_by_role("heading", name=SENTENCE)).to_be_visible()
    for faults in (WIDE, SMALL):
        assert still.evaluate(faults) == []
    assert axe_faults_so_far(still) == []
    still.evaluate("() => document.fonts.ready")
    told, box = still.evaluate(TROUBLES, "#cooee-snapshot"), chart.bounding_box()
    still.route("**/*.js", lambda route: route.continue_())
    for route in waiting:
        route.continue_()
    settled(still)
    still.evaluate("() => document.fonts.ready")
    assert still.evaluate(TROUBLES, "body") == told
    now = chart.bounding_box()
    assert box is not None
    assert now is not None
    assert now["y"] == pytest.approx(box["y"], abs=3), "nothing jumps"


def test_a_page_that_does_not_start_says_so_and_can_be_read(chromium: BrowserContext, page: Page, worst: str) -> None:
    page.clock.install()
    page.route("**/*.js", lambda route: route.abort())
    page.goto(worst)
    expect(page.get_by_role("heading", name=FROST)).to_be_visible()
    page.clock.run_for(30_000)
    expect(page.get_by_role("status").last).to_contain_text("does not start in this browser")
    assert chromium.browser
    plain = chromium.browser.new_page(java_script_enabled=False)
    plain.goto(worst)
    expect(plain.get_by_role("heading", name=FROST)).to_be_visible()
    expect(plain.get_by_role("status").last).to_contain_text("does not start in this browser")
    plain.close()


def test_a_page_that_stays_open_is_sent_nothing_when_nothing_has_changed(page: Page, worst: str) -> None:
    """Bytes from one look of the page to its next; the least of several, as the page is drawn anew now and then."""
    looks = [0]

    def watch(stream: WebSocket) -> None:
        stream.on("framesent", lambda _: looks.append(0))
        stream.on("framereceived", lambda frame: looks.append(looks.pop() + len(frame)))

    page.on("websocket", watch)
    page.goto(worst)
    expect(page.get_by_role("heading", name=SENTENCE)).to_be_visible()
    drawn = len(looks)
    for _ in range(300):
        page.wait_for_timeout(200)
        if (whole := looks[drawn:-1]) and min(whole) < 5_000:
            break
    assert min(whole) < 5_000
    assert max(looks) > 20_000, "a page that is drawn"


ABOVE = """link => { const card = link.closest("[class*=st-key-card-]")
    card.prepend(Object.assign(document.createElement("div"), {style: "height: 90px"})) }"""
"""Something is drawn above a link."""


def test_a_tap_that_began_on_a_link_follows_it_when_the_page_moves_under_it(still: Page, worst: str) -> None:
    still.goto(worst)
    settled(still)
    link = still.get_by_role("link", name="History of Apple store")
    link.scroll_into_view_if_needed()
    settled(still)
    link.hover()
    still.mouse.down()
    before = link.bounding_box()
    link.evaluate(ABOVE)
    assert link.bounding_box() != before
    still.mouse.up()
    expect(still.get_by_role("heading", name="Ethylene")).to_be_visible()
    expect(still).to_have_url(re.compile("zone=store"))
    still.get_by_role("heading", name="Ethylene").hover()
    still.mouse.down()
    still.mouse.up()
    expect(still).to_have_url(re.compile("zone=store"))


HIT = """([block, places]) => {
    const box = block.getBoundingClientRect()
    return places.map(([x, y]) => document.elementFromPoint(box.x + x * box.width, box.y + y * box.height))
        .map(hit => hit?.closest("a")?.getAttribute("aria-label"))
}"""
"""Links at places of a block, shares of its width and height."""


def test_a_tap_on_the_map_leads_to_the_block(still: Page, worst: str) -> None:
    """Inside its outline, and not in the corner that the outline cuts off."""
    still.goto(worst)
    block = still.get_by_role("region", name="Map of the farm").get_by_role("link", name="Apple block: Urgent")
    expect(block).to_be_visible()
    for viewport in SIZES.values():
        still.set_viewport_size(viewport)
        settled(still)
        block.scroll_into_view_if_needed()
        settled(still)
        inside, outside = still.evaluate(HIT, [block.element_handle(), [[0.5, 0.75], [0.985, 0.04]]])
        assert inside.startswith("Apple block")
        assert outside is None
    block.click()
    expect(still.get_by_role("heading", name="Air temperature")).to_be_visible()
    expect(still).to_have_url(re.compile("zone=apples"))


def expect_background(page: Page, scheme: Literal["light", "dark"]) -> None:
    bright = (
        "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
        ".match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0) > 3 * 128"
    )
    page.wait_for_function(f"() => ({bright}) === {str(scheme == 'light').lower()}")


def test_a_touch_reads_a_chart(still: Page, worst: str) -> None:
    """The time, what each sensor measured then, and what had been called."""
    still.goto(f"{worst}/zone?zone=tomatoes")
    settled(still)
    chart = still.get_by_role("slider", name="Soil water of Tomato block over time").locator(".cooee-axes")
    chart.hover(position={"x": 200, "y": 100})
    reading = chart.locator(".cooee-reading")
    expect(reading).to_contain_text(re.compile(r"^\d+ \w+ 2015, \d\d:\d\d.*tomato-1, 10.cm deep: \d\d\.\d"))
    expect(reading).not_to_contain_text("too dry")
    box = chart.bounding_box()
    assert box
    chart.hover(position={"x": box["width"] - 3, "y": 100})
    expect(reading).to_contain_text("too dry (tomato-1, tomato-2, tomato-3; 3 June 2015, 08:20)")
    still.get_by_role("heading", name="Wind").hover()
    expect(reading).to_have_count(0)


DRAWN_ANEW = "chart => { const all = chart.closest('.cooee-charts'); all.innerHTML = all.innerHTML }"
"""What Streamlit does when the charts have changed."""


def test_the_arrow_keys_read_a_chart(still: Page, worst: str) -> None:
    """From the newest reading back, to both ends, and on when the page is drawn anew; a live line says it all."""
    still.goto(f"{worst}/zone?zone=tomatoes")
    settled(still)
    chart = still.get_by_role("slider", name="Soil water of Tomato block over time")
    said, reading = still.locator(".cooee-slider:focus + [aria-live=polite]"), chart.locator(".cooee-reading")
    strip = still.get_by_role("slider", name="What happened to Tomato block")
    strip.focus()
    still.keyboard.press("Tab")
    expect(chart).to_be_focused()
    expect(chart).to_have_attribute("aria-valuetext", re.compile("^3 June 2015, 1[34]:"))
    expect(said).to_contain_text("too dry (tomato-1, tomato-2, tomato-3; 3 June 2015, 08:20)")
    newest = chart.get_attribute("aria-valuetext")
    still.keyboard.press("ArrowLeft")
    expect(chart).not_to_have_attribute("aria-valuetext", str(newest))
    expect(reading).to_contain_text(str(chart.get_attribute("aria-valuetext")))
    still.keyboard.press("ArrowRight")
    expect(chart).to_have_attribute("aria-valuetext", str(newest))
    still.keyboard.press("Home")
    expect(chart).to_have_attribute("aria-valuetext", re.compile("^(30|31) May 2015"))
    expect(said).to_have_text(re.compile(r"^tomato-1, 10.cm deep: \d\d\.\d+; .*tomato-4, 30.cm deep: \d\d\.\d+$"))
    assert axe_faults(still) == []
    still.keyboard.press("End")
    expect(chart).to_have_attribute("aria-valuetext", str(newest))
    place = chart.get_attribute("aria-valuenow")
    still.evaluate(DRAWN_ANEW, chart.element_handle())
    expect(chart).to_be_focused()
    expect(chart).to_have_attribute("aria-valuenow", str(place))
    still.keyboard.press("Escape")
    expect(reading).to_have_count(0)
    still.keyboard.press("ArrowLeft")
    expect(reading).to_be_visible()
    still.keyboard.press("Shift+Tab")
    expect(strip).to_have_attribute("aria-valuetext", re.compile("^too dry"))
    expect(reading).to_have_count(0)


@pytest.mark.parametrize("path", LANDMARKS)
def test_a_page_reads_on_desk_and_phone_by_day_and_night(still: Page, worst: str, path: str) -> None:
    """Nothing sticks out sideways, what is tapped is 44 px high, axe-core finds nothing, nothing is asked outside, and
    the background follows the system."""
    outside = Outside(still, worst)
    still.set_viewport_size(SIZES["phone"])
    still.goto(f"{worst}/{path}")
    expect(still.get_by_role("heading", name=LANDMARKS[path], exact=True)).to_be_visible()
    settled(still)
    expect(still.get_by_text("Traceback")).to_have_count(0)
    expect_none(still, WIDE)
    expect_none(still, SMALL)
    expect_background(still, "light")
    assert axe_faults(still) == []
    still.emulate_media(color_scheme="dark")
    expect_background(still, "dark")
    assert axe_faults(still, contrast=True) == []
    still.set_viewport_size(SIZES["desktop"])
    settled(still)
    expect_none(still, WIDE)
    assert outside.found == []


@pytest.mark.parametrize(
    ("language", "units", "said"),
    [
        ("de", "us", "Tomato block ist trocken: heute 0,91 in bewässern."),
        ("hi", "metric", "Tomato block में पानी की कमी है"),
    ],
    ids=["de", "hi"],
)
def test_long_words_and_other_letters_fit_a_phone(
    still: Page, worst: str, language: str, units: str, said: str
) -> None:
    """Nothing sticks out sideways, and axe-core finds nothing; colours are the same in every language."""
    still.set_viewport_size(SIZES["phone"])
    for path in LANDMARKS:
        still.goto(f"{worst}/{path}{'&' if '?' in path else '?'}lang={language}&units={units}")
        expect(still.locator("html")).to_have_attribute("lang", language)
        expect(still.get_by_role("radio", name="Kiswahili")).to_be_visible()
        if not path:
            expect(still.get_by_role("heading", name=said)).to_be_visible()
        settled(still)
        expect_none(still, WIDE)
        assert axe_faults(still, contrast=False) == [], path


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    store = f"sqlite={tmp_path / 'cooee.db'}"
    open_store(store).close()
    words = ("--farm", str(write_farm_file(tmp_path)), "--store", store, "--no-browser")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        second = Child.cooee("dashboard", *words, "--port", str(port), log=tmp_path / "second.log")
        assert second.process.wait(60) == 2
    assert second.output().strip() == (
        f"cooee: cannot serve on 127.0.0.1:{port} (Address already in use): choose another with --port"
    )
