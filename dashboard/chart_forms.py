"""How charts write numbers and times for the reader: the browser draws them, with these forms (d3's) in the chart."""

from datetime import time
from typing import Any

from babel.dates import format_time, get_day_names, get_month_names, get_time_format
from babel.numbers import get_decimal_symbol, get_group_symbol

from cloud.clock import DAY_MS
from cloud.language.reader import locale

_WEEK = (6, 0, 1, 2, 3, 4, 5)
"""Days as d3 counts them, from Sunday, in Babel's numbers."""


def forms() -> dict[str, Any]:
    """Names of days and months, signs in numbers."""
    here = locale()
    return {
        "number": {
            "decimal": get_decimal_symbol(here),
            "thousands": get_group_symbol(here),
            "grouping": [3],
            "currency": ["", ""],
        },
        "time": {
            "dateTime": moment_form(),
            "date": _date_form(),
            "time": _time_form(),
            "periods": [str(format_time(time(hour), "a", locale=here)) for hour in (9, 21)],
            "days": [get_day_names("wide", locale=here)[day] for day in _WEEK],
            "shortDays": [get_day_names("abbreviated", locale=here)[day] for day in _WEEK],
            "months": list(get_month_names("wide", locale=here).values()),
            "shortMonths": list(get_month_names("abbreviated", locale=here).values()),
        },
    }


def axis_form(span_ms: int) -> str:
    """Of the times below a chart over so long."""
    if span_ms <= 2 * DAY_MS:
        return _time_form()
    return f"%a {_date_form()}" if span_ms <= 8 * DAY_MS else _date_form()


def moment_form() -> str:
    """Of one time."""
    return f"{_date_form()}, {_time_form()}"


def _date_form() -> str:
    return str(locale().datetime_skeletons["MMMd"].pattern).replace("d", "%-d").replace("MMM", "%b")


def _time_form() -> str:
    return "%-I:%M %p" if "a" in get_time_format("short", locale()).pattern else "%H:%M"
