"""A real Chromium, and what a test waits for before it measures a page.

While Streamlit draws a page anew, old elements stand beside new ones, and `expect` fails at once where a locator that
means one element finds two: a list, `to_have_class([...])`, waits until there is one.
"""

import contextlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, TimeoutError, ViewportSize, expect, sync_playwright

from tests.parts import fail_or_skip

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 60_000
"""How long a page may take on a machine with much else to do; nothing waits so long where it is drawn sooner."""
SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 390, "height": 844},
}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SETTLED = """() => {
    const app = document.querySelector("[data-testid=stApp]")?.dataset
    const changing = "[data-stale=true], [data-testid=stStatusWidget], [data-testid=stSkeleton]"
    return app?.testScriptState === "notRunning" && app.testConnectionState === "CONNECTED"
        && !document.querySelector(changing) && !document.querySelector("#cooee-snapshot")
        && !document.getAnimations().some(each => each instanceof CSSTransition && each.playState === "running")
        && [...document.querySelectorAll(".cooee-axes > img")].every(chart => chart.complete)
}"""
WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [`${document.documentElement.scrollWidth} px`,
    ...[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .map(e => e.outerHTML.slice(0, 120))]"""
"""What sticks out sideways."""
SMALL = """() => [...document.querySelectorAll(
    "button, a, [role=radio], summary, input:not([type=radio], [type=checkbox]), [data-baseweb=select] > div")]
    .map(e => [e.getBoundingClientRect(), e])
    .filter(([box, e]) => box.width > 1 && box.height > 1 && box.height < 43.5 && !e.closest("[data-testid=stToolbar]"))
    .map(([box, e]) => `${e.outerHTML.slice(0, 120)} ${box.height}`)"""
"""What can be tapped on and is less than 44 px high."""
STILL = """(() => {
    const every = window.setInterval
    window.setInterval = (act, ms, ...rest) => ms >= 1000 ? 0 : every(act, ms, ...rest)
})()"""
"""No timer of a second or more: a page that asks anew by itself is faded by Streamlit on a busy machine."""
CONTRAST = "color-contrast"


@contextmanager
def running_chromium() -> Iterator[BrowserContext]:
    """Debian's Chromium, whose pages share what they have loaded."""
    path = shutil.which("chromium")
    if path is None:
        fail_or_skip("CHROMIUM IS MISSING: apt-get install chromium")
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium.new_context()
        chromium.close()


def settled(page: Page) -> None:
    """Returns once nothing of an earlier run stands on the page, its charts are drawn, and what scrolled has come to
    rest."""
    page.wait_for_function(SETTLED, timeout=PATIENCE_MS)
    page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def expect_none(page: Page, faults: str) -> None:
    """Fails with what `faults`, a function of the page that lists them, still finds after our patience."""
    with contextlib.suppress(TimeoutError):
        page.wait_for_function(f"() => ({faults})().length === 0", timeout=PATIENCE_MS)
    assert page.evaluate(faults) == []


def axe_faults(page: Page, *, contrast: bool | None = None) -> list[tuple[str, list[str]]]:
    """What axe-core finds against WCAG 2.2 A and AA on a page that has settled: contrast, names, landmarks, sizes of
    targets; with the elements that it means. `contrast`: that alone, or all but that, which costs the most."""
    settled(page)
    return axe_faults_so_far(page, contrast=contrast)


def axe_faults_so_far(page: Page, *, contrast: bool | None = None) -> list[tuple[str, list[str]]]:
    """The same of what is there at once."""
    only = {"type": "rule", "values": [CONTRAST]} if contrast else {"type": "tag", "values": WCAG}
    rules = {CONTRAST: {"enabled": contrast is not False}}
    options = {"runOnly": only, "rules": rules, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in found]
