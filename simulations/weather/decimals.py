"""Numbers as spreadsheets write them: a comma for a point, marks between thousands."""

import pandas as pd

COMMA_FOR_POINT = r"[-+]?\d+,(?:\d{1,2}|\d{4,})|[-+]?\d{4,},\d+|[-+]?0,\d+|[-+]?\d{1,3}(?:\.\d{3})+,\d+"
"""A comma that can be nothing else."""
COMMA_FOR_THOUSANDS = r"[-+]?\d{1,3}(?:,\d{3})+\.\d+|[-+]?\d{1,3}(?:,\d{3}){2,}"
EITHER = r"[-+]?\d{1,3},\d{3}"
POINT = r"[-+]?\d+\.\d+"


def with_points(frame: pd.DataFrame, *, commas_divide: bool) -> pd.DataFrame:
    """Cells of text, each number in them with a point and without marks between thousands. What a comma is, the whole
    file says; where it does not, one between cells that commas divide stands between thousands."""
    cells = pd.Series(frame.to_numpy().ravel()).dropna().str.strip()
    cells = cells[cells.str.contains(",", regex=False) | cells.str.fullmatch(POINT)]
    decimal = cells.str.fullmatch(COMMA_FOR_POINT).any()
    thousands = cells.str.fullmatch(COMMA_FOR_THOUSANDS).any()
    if decimal and thousands:
        return frame
    if decimal or not (thousands or commas_divide or cells.str.fullmatch(POINT).any()):
        return _replaced(frame, rf"(?:{COMMA_FOR_POINT}|{EITHER})", {".": "", ",": "."})
    return _replaced(frame, rf"(?:{COMMA_FOR_THOUSANDS}|{EITHER})", {",": ""})


def _replaced(frame: pd.DataFrame, numbers: str, marks: dict[str, str]) -> pd.DataFrame:
    def plain(cells: "pd.Series[str]") -> "pd.Series[str]":
        found = cells.str.strip().str.fullmatch(numbers).eq(True)
        if not found.any():
            return cells
        written = cells[found].str.strip()
        for mark, instead in marks.items():
            written = written.str.replace(mark, instead, regex=False)
        return cells.where(~found, written.reindex(cells.index))

    return frame.apply(plain)
