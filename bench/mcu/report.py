"""The table and the plot of bench/mcu/cli.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cloud.porting.check.boards import MEASURED

COLOURS = {
    "cooee table": "#0b6e4f",
    "cooee inline": "#08a045",
    "micromlgen": "#c1292e",
    "emlearn int16": "#235789",
    "emlearn float": "#7aa5d2",
    "emlearn loadable": "#5b4b8a",
    "m2cgen": "#8d6a28",
    "tl2cgen": "#6f4e37",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One model from one generator on one board; bytes, cycles or instructions a row. Without a figure, `note` says
    why."""

    data: str
    model: str
    kind: str
    generator: str
    board: str
    flash: int | None = None
    ram: int | None = None
    stack: int | None = None
    cycles: float | None = None
    agreement: float | None = None
    accuracy: float | None = None
    fits: bool = False
    note: str = ""


def markdown(rows: Sequence[Row]) -> str:
    """A table a board."""
    parts = []
    for board in MEASURED.values():
        if not any(row.board == board.name for row in rows):
            continue
        parts.append(
            f"### {board.title} ({board.counts})\n\n"
            "| data | model | generator | flash B | RAM B | stack B | a row | agreement % | accuracy % | |\n"
            "|---|---|---|---:|---:|---:|---:|---:|---:|---|\n"
            + "".join(_line(row) for row in rows if row.board == board.name)
        )
    return "\n".join(parts)


def _line(row: Row) -> str:
    note = row.note or ("" if row.fits else "does not fit")
    cells = [
        row.data,
        row.model,
        row.generator,
        _whole(row.flash),
        _whole(row.ram),
        _whole(row.stack),
        _whole(row.cycles),
        _percent(row.agreement),
        _percent(row.accuracy),
        note.replace("|", "/"),
    ]
    return "| " + " | ".join(cells) + " |\n"


def _whole(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"


def plot(rows: Sequence[Row], path: Path) -> None:
    """Flash against cycles of trees and forests on the ATmega328P, both logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5.2), layout="constrained")
    for generator, colour in COLOURS.items():
        mine = [
            (row.flash, row.cycles)
            for row in rows
            if row.generator == generator and row.board == "uno" and row.kind == "trees" and row.flash and row.cycles
        ]
        if mine:
            own = generator.startswith("cooee")
            axes.scatter(
                [flash for flash, _ in mine],
                [cycles for _, cycles in mine],
                s=34 if own else 24,
                marker="o" if own else "x",
                color=colour,
                label=generator,
            )
    axes.axvline(32256, color="#888888", linewidth=0.8)
    axes.annotate(
        "flash of an Uno",
        (32256, 0.99),
        xycoords=("data", "axes fraction"),
        rotation=90,
        va="top",
        ha="right",
        fontsize=8,
    )
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="flash (bytes)",
        ylabel="cycles a row",
        title="The same trees and forests on an ATmega328P: lower left is better",
    )
    axes.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
