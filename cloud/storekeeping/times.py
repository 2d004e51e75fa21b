"""Times that people and other systems write."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge.contract.errors import CooeeError
from edge.contract.messages import EARLIEST_MS, LATEST_MS


def moment_of(text: str, timezone: str, where: str, pattern: str | None = None) -> int:
    """UTC ms of an ISO 8601 time, of seconds or milliseconds since 1970, or of a time written as strptime's `pattern`
    says; without a zone it is in `timezone`. CooeeError begins with `where`."""
    try:
        if pattern is not None:
            found = datetime.strptime(text, pattern)
        elif text.isdecimal() and len(text) in (10, 13):
            found = datetime.fromtimestamp(int(text) / (1 if len(text) == 10 else 1000), UTC)
        else:
            found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        like = f"as in {datetime(2026, 5, 1, 6).strftime(pattern)}" if pattern else "as in 2026-05-01T06:00"
        raise CooeeError(f"{where}: {text[:40]!r} is no time: write one {like}") from None
    aware = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(timezone))
    t = round(aware.timestamp() * 1000)
    if not EARLIEST_MS <= t < LATEST_MS:
        raise CooeeError(f"{where}: {text[:40]!r} is not between the years 2000 and 2100")
    return t


def zone_name(text: str) -> str:
    """A name of the IANA list, checked. CooeeError: there is none such."""
    try:
        return ZoneInfo(text).key
    except (OSError, ValueError, ZoneInfoNotFoundError):
        raise CooeeError(f"--timezone {text!r}: write a name of the IANA list, as in Europe/Berlin or UTC") from None
