"""Files of weather read as tables: of which kind one is, by the names of its columns or its first line."""

import csv
import io
import logging
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from edge.contract.errors import CooeeError

from .decimals import with_points
from .file_text import text_of
from .format import Format, Unnamed
from .name_rows import NameRows, name_rows, splits
from .said_units import without_units
from .table import MOST_NAMED, Table

LOG = logging.getLogger(__name__)
MISSING = (
    "-",
    "--",
    "---",
    "--.-",
    "---.-",
    "--.--",
    "M",
    "///",
    "*",
    "#DIV/0!",
    "#VALUE!",
    "#REF!",
    "(null)",
    "k.A.",
    "n.v.",
)
"""What is written for no value, besides nothing and what pandas knows (NA, NaN, null ...)."""
LONGEST_PREAMBLE = 100
"""Lines before the column names."""
OWN_NAMES = "name yours Time, Temperature (°C), Humidity (%), Wind (m/s), Rain (mm) and Pressure (hPa)"
LIKE = 0.3
"""A file that has a smaller share of a kind's columns is not meant to be of it."""


def read_table(
    path: Path, formats: Sequence[Format], otherwise: Callable[[list[str]], Format | None] = lambda names: None
) -> Table:
    """A file, gzipped or not, of one of these kinds, or of one that `otherwise` makes of its names: commas, semicolons,
    tabs, bars or spaces between its columns, whatever is written before their names. CooeeError when it cannot be read,
    or is of none of them."""
    text = text_of(path)
    lines = text.split("\n", LONGEST_PREAMBLE)[:LONGEST_PREAMBLE]
    for kind in formats:
        if kind.unnamed and re.match(kind.unnamed.opening, lines[0], re.IGNORECASE):
            return _unnamed(path, text, lines, kind, kind.unnamed)
    named = [kind for kind in formats if not kind.unnamed]
    nearest: tuple[float, Format, list[str]] | None = None
    for head in name_rows(lines):
        for kind in named:
            missing = kind.missing(head.names)
            if not missing:
                return _named(path, text, lines, kind, head)
            likeness = 1 - len(missing) / kind.size
            if likeness > LIKE and not kind.refusal and (nearest is None or likeness > nearest[0]):
                nearest = likeness, kind, head.names
    for head in name_rows(lines):
        try:
            made = otherwise(head.names)
        except CooeeError as error:
            raise CooeeError(f"weather file {path.name}: {error}") from None
        if made:
            return _named(path, text, lines, made, head)
    raise CooeeError(f"weather file {path.name}: {_what_is_missing(nearest, lines, formats)}")


def _unnamed(path: Path, text: str, lines: list[str], kind: Format, how: Unnamed) -> Table:
    """A file without a line of column names."""
    begin = 0
    if how.last is not None:
        lasts = [number for number, line in enumerate(lines, 1) if line.upper().startswith(how.last)]
        if not lasts:
            raise CooeeError(f"weather file {path.name}: has no line that begins with {how.last!r}, as {kind.name} has")
        begin = lasts[0]
    preamble = "\n".join(lines[:begin])
    frame = _frame(path, text, begin - 1, how.separator, list(how.names))
    if frame.empty:
        raise CooeeError(f"weather file {path.name}: holds no line below {how.last!r}")
    return Table(name=path.name, format=kind, preamble=preamble, header=begin, frame=frame)


def _named(path: Path, text: str, lines: list[str], kind: Format, head: NameRows) -> Table:
    """A file of a kind, by its names."""
    if kind.refusal:
        raise CooeeError(f"weather file {path.name}: {kind.refusal}")
    _check_once(path, kind, head.names)
    header = head.before + len(head.rows)
    cells = _frame(path, text, header - 1, head.separator, head.names, lists=kind.lists)
    frame = without_units(_one_table(cells, kind, head), kind, path.name, header)
    if frame.empty:
        raise CooeeError(f"weather file {path.name}: holds no line below its column names")
    return Table(name=path.name, format=kind, preamble="\n".join(lines[: head.before]), header=header, frame=frame)


