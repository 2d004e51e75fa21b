"""Kinds of trouble: what a node can call about, read from kinds.toml, which says what each column means."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .channels import channel_names

TABLE = files(__package__).joinpath("kinds.toml")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of trouble (a row of kinds.toml): hours are `_h`, costs are in false calls."""

    name: str
    words: str
    noun: str
    colour: str
    chart: str
    chart_line: float | None = None
    asks_again_h: float | None = None
    gap_h: float
    early_h: float
    wrong_holds_h: float | None = None
    min_lead_h: float
    missed_cost: float
    late_cost: float
    baseline: tuple[str, ...]
    baseline_above: bool
    baseline_reversed: tuple[str, ...] = ()
    wakes: bool = False
    outdoors: bool = False
    of_crop: bool = False

    def __post_init__(self) -> None:
        if self.chart not in channel_names():
            raise ValueError(f"kinds.toml: {self.name}: there is no channel {self.chart!r} to draw it on")
        if not self.baseline:
            raise ValueError(f"kinds.toml: {self.name}: write at least one feature for its baseline")


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by name, in the table's order."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["kind"]
    table = {
        row["name"]: Kind(**row | {key: tuple(row[key]) for key in ("baseline", "baseline_reversed") if key in row})
        for row in rows
    }
    if len(table) != len(rows):
        raise ValueError("kinds.toml: two kinds have the same name")
    return table
