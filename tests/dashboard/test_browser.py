"""The page in a real Chromium, served by `cooee dashboard`: a block dries out while the page is open.

Screenshots at desktop and phone width, light and dark, are kept in artefacts/dashboard/ to be looked at.
"""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, WebSocket, expect

from cloud.store import Store, Stored, open_store
from dashboard import FARM_VARIABLE, STORE_VARIABLE
from dashboard.users import FILE as USERS_FILE
from dashboard.users import User, hash_password, write_users
from edge.contract.messages import Evidence
from edge.farm import Farm, parse_farm
from edge.processes import Child
from tests.browser import SMALL, WIDE, Scheme, axe_faults, expect_none, settled, still_page

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
    sample_farm,
    stored,
    write_farm_file,
)

ARTEFACTS = Path(__file__).parents[2] / "artefacts" / "dashboard"
SENTENCE = "Tomato block is dry: water 23 mm today."
FROST = "Frost is coming to Apple block: be ready to protect it within 6 hours."
RIPE = "Apple store: fruit is ripening. Ventilate now and look for ripe or rotten fruit."
ORDER = ("apples", "tomatoes", "store")
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
LANDMARKS = {
    "": "Tomato block",
    "zone?zone=tomatoes": "Soil water",
    "sensors": "Sensors",
    "past": "Past calls",
    "model": "Model",
}
"""Page -> a heading that is there once the page is."""
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


@pytest.fixture
def address(store: Store, farm: Farm, tmp_path: Path) -> Iterator[str]:
    """`cooee dashboard` over a farm with days behind it, on a free port."""
    fill(store, farm, days=4)
    with served(tmp_path) as url:
        yield url


@contextmanager
def served(folder: Path, *options: str) -> Iterator[str]:
    """Address of `cooee dashboard` over the farm and the store of the environment."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    page = Child.cooee(
        "dashboard",
        "--farm",
        os.environ[FARM_VARIABLE],
        "--store",
        os.environ[STORE_VARIABLE],
        "--port",
        str(port),
        "--no-browser",
        *options,
        log=folder / "dashboard.log",
    )
    try:
        page.wait_ready()
        yield f"http://127.0.0.1:{port}"
    finally:
        page.stop()


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


def expect_card(page: Page, zone: str, level: str) -> None:
    """A zone has one card, and its state stands in the card's class."""
    card = page.locator(f"[class*='st-key-card-'][class*='-{zone}']")
    expect(card).to_have_class([re.compile(rf"\bst-key-card-{level}-{zone}\b")])


def test_a_block_dries_out_while_the_page_is_open(browser: Browser, address: str, store: Store, farm: Farm) -> None:
    page = browser.new_page()
    outside = Outside(page, address)
    page.goto(address)
    expect(page.get_by_role("heading", name="Hill Farm, Whately")).to_be_visible()
    expect_card(page, "tomatoes", "fine")
    expect(page.get_by_text(SENTENCE)).to_have_count(0)
    page.evaluate("window.sameDocument = true")

    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    expect(page.get_by_role("heading", name=SENTENCE)).to_be_visible()
    expect_card(page, "tomatoes", "urgent")
    expect(page.get_by_role("status")).to_contain_text("Urgent: Tomato block")
    expect(page).to_have_title("Urgent: Hill Farm, Whately")
    assert page.evaluate("window.sameDocument"), "the page was loaded anew"

    question = page.get_by_role("radiogroup", name="Was this call right? (Tomato block: too dry)")
    question.get_by_role("radio", name="Yes, and handled").click()
    expect(page.get_by_text("You said handled, just now. In hand until Thu 14:20.")).to_be_visible()
    expect_card(page, "tomatoes", "in_hand")
    expect(question.get_by_role("radio", name="Yes, and handled")).to_be_checked()
    assert len(store.judgements(farm.id, 0, NOW)) == 3

    page.get_by_role("link", name="History of Tomato block").click()
    expect(page.get_by_role("heading", name="Soil water")).to_be_visible()
    expect(page).to_have_url(re.compile("zone=tomatoes"))
    assert outside.found == []
    page.close()


