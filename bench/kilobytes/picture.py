"""Accuracy against bytes of the models that docs/MODELS.md has measured: `python -m bench.kilobytes.picture FILE`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

MODELS = Path(__file__).resolve().parents[2] / "docs/MODELS.md"
OURS = ("LowBitNet", "CompactBoosting", "Bonsai", "ImageConv")
OURS_COLOUR, PEERS_COLOUR = "#1a7f37", "#8c6d1f"
TWO_KILOBYTES = 2048
ROW = re.compile(r"\|([^|]*)\|([^|]*)\| \**([\d.]+)(?: ± ([\d.]+))?\** \| ([\d,]+) \|[^|]*\|")


@dataclass(frozen=True, kw_only=True)
class Point:
    """A model on a data set: accuracy on its test rows and the spread over seeds [%], and bytes."""

    data: str
    model: str
    accuracy: float
    spread: float
    size: int

    @property
    def ours(self) -> bool:
        """Whether it is a model of this package; those of published figures are not."""
        return self.model.startswith(OURS) and "published" not in self.model


def points(text: str) -> list[Point]:
    """The rows of the tables under "Measured" that name a model, an accuracy and bytes."""
    found: list[Point] = []
    for line in text.partition("\n## Measured\n")[2].splitlines():
        row = ROW.fullmatch(line)
        if row is None:
            continue
        named, model, accuracy, spread, size = row.groups()
        data = re.split(r"[,(]", named)[0].strip() or found[-1].data
        found.append(
            Point(
                data=data,
                model=model.replace("*", "").strip(),
                accuracy=float(accuracy),
                spread=float(spread or 0),
                size=int(size.replace(",", "")),
            )
        )
    return found


def draw(found: Sequence[Point], path: Path) -> None:
    """A panel a data set, bytes logarithmic: ours, and peers of any size."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    sets = list(dict.fromkeys(point.data for point in found))
    across = 3
    figure, panels = pyplot.subplots(
        -(-len(sets) // across), across, figsize=(10, 2.4 * -(-len(sets) // across)), sharex=True, layout="constrained"
    )
    for panel, data in zip(panels.flat, sets, strict=False):
        for point in (point for point in found if point.data == data):
            colour = OURS_COLOUR if point.ours else PEERS_COLOUR
            left = point.ours or point.model == "LightGBM"  # which lies where scikit-learn's boosting does
            panel.errorbar(
                point.size, point.accuracy, yerr=point.spread, fmt="o" if point.ours else "x", ms=5, color=colour
            )
            panel.annotate(
                re.split(r"[,:(]", point.model)[0].strip(),
                (point.size, point.accuracy),
                xytext=(-6 if left else 6, -2),
                textcoords="offset points",
                ha="right" if left else "left",
                fontsize=6.5,
                color=colour,
            )
        panel.axvline(TWO_KILOBYTES, color="#888888", linewidth=0.8, linestyle=":")
        panel.set_title(data, fontsize=9, loc="left")
        panel.margins(y=0.2)
        panel.tick_params(labelsize=7)
    for panel in panels.flat[len(sets) :]:
        panel.set_axis_off()
    panels.flat[0].set(xscale="log", xlim=(0.05, 1e12))
    figure.supxlabel("bytes: ours are flash on an ATmega328P, peers' their numbers alone; dotted: 2048", fontsize=8)
    figure.supylabel("test rows right, %", fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def main(file: Annotated[Path, typer.Argument(help="Where to write the picture (PNG or SVG).")]) -> None:
    """Draw the tables of docs/MODELS.md."""
    draw(points(MODELS.read_text(encoding="utf-8")), file)


if __name__ == "__main__":
    typer.run(main)
