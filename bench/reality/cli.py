"""Today's sentinels on what others measured, beside published rules: `cooee bench reality --data DIR`.

DIR holds any of these folders:

- weather: files of stations in steps of an hour or less, in any format of simulations/weather/formats.py; sites.toml
  has a table ["FILE"] with latitude, elevation_m and perhaps utc_offset_h, wind_height_m for those that do not say
  where they stand. Frost is a measured temperature below 0 degC; disease weather the Hutton criterion on measured
  hours; wind a measured gust of 10.8 m/s. Months of growth count alone.
- cotton: plots as simulations/field/plot_files.py has them, with water measured in the layers down to 20 and 40 cm
  and a stress coefficient (below 1: too dry). The readings go straight from one measurement to the next, and each
  measurement is scored.
- soil: tables of probes every 2 hours (simulations/nodes/soil_probes.py). Nobody knows what was true there: only how
  often a node calls a probe faulty whose value soil can have.
- kiwifruit: stores, a file each: time, ethylene (ppm), ripening (1 or 0).

An interval is 95 %, by drawing places and days anew (bench/bootstrap.py).
"""

from collections.abc import Callable, Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.contract.errors import CooeeError
from edge.written_files import JsonFile, write_json
from simulations.weather.formats import WHATELY_SITE
from simulations.weather.ten_minutes import WHATELY

from ..bootstrap import in_words
from .soil import read_tubes, score_probes, score_tubes
from .stores import score_store
from .weather import Station, Tallies, read_stations, score_stations, stations_of


def measure(folder: Path | None) -> dict[str, Any]:
    """All figures by kind and caller, as JSON would have them; without a folder, of the data that come with the
    program. CooeeError where there is nothing to score, or a file cannot be read."""
    if folder is None:
        with as_file(files("bench").joinpath("data")) as shipped:
            return _measure(shipped, with_whately=True)
    return _measure(folder, with_whately=False)


def _measure(folder: Path, *, with_whately: bool) -> dict[str, Any]:
    scored: dict[str, Callable[[Path], Tallies]] = {
        "weather": lambda path: _weather(path, with_whately=with_whately),
        "cotton": lambda path: score_tubes(read_tubes(path)),
        "soil": lambda path: _every(path, lambda file, tallies: tallies.update(score_probes(file))),
        "kiwifruit": lambda path: _every(path, score_store),
    }
    here = [name for name in scored if (folder / name).is_dir()]
    if not here:
        raise CooeeError(f"{folder}: has none of the folders {', '.join(scored)}; cooee bench reality --help says more")
    result: dict[str, Any] = {}
    for name in here:
        for (kind, who), tally in scored[name](folder / name).items():
            result.setdefault(kind, {})[who] = {"of": name} | tally.figures()
    return result


def whately() -> Iterator[Station]:
    """The station whose weather comes with the simulated field."""
    with as_file(files("simulations").joinpath("data", WHATELY)) as file:
        yield from stations_of(file, {WHATELY: WHATELY_SITE})


def measured_stations() -> Iterator[Station]:
    """All stations that come with the program."""
    with as_file(files("bench").joinpath("data", "weather")) as folder:
        yield from read_stations(folder)
    yield from whately()


def _weather(path: Path, *, with_whately: bool) -> Tallies:
    return score_stations([*read_stations(path), *(whately() if with_whately else ())])


def _every(path: Path, score: Callable[[Path, Tallies], None]) -> Tallies:
    tallies: Tallies = {}
    tables = sorted(file for file in path.iterdir() if file.name.endswith((".csv", ".csv.gz")))
    if not tables:
        raise CooeeError(f"{path}: has no .csv or .csv.gz files")
    for file in tables:
        score(file, tallies)
    return tallies


def command(
    data: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="Folder with any of weather/, cotton/, soil/ and kiwifruit/, laid out as bench/reality/cli.py says; "
            "without it, what comes with the program.",
        ),
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Score the sentinels on what others measured, beside published rules."""
    result = measure(data)
    for kind, callers in result.items():
        first = next(iter(callers.values()))
        typer.echo(
            f"{kind}: {first['places']} places, {first['days']} days, {first['troubles']} troubles "
            f"({first['exposure']:g} x {first['unit']})"
        )
        for who, f in callers.items():
            typer.echo(
                f"  {who:22s} found {f['found']}, {in_words(f['recall'])}; in time {f['in_time']}; calls {f['calls']}, "
                f"grey {f['grey']}, false {f['false']}: {in_words(f['false_rate'])} a {f['unit']}; lead "
                f"{in_words(f['lead_h'], '.1f')} h"
            )
    write_json(json_file, result)


if __name__ == "__main__":
    typer.run(command)
