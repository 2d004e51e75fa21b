"""The farmer's page over a large farm, in a real Chromium: `cooee bench page --json FILE`.

A farm of blocks of ten soil nodes that measured hourly for a year, as a store keeps it with `readings_days: 30`:
readings of the last 30 days (--days), daily rollups of the rest of the year. Three blocks are dry.
Nothing else is measured than what a reader waits for, and what a page that stays open costs.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from playwright.sync_api import Browser, Page, sync_playwright

from cloud.block.probe_watch import ProbeWatch
from cloud.clock import DAY_MS, HOUR_MS, Pace
from cloud.farm_view import view_farm
from cloud.store import Store, Stored, open_store
from cloud.zone_memory import ZoneMemory
from edge.contract.errors import CooeeError
from edge.contract.messages import Call, Status
from edge.farm import Farm, Keep, parse_farm, sample_farm_text
from edge.service.processes import Child, free_port
from edge.written_files import JsonFile, write_json

DAYS_KEPT, YEAR_DAYS = 30, 365
NODES_A_BLOCK, GROWN_DAYS = 10, 60
MEASURED = {"soil_moisture_10cm": 0.17, "soil_moisture_30cm": 0.20, "soil_temperature": 16.0, "battery": 3.8}
"""Channel -> its lowest value here; it varies by a twentieth."""
WATCHED_S = 60.0
"""A page looks every five seconds whether something has changed, and is drawn anew every minute."""
POINTS = 180
TROUBLE_PAINTED = """{ const look = () => requestAnimationFrame(() => {
        if (!document.querySelector(".cooee-tasks li")?.checkVisibility({visibilityProperty: true})) return look()
        const painted = new MessageChannel()
        painted.port1.onmessage = () => { window.troublePainted = performance.now() }
        painted.port2.postMessage("after this frame")
    })
    look() }"""
"""When the frame was done in which the worst trouble's line was there to be seen, ms after the page was asked for."""
CHARTS_DRAWN = """() => { const charts = [...document.querySelectorAll(".cooee-axes > img")]
    return charts.length >= 2 && charts.every(chart => chart.complete) }"""
READINGS = f"""
WITH RECURSIVE hour (h) AS (SELECT 0 UNION ALL SELECT h + 1 FROM hour WHERE h + 1 < :hours)
INSERT INTO reading (farm, zone, node, t, inc, boot, seq, faults, {", ".join(MEASURED)})
SELECT :farm, :zone, :node, :since + h * {HOUR_MS}, 0, 1, h, '',
    {", ".join(f"{low} * (1 + ((h * 7919 + :number) % 1000) / 20000.0)" for low in MEASURED.values())} FROM hour
"""
DAILY = f"""
WITH RECURSIVE day (d) AS (SELECT 0 UNION ALL SELECT d + 1 FROM day WHERE d + 1 < :days)
INSERT INTO rollup (span, series, t, mean, low, high, count)
SELECT {DAY_MS}, id, :since + d * {DAY_MS}, 0.2, 0.1, 0.3, 24 FROM series JOIN day
"""
"""Before the readings; their own rollups are folded as ingest folds them."""


