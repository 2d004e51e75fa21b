"""The demo in a real Chromium: a block dries out, its tile turns, and the call's sentence is on the page."""

import itertools
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from edge.core import Nodes, sentinels
from edge.farm import Farm, load_farm, sample_farm_text
from edge.farm.yaml_text import plain_values
from edge.node.commission import node_config
from simulations.field.season import simulate
from simulations.time_grid import STEP_S
from simulations.weather.ten_minutes import whately
from tests.browser import SIZES, WIDE, expect_none, settled

ROOT = Path(__file__).resolve().parents[1]
DAYS, SEEDS = range(38, 60, 2), range(1, 9)
CLEARED = 2


def orchard() -> str:
    """The sample farm's apple block alone: weeks of twelve nodes would take a minute."""
    farm = plain_values(sample_farm_text())
    for part, key in (("zones", "id"), ("nodes", "zone")):
        farm[part] = [one for one in farm[part] if one[key] == "apples"]
    return json.dumps(farm)


def dry_evening(farm: Farm) -> tuple[int, int, str]:
    """(seed, days, block): a short season that ends with a dry block and an open call about it, found by the node core
    without the path."""
    soil = next(s for s in sentinels() if s.name == "soil")
    for days, seed in itertools.product(DAYS, SEEDS):
        season = simulate(farm, whately().season(4, 15, days), seed)
        _, calls = Nodes([node_config(farm, n, season.first_day) for n in farm.nodes]).run(
            season.readings, int(season.t[0] // 1000), STEP_S
        )
        dry = calls[(calls["sentinel"] == soil.id) & (calls["class"] == soil.classes.index("too_dry"))]
        newest = {farm.nodes[call["node"]].zone: call["state"] for call in dry}
        for place, zone in enumerate(farm.zones):
            if season.truth["too_dry"][place, -1] and newest.get(zone.id, CLEARED) != CLEARED:
                return seed, days, zone.name
    raise AssertionError("no season ends with a dry block: does the soil sentinel still call?")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Address of the page of a running demo whose season ends with a dry block, and the block's name."""
    path = tmp_path / "farm.yaml"
    path.write_text(orchard())
    seed, days, block = dry_evening(load_farm(path))
    season = ("--farm", str(path), "--days", str(days), "--seed", str(seed))
    process = subprocess.Popen(
        [sys.executable, "-m", "cooee", "demo", "--port", "0", *season],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    try:
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found[0], block
                break
        else:
            raise AssertionError(f"the demo ended: {process.wait()}")
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        finally:
            process.kill()
            process.stdout.close()


def test_a_block_dries_out_and_the_page_says_so(demo: tuple[str, str], page: Page) -> None:
    address, block = demo
    outside: list[str] = []
    page.on(
        "request",
        lambda request: (
            outside.append(request.url) if not request.url.startswith((address, "data:", "blob:")) else None
        ),
    )
    page.goto(address)
    expect(page.get_by_text("Simulated farm")).to_be_visible()
    dry = re.compile(rf"{block} is dry( in \d+ of \d+ places)?(: water \d+\smm | and has no irrigation: |, and it )")
    expect(page.get_by_role("heading", name=dry).first).to_be_visible(timeout=240_000)
    expect(page.get_by_text("Needs you", exact=True).or_(page.get_by_text("Urgent", exact=True)).first).to_be_visible()
    page.set_viewport_size(SIZES["phone"])
    settled(page)
    expect_none(page, WIDE)
    assert outside == []
