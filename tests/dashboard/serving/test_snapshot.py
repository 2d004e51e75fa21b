"""What the server puts into the page before Streamlit starts; tests/dashboard/test_browser.py sees it in a browser."""

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from cloud.clock import Pace
from cloud.farm_view import view_farm
from cloud.store import Store
from dashboard import FARM_VARIABLE, STORE_VARIABLE
from dashboard.serving import snapshot
from dashboard.serving.snapshot import CONTENTS, INDEX, Snapshot, farm_content, page_with_snapshot
from edge.farm import Farm, parse_farm, sample_farm_text

from ..farm_data import HOUR, NOW, dry_block, fill, stored


@pytest.fixture
def dry(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    store.append(stored(farm, *dry_block(farm, NOW - 6 * HOUR)))


@pytest.mark.usefixtures("dry")
def test_streamlits_page_is_whole_but_for_what_stands_in_it() -> None:
    page = page_with_snapshot(INDEX, "/", {})
    assert '<html lang="en">' in page
    assert "<title>Urgent: Hill Farm, Whately</title>" in page
    assert "Tomato block is dry: water 23\N{NO-BREAK SPACE}mm today." in page
    assert 'data-starts="The farm at 3 June 2015, 14:20. The page is starting."' in page
    scripts = re.findall(r"<script[^>]*>|<link[^>]*>|<div id=.root.>", INDEX)
    assert len(scripts) > 5
    assert all(part in page for part in scripts)
    assert page.index("cooee-snapshot") < page.index('<link rel="stylesheet"') < page.index('<div id="root">')
    assert "enable JavaScript" in INDEX
    assert "enable JavaScript" not in page


@pytest.mark.usefixtures("dry")
def test_it_is_for_who_asks() -> None:
    page = page_with_snapshot(INDEX, "/", {"lang": "de", "units": "us"})
    assert '<html lang="de">' in page
    assert "Tomato block ist trocken: heute 0,91" in page
    assert 'href="./zone?zone=tomatoes&amp;lang=de&amp;units=us"' in page


@pytest.mark.usefixtures("dry")
def test_a_blocks_page_comes_with_its_charts_for_who_asks() -> None:
    page = page_with_snapshot(INDEX, "/zone", {"zone": "tomatoes", "lang": "de"})
    assert "Tomato block ist trocken: heute 23" in page
    assert 'aria-label="Bodenwasser von Tomato block im Lauf der Zeit"' in page
    assert "Apple block" not in page
    assert "Apple block" in page_with_snapshot(INDEX, "/zone", {"zone": "apples"})
    assert "Tomato block" in page_with_snapshot(INDEX, "/zone", {"zone": "nowhere"}), "as Streamlit's page does"


def test_names_are_escaped(store: Store, farm: Farm) -> None:
    fill(store, farm, days=1)
    text = sample_farm_text().replace("Tomato block", "<img src=x onerror=alert()>").replace("Hill Farm", "<script>")
    view = view_farm(parse_farm(text, source="farm.yaml"), store, Pace())
    content = farm_content(view, {})
    assert "<img src" not in content
    assert "<script" not in content
    assert "<img src=x" in unescape(content)


@pytest.mark.usefixtures("dry")
@pytest.mark.parametrize("broken", ["farm", "store", "index"])
@pytest.mark.parametrize("path", CONTENTS)
def test_without_the_farm_streamlits_page_comes_as_it_is(
    broken: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if broken == "farm":
        (tmp_path / "broken.yaml").write_text("farm: [")
        monkeypatch.setenv(FARM_VARIABLE, str(tmp_path / "broken.yaml"))
    elif broken == "store":
        monkeypatch.setenv(STORE_VARIABLE, f"sqlite={tmp_path / 'nowhere' / 'cooee.db'}")
    assert page_with_snapshot("<html></html>" if broken == "index" else INDEX, path, {}) == ""


def test_a_slow_store_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who come while the farm is looked for ask the store no second time, and see the page as it was before."""
    answered, looks = threading.Event(), []

    def slow(_index: str, _path: str, _query: dict[str, str]) -> str:
        looks.append(answered.wait(60))
        return "<p>farm</p>"

    monkeypatch.setattr(snapshot, "page_with_snapshot", slow)
    monkeypatch.setattr(snapshot, "WAIT_S", 0.05)
    sent: list[Message] = []

    async def streamlit(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "streamlit"})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def ask() -> None:
        page = Snapshot(streamlit)
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
        for _ in range(2):
            await page(scope, receive, send)
        assert sent == [{"type": "streamlit"}] * 2
        answered.set()
        monkeypatch.setattr(snapshot, "WAIT_S", 60)
        await page(scope, receive, send)
        assert sent[-1]["body"] == b"<p>farm</p>"

    with ThreadPoolExecutor(1) as other:  # in which no browser's loop runs
        other.submit(asyncio.run, ask()).result()
    assert len(looks) == 1