def large_farm(nodes: int, now: int) -> str:
    """farm.yaml with so many soil nodes, ten a block; its tomatoes were planted two months ago, whatever the season."""
    planted = datetime.fromtimestamp((now - GROWN_DAYS * DAY_MS) / 1000, UTC).strftime("%m-%d")
    head = sample_farm_text().split("zones:")[0]
    blocks = -(-nodes // NODES_A_BLOCK)
    zones = "".join(
        f"  - {{id: b{i}, name: Block {i}, crop: tomato, soil: sandy_loam, area_ha: 1.2, irrigation: drip, "
        f"planted: {planted}}}\n"
        for i in range(blocks)
    )
    each = "".join(
        f"  - {{id: p{i}, address: {i + 1}, zone: b{i // NODES_A_BLOCK}, sensors: [soil_probe], wake_interval: 1 h, "
        f"position: [{20 * (i % 100)}, {20 * (i // 100)}]}}\n"
        for i in range(nodes)
    )
    return f"{head}zones:\n{zones}nodes:\n{each}"


def fill(path: Path, farm: Farm, now: int, days: int = DAYS_KEPT) -> None:
    """A store of that farm after a year, with readings of so many days."""
    store = open_store(f"sqlite={path}")
    since = now // DAY_MS * DAY_MS - days * DAY_MS
    hours = (now - since) // HOUR_MS + 1
    with closing(sqlite3.connect(path)) as database, database:  # as fast as SQLite makes them
        for number, node in enumerate(farm.nodes):
            database.execute(READINGS, {"farm": farm.id, "zone": node.zone, "node": node.id, "number": number,
                                        "since": since, "hours": hours})  # fmt: skip
    forever = Keep(readings_days="all", hourly_days="all")
    while store.tend(farm.id, forever, now):
        pass
    if earlier := YEAR_DAYS - days:
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(DAILY, {"since": since - earlier * DAY_MS, "days": earlier})
        store.put_rollups(farm.id, [], {0: since, HOUR_MS: since})
    store.append(_dry_blocks(farm, now))
    store.close()


def _dry_blocks(farm: Farm, now: int) -> list[Stored]:
    heard = Status(farm=farm.id, node=farm.gateway, t=now, state="online", wake_interval_s=3600, gateway=True)
    callers = [node for node in farm.nodes if node.zone in ("b0", "b1", "b2")]
    calls = [
        Call(
            farm=farm.id,
            node=node.id,
            boot=1,
            seq=2**20,
            t=now - HOUR_MS,
            sentinel="soil",
            version="0badcafe",
            kind="too_dry",
            confidence=90,
            state="raised",
            raised_t=now - HOUR_MS,
        )
        for node in callers
    ]
    return [Stored(zone="unknown", message=heard), *(Stored(zone=call.node, message=call) for call in calls)]


def measure_page(browser: Browser, address: str, server: psutil.Process) -> dict[str, float]:
    """Seconds with their processor time until the first trouble is painted and until the whole of Farm can be used
    (first and second reader), and until History is drawn (the first time, the next, and by a link from outside); shares
    of a core that open pages take."""
    found: dict[str, float] = {}
    for reader in ("_cold", ""):
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.add_init_script(TROUBLE_PAINTED)
        clock = _Clock(server)
        page.goto(address, wait_until="commit")
        page.wait_for_function("() => window.troublePainted", timeout=120_000)
        painted = clock.read(f"first_paint{reader}")
        found |= painted | {f"first_paint{reader}_s": round(page.evaluate("troublePainted") / 1000, 2)}
        page.get_by_role("radio", name="Kiswahili").wait_for(timeout=120_000)
        found |= clock.read(f"whole_page{reader}")
        page.close()
    pages: list[Page] = []
    for count in (1, 5):
        while len(pages) < count:
            pages.append(browser.new_page())
            pages[-1].goto(address)
            pages[-1].get_by_role("link", name="History of Block 0").wait_for(timeout=120_000)
        found[f"core_share_{count}_pages"] = round(_core_share(server), 3)
    for page in pages:
        page.close()
    page = browser.new_page()
    page.goto(address)
    for name in ("history_opened_cold", "history_opened"):
        link = page.get_by_role("link", name="History of Block 0")
        link.wait_for(timeout=120_000)
        clock = _Clock(server)
        link.click()
        page.get_by_role("heading", name="Soil temperature").wait_for(timeout=120_000)
        page.wait_for_function(CHARTS_DRAWN, timeout=120_000)
        found |= clock.read(name)
        page.get_by_role("link", name="Farm", exact=True).click()
    page.close()
    page = browser.new_page(viewport={"width": 390, "height": 844})
    clock = _Clock(server)
    page.goto(f"{address}/zone?zone=b1", wait_until="commit")
    page.wait_for_function(CHARTS_DRAWN, timeout=120_000)
    page.close()
    return found | clock.read("block_by_link")


class _Clock:
    """Reads seconds since it began: on the wall, and of the server's and Chromium's processor time."""

    def __init__(self, server: psutil.Process) -> None:
        self._server = server
        self._began = time.perf_counter(), _used(server), _chromium_used()

    def read(self, name: str) -> dict[str, float]:
        now = time.perf_counter(), _used(self._server), _chromium_used()
        kinds = ("_s", "_server_processor_s", "_chromium_processor_s")
        return {f"{name}{kind}": round(t - t0, 2) for kind, t, t0 in zip(kinds, now, self._began, strict=True)}


def _chromium_used() -> float:
    """Seconds of processor time of the browser, so far."""
    return sum(_used(child) for child in psutil.Process().children(recursive=True) if "chrom" in child.name())


def _used(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _core_share(server: psutil.Process) -> float:
    time.sleep(WATCHED_S / 4)
    before, began = _used(server), time.perf_counter()
    time.sleep(WATCHED_S)
    return (_used(server) - before) / (time.perf_counter() - began)


def measure_history(store: Store, farm: Farm, now: int) -> float:
    """Seconds for a year of every channel of a block, as its History asks."""
    nodes = [node.id for node in farm.nodes_of("b0")]
    began = time.perf_counter()
    for channel in MEASURED:
        assert len(store.history(farm.id, nodes, channel, now - YEAR_DAYS * DAY_MS, now, POINTS).t) > POINTS * 0.9
    return round(time.perf_counter() - began, 3)


def measure_view(store: Store, farm: Farm) -> dict[str, float]:
    """Seconds of processor time for the state of the whole farm: at the first look, and when nothing has changed since
    (the least of three)."""
    probes, known, pace = ProbeWatch(), ZoneMemory(), Pace()

    def look() -> float:
        began = time.process_time()
        view_farm(farm, store, pace, probes, known=known)
        return time.process_time() - began

    first = look()
    return {"view_processor_s": round(first, 3), "view_again_processor_s": round(min(look() for _ in range(3)), 3)}


def command(
    nodes: Annotated[int, typer.Option(help="Sensors on the farm.", min=30, max=60_000)] = 1000,
    days: Annotated[
        int,
        typer.Option(
            min=1, max=YEAR_DAYS, help="Days of readings; a year of 1000 nodes takes 3 GB and some minutes more."
        ),
    ] = DAYS_KEPT,
    json_file: JsonFile = None,
) -> None:
    """Measure the page over a large farm after a year: first paint, what open pages cost, History."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise CooeeError("chromium is not installed: apt-get install chromium")
    now = time.time_ns() // 1_000_000
    text = large_farm(nodes, now)
    farm = parse_farm(text, source="farm.yaml")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        (folder / "farm.yaml").write_text(text, encoding="utf-8")
        began, used = time.perf_counter(), time.process_time()
        fill(folder / "cooee.db", farm, now, days)
        result: dict[str, Any] = {
            "processors": os.cpu_count(),
            "nodes": nodes,
            "readings": nodes * ((now % DAY_MS + days * DAY_MS) // HOUR_MS + 1),
            "filled_s": round(time.perf_counter() - began, 1),
            "filled_processor_s": round(time.process_time() - used, 1),
            "store_gb": round((folder / "cooee.db").stat().st_size / 1e9, 2),
        }
        store = open_store(f"sqlite={folder / 'cooee.db'}", read_only=True)
        result["history_year_s"] = measure_history(store, farm, now)
        result |= measure_view(store, farm)
        store.close()
        port = str(free_port())
        page = Child.cooee(
            "dashboard", "--farm", str(folder / "farm.yaml"), "--store", f"sqlite={folder / 'cooee.db'}",
            "--port", port, "--no-browser", log=folder / "dashboard.log",
        )  # fmt: skip
        try:
            page.wait_ready()
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            result |= measure_page(browser, f"http://127.0.0.1:{port}", psutil.Process(page.process.pid))
            browser.close()
        finally:
            page.stop()
    for key, value in result.items():
        typer.echo(f"{key:34} {value}")
    write_json(json_file, result)