@pytest.mark.parametrize("path", ["zone?zone=tomatoes", "sensors", "past", "model"])
def test_any_page_may_be_the_first_that_a_fresh_server_shows(browser: Browser, address: str, path: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/{path}")
    expect(page.get_by_role("heading", name=LANDMARKS[path], exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Past calls")).to_be_visible()
    expect(page.locator("html")).to_have_css("--urgent", re.compile("."))
    page.close()


@pytest.fixture(scope="module")
def worst_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`cooee dashboard` over the worst farm, for those that only read."""
    folder = tmp_path_factory.mktemp("worst")
    farm, url = sample_farm(), f"sqlite={folder / 'cooee.db'}"
    with pytest.MonkeyPatch.context() as environment, closing(open_store(url)) as store:
        environment.setenv(FARM_VARIABLE, str(write_farm_file(folder)))
        environment.setenv(STORE_VARIABLE, url)
        fill(store, farm, days=4)
        store.append(worst_farm(farm))
        with served(folder) as address:
            yield address


def worst_farm(farm: Farm) -> list[Stored]:
    """A frost that comes, a dry block and fruit that ripens, at once."""
    ripe = Evidence(feature="ethylene_ratio_5d", value=3.4, unit="")
    return stored(
        farm,
        *dry_block(farm, NOW - 6 * HOUR),
        *frost_comes(farm),
        reading(farm, farm.node_by_id["store-1"], NOW, boot=3, ethylene=4.1),
        call(farm, "store-1", "ethylene", "ripening", NOW - 26 * HOUR, ripe),
    )


def test_the_worst_comes_first_in_reading_order(browser: Browser, worst_address: str) -> None:
    """What to do stands above the blocks, frost before dryness, at every width; the page is one column on a phone."""
    for size, (width, height) in SIZES.items():
        page = still_page(browser, width, height)
        page.goto(worst_address)
        expect(page.get_by_role("heading", name=SENTENCE)).to_be_visible()
        settled(page)
        headings = [text.replace("\N{NO-BREAK SPACE}", " ") for text in page.get_by_role("heading").all_inner_texts()]
        assert headings[:5] == ["Hill Farm, Whately", "Do now", "Today", "Apple block", FROST]
        assert headings[5:9] == ["Tomato block", SENTENCE, "Apple store", RIPE]
        frost = page.get_by_role("region", name="What to do").get_by_role("listitem").first.bounding_box()
        assert frost is not None
        assert frost["y"] < 400, "the frost is seen without scrolling"
        boxes = [page.locator(f"[class*='-{zone}'][class*='st-key-card-']").bounding_box() for zone in ORDER]
        left, top = ([box[side] for box in boxes if box] for side in ("x", "y"))
        assert (len(set(left)) == 1) is (size == "phone")
        assert sorted(top) == top
        page.close()


def test_a_page_that_stays_open_is_sent_nothing_when_nothing_has_changed(browser: Browser, worst_address: str) -> None:
    """Bytes from one look of the page to its next; the least of several, as the page is drawn anew now and then."""
    page = browser.new_page()
    looks = [0]

    def watch(stream: WebSocket) -> None:
        stream.on("framesent", lambda _: looks.append(0))
        stream.on("framereceived", lambda frame: looks.append(looks.pop() + len(frame)))

    page.on("websocket", watch)
    page.goto(worst_address)
    expect(page.get_by_role("heading", name=SENTENCE)).to_be_visible()
    drawn = len(looks)
    for _ in range(300):
        page.wait_for_timeout(200)
        if (whole := looks[drawn:-1]) and min(whole) < 5_000:
            break
    page.close()
    assert min(whole) < 5_000
    assert max(looks) > 20_000, "a page that is drawn"


@pytest.mark.parametrize("size", SIZES)
def test_a_tap_on_the_map_leads_to_the_block(browser: Browser, worst_address: str, size: str) -> None:
    """Inside its outline, and not in the corner that the outline cuts off."""
    width, height = SIZES[size]
    page = still_page(browser, width, height)
    page.goto(worst_address)
    block = page.get_by_role("region", name="Map of the farm").get_by_role("link", name="Apple block: Urgent")
    expect(block).to_be_visible()
    settled(page)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    take(page, ARTEFACTS / f"map-{size}.png", width, height)
    block.scroll_into_view_if_needed()
    box = block.bounding_box()
    assert box
    hit = "([x, y]) => document.elementFromPoint(x, y)?.closest('a')?.getAttribute('aria-label')"
    inside, outside = (0.5, 0.75), (0.985, 0.04)
    at = [[box["x"] + x * box["width"], box["y"] + y * box["height"]] for x, y in (inside, outside)]
    found = [page.evaluate(hit, point) for point in at]
    assert str(found[0]).startswith("Apple block")
    assert found[1] is None
    block.click()
    expect(page.get_by_role("heading", name="Air temperature")).to_be_visible()
    expect(page).to_have_url(re.compile("zone=apples"))
    page.close()


def test_twelve_blocks_fit_two_screens_of_a_phone(browser: Browser, store: Store, tmp_path: Path) -> None:
    text = many_blocks_text(12)
    Path(os.environ[FARM_VARIABLE]).write_text(text, encoding="utf-8")
    farm = parse_farm(text, source="farm.yaml")
    fill(store, farm, days=1)
    dry = reading(farm, farm.node_by_id["p7"], NOW, boot=3, soil_moisture_10cm=0.14, soil_moisture_30cm=0.172)
    store.append(stored(farm, dry, call(farm, "p7", "soil", "too_dry", NOW - HOUR)))
    store.append(stored(farm, call(farm, "w1", "weather", "wind", NOW - HOUR)))
    width, height = SIZES["phone"]
    with served(tmp_path) as url:
        page = still_page(browser, width, height)
        page.goto(url)
        expect(page.get_by_role("link", name="Block 12", exact=True)).to_be_visible()
        settled(page)
        ends = [page.locator(f"[class*='st-key-card-'][class$='-b{i}'], [class*='-b{i} ']").first for i in range(1, 13)]
        bottom = max(box["y"] + box["height"] for end in ends if (box := end.bounding_box()))
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        take(page, ARTEFACTS / "twelve-blocks-phone.png", width, height)
        page.close()
    assert bottom <= 2 * height


def test_a_reader_chooses_a_language_and_units_and_keeps_them(
    browser: Browser, address: str, store: Store, farm: Farm
) -> None:
    """On a phone, and what is tapped in German does what it does in English."""
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(address)
    page.get_by_role("radio", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Tomato block ist trocken: heute 23 mm bewässern.")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_role("radio", name="US-Maße").click()
    expect(page.get_by_role("heading", name="Tomato block ist trocken: heute 0,91 in bewässern.")).to_be_visible()
    page.get_by_role("radio", name="Ja, und erledigt").click()
    expect(page.get_by_text("Sie sagten: erledigt, gerade eben. In Arbeit bis Do. 14:20.")).to_be_visible()
    assert {judgement.verdict for judgement in store.judgements(farm.id, 0, NOW)} == {"handled"}

    page.get_by_role("link", name="Verlauf von Tomato block").click()
    expect(page.get_by_role("heading", name="Bodenwasser")).to_be_visible()
    page.get_by_role("radio", name="Monat").click()
    expect(page.get_by_role("radio", name="Monat")).to_be_checked()
    expect(page.get_by_role("heading", name="Bodenwasser")).to_be_visible()
    for link in ("Sensoren", "Frühere Meldungen", "Hof"):
        page.get_by_role("link", name=link, exact=True).click()
        expect(page.get_by_role("link", name=link, exact=True)).to_have_attribute("aria-current", "page")
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page).to_have_url(re.compile("lang=de&units=us"))
    page.close()


@pytest.mark.parametrize("language", ["de", "hi"])
def test_long_words_and_other_letters_fit_a_phone(browser: Browser, worst_address: str, language: str) -> None:
    """Nothing sticks out sideways, and axe-core finds nothing."""
    page = still_page(browser, *SIZES["phone"])
    for path in LANDMARKS:
        page.goto(f"{worst_address}/{path}{'&' if '?' in path else '?'}lang={language}")
        expect(page.locator("html")).to_have_attribute("lang", language)
        page.get_by_role("radio", name="Kiswahili").scroll_into_view_if_needed()
        settled(page)
        expect_none(page, WIDE)
        assert axe_faults(page) == [], path
        take(page, ARTEFACTS / f"{path.split('?')[0] or 'farm'}-phone-{language}.png", 390, 844)
    page.close()


def test_whatever_is_tapped_is_44_pixels_high(browser: Browser, worst_address: str) -> None:
    page = still_page(browser, *SIZES["phone"])
    for path, landmark in LANDMARKS.items():
        page.goto(f"{worst_address}/{path}")
        expect(page.get_by_role("heading", name=landmark, exact=True)).to_be_visible()
        settled(page)
        expect_none(page, SMALL)
    page.close()


def test_axe_finds_nothing_on_any_page(browser: Browser, worst_address: str) -> None:
    """WCAG 2.2 A and AA by axe-core: contrast, names, landmarks, sizes of targets."""
    found = {}
    for scheme in SCHEMES:
        page = still_page(browser, *SIZES["phone"], scheme)
        for path, landmark in LANDMARKS.items():
            page.goto(f"{worst_address}/{path}")
            expect(page.get_by_role("heading", name=landmark, exact=True)).to_be_visible()
            found[scheme, path] = axe_faults(page)
        page.close()
    assert {where: faults for where, faults in found.items() if faults} == {}


def test_it_reads_on_desk_and_phone_by_day_and_night(browser: Browser, address: str, store: Store, farm: Farm) -> None:
    """Nothing sticks out sideways, no traceback, nothing asked outside, and the background follows the system."""
    trouble = [
        *dry_block(farm, NOW - 6 * HOUR),
        reading(farm, farm.node_by_id["store-1"], NOW, boot=3, ethylene=4.1),
        call(
            farm,
            "store-1",
            "ethylene",
            "ripening",
            NOW - 26 * HOUR,
            Evidence(feature="ethylene_ratio_5d", value=3.4, unit=""),
        ),
        reading(farm, farm.node_by_id["apple-3"], NOW, boot=3, faults=("soil_moisture_10cm",)),
        call(farm, "apple-weather", "weather", "wind", NOW - 3 * DAY),
        call(farm, "apple-weather", "weather", "wind", NOW - 3 * DAY, t=NOW - 3 * DAY + 5 * HOUR, state="cleared"),
    ]
    store.append(stored(farm, *trouble))
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    for size, (width, height) in SIZES.items():
        for scheme in SCHEMES:
            page = still_page(browser, width, height, scheme)
            outside = Outside(page, address)
            for path, landmark in LANDMARKS.items():
                if path and (size, scheme) not in (("desktop", "light"), ("phone", "dark")):
                    continue
                page.goto(f"{address}/{path}")
                expect(page.get_by_role("heading", name=landmark, exact=True)).to_be_visible()
                settled(page)
                expect_none(page, WIDE)
                expect(page.get_by_text("Traceback")).to_have_count(0)
                take(page, ARTEFACTS / f"{path.split('?')[0] or 'farm'}-{size}-{scheme}.png", width, height)
            background = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
            bright = sum(int(part) for part in background.strip("rgba()").split(",")[:3]) > 3 * 128
            assert bright == (scheme == "light"), background
            assert outside.found == []
            page.close()


def take(page: Page, path: Path, width: int, height: int) -> None:
    """The whole page: Streamlit scrolls inside, so the window grows for the picture."""
    whole = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": min(4000, max(height, int(whole)))})
    settled(page)
    page.screenshot(path=path)
    page.set_viewport_size({"width": width, "height": height})


def test_whoever_signs_in_is_in_on_every_page_until_they_sign_out(
    store: Store, farm: Farm, browser: Browser, tmp_path: Path
) -> None:
    fill(store, farm, days=1)
    write_users(tmp_path / USERS_FILE, [User(name="anna", scrypt=hash_password("four words long enough"))])
    with served(tmp_path, "--name", "farm.example", "--data", str(tmp_path)) as address:
        page = browser.new_page()
        for password, shown in (("three words are not", "do not fit"), ("four words long enough", "Tomato block")):
            page.goto(f"{address}/sensors")
            page.get_by_label("Name").fill("anna")
            page.get_by_label("Password").fill(password)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_text(shown).first).to_be_visible()
        page.get_by_role("link", name="Past calls").click()
        expect(page.get_by_role("heading", name="Past calls", exact=True)).to_be_visible()
        page.get_by_role("link", name="Sign out").click()
        expect(page.get_by_label("Password")).to_be_visible()
        page.goto(address)
        expect(page.get_by_label("Password")).to_be_visible()
        expect(page.get_by_text("Tomato block")).to_have_count(0)
        page.close()


def test_a_port_in_use_is_one_clear_line(store: Store, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        log = tmp_path / "second.log"
        second = Child.cooee(
            "dashboard",
            "--farm",
            os.environ[FARM_VARIABLE],
            "--store",
            os.environ[STORE_VARIABLE],
            "--port",
            str(port),
            "--no-browser",
            log=log,
        )
        assert second.process.wait(60) == 2
    assert log.read_text().strip() == (
        f"cooee: cannot serve on 127.0.0.1:{port} (Address already in use): choose another with --port"
    )
