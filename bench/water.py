"""The water balance against measured plots, next to pyfao56 on the same inputs: `cooee bench water --data DIR`.

Every plot of the folder (layout: simulations/field/plot_files.py) is replayed from its first measurement; all later
ones are scored: root-zone depletion (RMSE and bias, mm) and "stressed", that is more than the readily available water
gone, against a measured Ks below 1.
"""

import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from edge.written_files import JsonFile, write_json
from simulations.field.measured_plots import Plot, Replay, replay
from simulations.field.plot_files import read_plots

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Score:
    """Depletion in mm; `balanced_accuracy` of "stressed" is None unless stressed and other days were measured."""

    rmse_mm: float
    bias_mm: float
    balanced_accuracy: float | None


def score(plots: Sequence[Plot], replays: Sequence[Replay]) -> Score:
    """All measurements of some plots against their replays."""
    pairs = [
        (r.depletion[day], depletion, r.depletion[day] > r.raw[day], ks < 1)
        for plot, r in zip(plots, replays, strict=True)
        for day, (depletion, ks) in plot.measured.items()
    ]
    simulated, measured, called, stressed = (np.array(column) for column in zip(*pairs, strict=True))
    error = simulated - measured
    both = stressed.any() and not stressed.all()
    return Score(
        rmse_mm=round(float(np.sqrt((error**2).mean())), 2),
        bias_mm=round(float(error.mean()), 2),
        balanced_accuracy=round(float(called[stressed].mean() + (~called)[~stressed].mean()) / 2, 3) if both else None,
    )


def replay_by_pyfao56(plot: Plot) -> Replay:
    """A plot through pyfao56's layered balance, from the same day with the same soil, canopy and water."""
    import pandas as pd
    import pyfao56

    start = plot.first + timedelta(days=plot.start)
    days = [plot.first + timedelta(days=day) for day in range(len(plot.et0))]
    keys = [day.strftime("%Y-%j") for day in days]
    shift = plot.start - plot.planted
    if shift > plot.par["Lini"]:
        raise ValueError(
            f"{plot.name}: pyfao56 counts stages from its first day; the first measurement is after the initial stage"
        )
    par = pyfao56.Parameters(**(plot.par | {"Lini": plot.par["Lini"] - shift}))
    wth, irr, sol, upd = pyfao56.Weather(), pyfao56.Irrigation(), pyfao56.SoilProfile(), pyfao56.Update()
    wth.rfcrp, wth.wndht = "T" if plot.tall else "S", 2.0
    wth.wdata = pd.DataFrame(
        {"ETref": plot.et0, "RHmin": plot.rh_min, "Wndsp": plot.u2, "Rain": plot.rain, "MorP": "M"}, index=keys
    )
    for name in ("Srad", "Tmax", "Tmin", "Vapr", "Tdew", "RHmax"):
        wth.wdata[name] = np.nan
    for day in np.flatnonzero(plot.irrigation > 0):
        irr.addevent(days[day].year, int(days[day].strftime("%j")), plot.irrigation[day], plot.wetted[day])
    # It wants whole centimetres.
    bottom = np.maximum(np.round(plot.layers.bottom_m * 100).astype(int), 1)
    bottom[-1] = max(bottom[-1], int(np.ceil(plot.par["Zrmax"] * 100)))
    sol.sdata = pd.DataFrame(
        {"thetaFC": plot.layers.fc, "thetaWP": plot.layers.wp, "theta0": plot.layers.theta0}, index=bottom
    )
    upd.udata = pd.DataFrame(plot.canopy, columns=["Kcb", "h", "fc"], index=keys)
    model = pyfao56.Model(start.strftime("%Y-%j"), keys[-1], par, wth, irr=irr, sol=sol, upd=upd)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        model.run()
    before = np.full(plot.start, np.nan)
    return Replay(
        depletion=np.concatenate([before, model.odata["Dr"].to_numpy(dtype=float)]),
        raw=np.concatenate([before, model.odata["RAW"].to_numpy(dtype=float)]),
    )


def measure(folder: Path, *, peer: bool = True) -> dict[str, Any]:
    """The whole comparison as JSON would have it; `peer`: pyfao56 too."""
    plots = read_plots(folder)
    began = time.perf_counter()
    replays = [replay(plot) for plot in plots]
    seconds = time.perf_counter() - began
    result: dict[str, Any] = {
        "plots": len(plots),
        "measurements": sum(len(p.measured) for p in plots),
        "stressed": sum(ks < 1 for p in plots for _, ks in p.measured.values()),
        **asdict(score(plots, replays)),
        "seconds": round(seconds, 3),
    }
    rows = [{"plot": plot.name, **asdict(score([plot], [r]))} for plot, r in zip(plots, replays, strict=True)]
    if peer:
        began = time.perf_counter()
        theirs = [replay_by_pyfao56(plot) for plot in plots]
        seconds = time.perf_counter() - began
        result["pyfao56"] = {**asdict(score(plots, theirs)), "seconds": round(seconds, 3)}
        for row, plot, r in zip(rows, plots, theirs, strict=True):
            row["pyfao56"] = asdict(score([plot], [r]))
    return result | {"rows": rows}


def command(
    data: Annotated[
        Path, typer.Option(help="Folder of measured plots, laid out as simulations/field/plot_files.py says.")
    ],
    json_file: JsonFile = None,
    peer: Annotated[bool, typer.Option(help="Run pyfao56 on the same inputs.")] = True,
) -> None:
    """Score the water balance on every measured plot of a folder."""
    result = measure(data, peer=peer)
    typer.echo(f"{result['plots']} plots, {result['measurements']} measurements, {result['stressed']} of them stressed")
    lines = {"cooee": result} | ({"pyfao56": result["pyfao56"]} if peer else {})
    for name, line in lines.items():
        accuracy = "-" if line["balanced_accuracy"] is None else f"{line['balanced_accuracy']:.1%}"
        typer.echo(
            f"  {name:8s} depletion RMSE {line['rmse_mm']:.1f} mm, bias {line['bias_mm']:+.1f} mm; stressed, "
            f"balanced accuracy "
            f"{accuracy}; {line['seconds']:.2f} s"
        )
    write_json(json_file, result)


if __name__ == "__main__":
    typer.run(command)
