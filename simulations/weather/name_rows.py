"""What may be the names of a file's columns: any of its first lines, or two of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

SEPARATORS = {",": ",", ";": ";", "\t": "\t", "|": r"\|"}
"""What stands between cells, as text and as pandas wants it; spaces besides."""


@dataclass(frozen=True, kw_only=True)
class NameRows:
    """Names by a separator (as pandas wants it), the rows of cells that they were made of, and how many lines stand
    before the first of these."""

    before: int
    separator: str
    rows: tuple[list[str], ...]
    names: list[str]


def name_rows(lines: list[str]) -> Iterator[NameRows]:
    """Each line alone; and one with blanks, as groups have, together with the line below."""
    for before, line in enumerate(lines):
        below = dict(splits(lines[before + 1])) if before + 1 < len(lines) else {}
        for separator, cells in splits(line):
            yield NameRows(before=before, separator=separator, rows=(cells,), names=cells)
            if "" in cells and separator in below:
                rows = cells, below[separator]
                yield NameRows(before=before, separator=separator, rows=rows, names=_in_groups(*rows))


def splits(line: str) -> Iterator[tuple[str, list[str]]]:
    """A line's cells by every separator that it has."""
    for separator, pattern in SEPARATORS.items():
        if separator in line:
            yield pattern, [cell.strip().strip('"').strip() for cell in line.lstrip("# ").split(separator)]
    yield r"\s+", line.split()


def _in_groups(groups: list[str], within: list[str]) -> list[str]:
    """Names with that of their group before, which stands above the first of it."""
    names, current = [], ""
    for group, name in zip_longest(groups, within, fillvalue=""):
        current = group or current
        names.append(f"{current} {name}".strip())
    return names
