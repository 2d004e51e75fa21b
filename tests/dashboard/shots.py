"""`make shots`: every state of the page at three widths, light and dark, in artefacts/shots/, with a contact sheet;
`make shots ARGS="dry lang=de units=us"` shoots one state in another language, `make shots ARGS=figure` the picture of
README."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from playwright.sync_api import BrowserContext, Page

from cloud.store import Store
from edge.farm import Farm, sample_farm_text
from tests.browser import running_chromium, settled

from .farm_data import HOUR, NOW, call, dry_block, fill, many_blocks_text, reading, stored
from .page_server import served
from .test_browser import worst_farm

SHOTS = Path(__file__).parents[2] / "artefacts" / "shots"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = {"phone": 390, "tablet": 820, "desktop": 1280}
PATHS = ("", "zone", "sensors", "past", "model")
FIGURE, FIGURE_STATE, FIGURE_WIDTH = Path(__file__).parents[2] / "docs/figures/dashboard.png", "dry", 1000
SETTLE_MS = 1000
"""Time that letters and pictures take to be drawn."""


def quiet(store: Store, farm: Farm) -> None:
    fill(store, farm, days=3)


def dry(store: Store, farm: Farm) -> None:
    fill(store, farm, days=3)
    faulty = reading(farm, farm.node_by_id["apple-3"], NOW, boot=3, faults=("soil_moisture_10cm",))
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR), faulty))


def worst(store: Store, farm: Farm) -> None:
    fill(store, farm, days=3)
    store.append(worst_farm(farm))


def silent(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1, silent=tuple(node.id for node in farm.nodes if node.zone != "apples"))


def many(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    store.append(stored(farm, call(farm, "w1", "weather", "wind", NOW - HOUR)))


def empty(store: Store, farm: Farm) -> None:
    """Nothing was ever heard."""


STATES: dict[str, tuple[Callable[[Store, Farm], None], str]] = {
    "quiet": (quiet, sample_farm_text()),
    "dry": (dry, sample_farm_text()),
    "worst": (worst, sample_farm_text()),
    "silent": (silent, sample_farm_text()),
    "twelve": (many, many_blocks_text(12)),
    "empty": (empty, sample_farm_text()),
}


def shoot(chromium: BrowserContext, state: str, folder: Path, query: str) -> list[str]:
    """Pictures of one state; their names."""
    prepare, text = STATES[state]
    names = []
    with served(folder, text=text, prepare=prepare) as server:
        page = chromium.new_page()
        for size, width in WIDTHS.items():
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": 900})
                for path in PATHS:
                    page.goto(f"{server.address}/{path}?{query}")
                    settled(page)
                    page.wait_for_timeout(SETTLE_MS)
                    names.append(f"{state}-{path or 'farm'}-{size}-{scheme}{query and '-'}{query}.png")
                    take(page, SHOTS / names[-1], width, 900)
        page.close()
    return names


def shoot_figure(chromium: BrowserContext, folder: Path) -> None:
    """The farm's page as README shows it: to the end of the map, without what is asked of the reader below."""
    prepare, text = STATES[FIGURE_STATE]
    with served(folder, text=text, prepare=prepare) as server:
        page = chromium.new_page()
        page.set_viewport_size({"width": FIGURE_WIDTH, "height": 2000})
        page.goto(server.address)
        settled(page)
        page.wait_for_timeout(SETTLE_MS)
        end = page.locator(".cooee-legend").bounding_box()
        assert end is not None
        clip = {"x": 0.0, "y": 0.0, "width": float(FIGURE_WIDTH), "height": end["y"] + end["height"] + 16}
        page.screenshot(path=FIGURE, clip=clip)  # type: ignore[arg-type]
        page.close()
    print(FIGURE)


def take(page: Page, path: Path, width: int, height: int) -> None:
    """The whole page: Streamlit scrolls inside, so the window grows for the picture."""
    whole = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": min(4000, max(height, int(whole)))})
    settled(page)
    page.screenshot(path=path)
    page.set_viewport_size({"width": width, "height": height})


def main(wanted: list[str]) -> None:
    """Shoots the states named, or all; `name=value` goes into the page's address."""
    query = "&".join(word for word in wanted if "=" in word)
    states = [word for word in wanted if "=" not in word] or list(STATES)
    if unknown := [state for state in states if state not in STATES and states != ["figure"]]:
        sys.exit(f"make shots: {unknown[0]!r} is no state; states are {', '.join(STATES)}")
    SHOTS.mkdir(parents=True, exist_ok=True)
    if states == ["figure"]:
        with running_chromium() as chromium, tempfile.TemporaryDirectory() as folder:
            shoot_figure(chromium, Path(folder))
        return
    with running_chromium() as chromium, tempfile.TemporaryDirectory() as folder:
        names = []
        for state in states:
            own = Path(folder) / state
            own.mkdir()
            names += shoot(chromium, state, own, query)
    figures = "".join(
        f'<figure><a href="{name}"><img src="{name}" alt="" width="260"></a><figcaption>{name}</figcaption></figure>'
        for name in names
    )
    style = "<style>body{display:flex;flex-wrap:wrap;gap:1em;font:13px sans-serif}figure{margin:0}</style>"
    (SHOTS / "index.html").write_text(f"<!doctype html><title>Pages</title>{style}{figures}", encoding="utf-8")
    print(f"{len(names)} pictures, {SHOTS / 'index.html'}")


if __name__ == "__main__":
    main(sys.argv[1:])
