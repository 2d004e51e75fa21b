"""The page in a real Chromium, served by `cooee dashboard`: a block dries out while the page is open.

Screenshots at desktop and phone width, light and dark, are kept in artefacts/dashboard/ to be looked at.
"""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from cloud.store import Store
from dashboard import FARM_VARIABLE, STORE_VARIABLE
from edge.contract.messages import Evidence
from edge.farm import Farm
from edge.processes import Child
from tests.parts import fail_or_skip

from .farm_data import DAY, HOUR, NOW, call, dry_block, fill, reading, stored

ARTEFACTS = Path(__file__).parents[2] / "artefacts" / "dashboard"
SENTENCE = "Tomato block is dry: water 23 mm today."
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
LANDMARKS = {"": "Tomato block", "zone?zone=tomatoes": "Soil water", "sensors": "Sensors", "past": "Past calls"}
"""Page -> a heading that is there once the page is."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        fail_or_skip("CHROMIUM IS MISSING: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def address(store: Store, farm: Farm, tmp_path: Path) -> Iterator[str]:
    """`cooee dashboard` over a farm with two weeks behind it, on a free port."""
    fill(store, farm, days=14)
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
        log=tmp_path / "dashboard.log",
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


def card(page: Page, zone: str) -> str:
    """Class of a zone's card: its state stands in it."""
    return page.locator(f"[class*='st-key-card-'][class*='-{zone}']").get_attribute("class") or ""


def test_a_block_dries_out_while_the_page_is_open(browser: Browser, address: str, store: Store, farm: Farm) -> None:
    page = browser.new_page()
    outside = Outside(page, address)
    page.goto(address)
    expect(page.get_by_role("heading", name="Hill Farm, Whately")).to_be_visible(timeout=30_000)
    assert "card-fine-tomatoes" in card(page, "tomatoes")
    expect(page.get_by_text(SENTENCE)).to_have_count(0)
    page.evaluate("window.sameDocument = true")

    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))
    expect(page.get_by_role("heading", name=SENTENCE)).to_be_visible(timeout=15_000)
    assert "card-urgent-tomatoes" in card(page, "tomatoes")
    expect(page.get_by_role("status")).to_contain_text("Urgent: Tomato block")
    assert page.evaluate("window.sameDocument"), "the page was loaded anew"

    page.get_by_role("button", name="Handled").click()
    expect(page.get_by_text("You said handled, just now.")).to_be_visible(timeout=10_000)
    assert "card-in_hand-tomatoes" in card(page, "tomatoes")
    assert len(store.judgements(farm.id, 0, NOW)) == 3

    page.get_by_role("link", name="History of Tomato block").click()
    expect(page.get_by_role("heading", name="Soil water")).to_be_visible(timeout=15_000)
    assert "zone=tomatoes" in page.url
    assert outside.found == []
    page.close()


@pytest.mark.parametrize("path", ["zone?zone=tomatoes", "sensors", "past"])
def test_any_page_may_be_the_first_that_a_fresh_server_shows(browser: Browser, address: str, path: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}/{path}")
    expect(page.get_by_role("heading", name=LANDMARKS[path], exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_role("link", name="Past calls")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--urgent')"), "no style"
    page.close()


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
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            outside = Outside(page, address)
            for path, landmark in LANDMARKS.items():
                if path and (size, scheme) not in (("desktop", "light"), ("phone", "dark")):
                    continue
                page.goto(f"{address}/{path}")
                expect(page.get_by_role("heading", name=landmark, exact=True)).to_be_visible(timeout=30_000)
                page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, size)
                assert page.get_by_text("Traceback").count() == 0
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
    page.wait_for_timeout(400)
    page.screenshot(path=path)
    page.set_viewport_size({"width": width, "height": height})


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
        assert second.process.wait(30) == 2
    assert log.read_text().strip() == (
        f"cooee: cannot serve on 127.0.0.1:{port} (Address already in use): choose another with --port"
    )
