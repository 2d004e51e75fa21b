"""Times as files write them: dates in any order, clocks of 12 hours, midnight as 24:00, seconds since 1970, zones."""

import re

import pandas as pd

from edge.contract.errors import CooeeError

OFFSET = re.compile(r"(?:Z|UTC|GMT|[+-]\d\d:?\d\d)$", re.IGNORECASE)
"""At the end of a time that says of which zone it is."""
UTC_NAME = re.compile(r"\s*(?:UTC|GMT)$", re.IGNORECASE)
MIDNIGHT = re.compile(r"(?<=[ T])24(?=(?::?00){0,2}(?:$|[Z+-]))")
SECONDS = re.compile(r"(?:9\d{8}|1[0-8]\d{8})(?P<thousandths>\d{3})?(?:\.\d+)?")
"""Seconds or milliseconds since 1970, from 1998 to 2030: a day and hour written in ten digits is a larger number."""
DAY_OR_MONTH = re.compile(
    r"(?P<first>\d{1,2})[./-](?P<second>\d{1,2})[./-](?P<year>\d{4}|\d\d),?[ T]+"
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second_of>\d\d))? *(?P<half>[AaPp])?\.?(?:[Mm]\.?)?(?P<zone>Z|[+-].*)?"
)
"""A date that ends in its year, and a clock of 12 or 24 hours."""
HALVES = {"a": 0, "p": 12}
OTHER_FORMS = {
    **dict.fromkeys(
        (
            f"{date} {clock}"
            for date in ("%d-%b-%Y", "%d %b %Y", "%b %d %Y", "%B %d %Y")
            for clock in ("%H:%M", "%H:%M:%S")
        ),
        ".*",
    ),
    **dict.fromkeys(("%Y-%m-%d %I:%M %p", "%Y-%m-%d %I:%M:%S %p"), ".*"),
    "%Y%m%d%H%M": r"\d{12}",
    "%Y%m%d%H": r"\d{10}",
}
"""Forms besides those of ISO 8601 and dates that end in their year, and what their times are like."""
FREE = ("ISO8601", "mixed")
"""Forms of a time that are not one form alone."""


def says_zone(text: "pd.Series[str]") -> "pd.Series[bool]":
    """Which times say their zone."""
    return text.str.contains(OFFSET) | text.str.fullmatch(SECONDS)


def utc_times(text: "pd.Series[str]", form: str, name: str) -> "pd.Series[pd.Timestamp]":
    """UTC times, or what the file calls so; NaT where a text is none. CooeeError where day and month cannot be told
    apart."""
    text = text.str.replace(UTC_NAME, "Z", regex=True).str.replace(
        r"z$", "Z", regex=True
    )  # pandas knows no other name of a zone
    late = text.str.contains(MIDNIGHT)
    text = text.str.replace(MIDNIGHT, "00", regex=True)
    if form not in FREE:
        when = pd.to_datetime(text, errors="coerce", utc=True, format=form)
    elif text.str.fullmatch(SECONDS).all():
        thousandths = text.str.extract(f"^{SECONDS.pattern}$")["thousandths"].notna()
        when = pd.to_datetime(text.astype(float).div(1000).where(thousandths, text.astype(float)), unit="s", utc=True)
    else:
        parts = text.str.extract(f"^{DAY_OR_MONTH.pattern}$")
        dated = parts["year"].notna()
        when = pd.to_datetime(text.mask(dated), errors="coerce", utc=True, format=form)
        for other, like in OTHER_FORMS.items() if when.isna().all() and not dated.any() else ():
            when = when.fillna(
                pd.to_datetime(text.where(text.str.fullmatch(like)), errors="coerce", utc=True, format=other)
            )
        if dated.any():
            when = when.where(~dated, _in_order(parts[dated], text[dated], name).reindex(when.index))
    return when + pd.to_timedelta(late.astype(int), unit="D")


def _in_order(parts: pd.DataFrame, text: "pd.Series[str]", name: str) -> "pd.Series[pd.Timestamp]":
    """Times of dates that begin with their day or their month: in the order by which they are times, follow each other
    and lie close together."""
    orders = [_dated(parts, day=day, month=month) for day, month in (("first", "second"), ("second", "first"))]
    faults = [(int(when.isna().sum()) + _turns(when), when.max() - when.min()) for when in orders]
    if faults[0] == faults[1] and not orders[0].equals(orders[1]):
        raise CooeeError(
            f"{name}: of {text.iloc[0]!r} it cannot be told which is the day and which the month; write it as "
            f"{orders[0].iloc[0]:%Y-%m-%d %H:%M} or {orders[1].iloc[0]:%Y-%m-%d %H:%M}"
        )
    return orders[faults[1] < faults[0]]


def _turns(when: "pd.Series[pd.Timestamp]") -> int:
    """How often times fall that rise, or rise that fall."""
    steps = when.dropna().diff().iloc[1:]
    return min(int((steps < pd.Timedelta(0)).sum()), int((steps > pd.Timedelta(0)).sum()))


def _dated(parts: pd.DataFrame, *, day: str, month: str) -> "pd.Series[pd.Timestamp]":
    year = parts["year"].astype(int)
    date = pd.DataFrame({"year": year + 2000 * (year < 100), "month": parts[month], "day": parts[day]})
    hour = parts["hour"].astype(int)
    half = parts["half"].str.lower().map(HALVES)
    hour = hour.where(half.isna(), hour.where(hour.between(1, 12)) % 12 + half).where(hour < 24)
    minutes = hour * 60 + parts["minute"].astype(int)
    seconds = minutes * 60 + parts["second_of"].fillna("0").astype(int)
    zone = pd.to_datetime("2000-01-01T00:00" + parts["zone"].fillna("Z"), errors="coerce", utc=True, format="ISO8601")
    since = zone - pd.Timestamp("2000-01-01", tz="UTC")
    return pd.to_datetime(date, errors="coerce", utc=True) + pd.to_timedelta(seconds, unit="s") + since