def _check_once(path: Path, kind: Format, cells: list[str]) -> None:
    """CooeeError where a column that is read is there twice."""
    twice = [name for name in kind.names() if cells.count(name) > 1]
    if twice:
        raise CooeeError(f"weather file {path.name}: column {twice[0]!r} is there twice; leave one of them out")


def _whole(path: Path, text: str, separator: str) -> str:
    """Text without its last line where that breaks off, as of a file that was not written to its end."""
    before, _, last = text.rpartition("\n")
    if last and len(re.findall(separator, last)) < len(re.findall(separator, before.rpartition("\n")[2])):
        LOG.warning("%s: the last line breaks off and is left out", path.name)
        return before
    return text


def _one_table(frame: pd.DataFrame, kind: Format, head: NameRows) -> pd.DataFrame:
    """Without the names again, as where files were joined, and what stands below other names."""
    width = len(head.names)
    repeated = [(row + [""] * width)[:width] for row in head.rows]
    at = head.names.index(kind.time[0])
    first = frame[kind.time[0]].fillna("").str.strip().str.strip("# ")
    likely = frame[first.isin([row[at] for row in repeated])].iloc[:, :width].fillna("")
    named = pd.Series([[cell.strip() for cell in row] in repeated for row in likely.to_numpy()], likely.index, bool)
    again = named.reindex(frame.index, fill_value=False).to_numpy()
    others = (~again & (first == kind.time[0]).to_numpy()).nonzero()[0]
    end = others[0] if len(others) else None
    return frame.iloc[:end][~again[:end]]


def _frame(
    path: Path, text: str, header: int, separator: str, names: list[str], *, lists: bool = False
) -> pd.DataFrame:
    """The lines below the names, as text, without comments; numbers have points, but in `lists`. The second of two
    names that are the same is called by its place, too."""
    spare = "beyond the names"
    names = [name if name not in names[:at] else f"{name} (column {at + 1})" for at, name in enumerate(names)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.ParserWarning)  # cells beyond the names are named below
            # Parsed from memory: pandas takes a Ctrl-C that meets it while it reads a file for a damaged file.
            frame = pd.read_csv(
                io.BytesIO(_whole(path, text, separator).encode()),
                sep=separator,
                skiprows=header + 1,
                header=None,
                names=[*names, spare],
                index_col=False,
                na_values=list(MISSING),
                skipinitialspace=True,
                skip_blank_lines=False,
                dtype=str,
                quoting=csv.QUOTE_NONE if len(names) == 1 else csv.QUOTE_MINIMAL,
                engine="c" if len(separator) == 1 or separator == r"\s+" else "python",
            ).dropna(how="all")
    except ValueError as error:
        raise CooeeError(f"weather file {path}: cannot be read ({error})") from None
    beyond = (frame[spare].notna() & (frame[spare].str.strip() != "")).to_numpy()
    if beyond.any():
        raise CooeeError(
            f"{path.name}: line {int(frame.index[int(beyond.argmax())]) + header + 2}: has more cells than there are "
            f"column names"
        )
    frame = frame[~frame[names[0]].str.lstrip().str.startswith("#").eq(True)]
    if lists or (separator == "," and '"' not in text):
        return frame
    return with_points(frame, commas_divide=separator == ",")


def _what_is_missing(
    nearest: tuple[float, Format, list[str]] | None, lines: list[str], formats: Sequence[Format]
) -> str:
    """What the file lacks of the kind that it is most like."""
    if nearest is None:
        found = next(splits(lines[0]))[1] if lines[0].strip() else []
        known = dict.fromkeys(kind.name for kind in formats if not kind.refusal)
        return (
            f"its columns are none that are known ({', '.join(known)}); found "
            f"{', '.join(found[:MOST_NAMED])[:400] or 'nothing'}; {OWN_NAMES}"
        )
    _, kind, cells = nearest
    missing = kind.missing(cells)
    return f"column {missing[0]!r} is missing for {kind.name}; found {', '.join(cells[:MOST_NAMED])[:400]}"
