"""Logs that no sender can fill: a line has an end, and what repeats is counted instead of written."""

import logging
import re
import sys
import time

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
LONGEST = 2000
"""Letters of a record, its traceback included."""
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What a terminal obeys, or what begins another line, or reads it backwards."""
EACH = 5
PERIOD_S = 60.0
"""Records of one kind (the same place in the code) are written EACH times a period."""


def printable(text: str) -> str:
    """A stranger's text on one line that a terminal only shows."""
    return UNPRINTABLE.sub(lambda sign: sign[0].encode("unicode_escape").decode(), text)


class Sparing(logging.Filter):
    """Lets EACH records of a kind through in a period, and says with the first of the next how many it kept back."""

    def __init__(self) -> None:
        super().__init__()
        self._began: dict[tuple[str, int, str], float] = {}
        self._count: dict[tuple[str, int, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging.Filter."""
        kind = (record.name, record.levelno, str(record.msg))
        now = time.monotonic()
        count = self._count.get(kind, 0)
        if now - self._began.get(kind, -PERIOD_S) >= PERIOD_S:
            self._began[kind] = now
            self._count[kind] = 1
            if count > EACH:
                record.msg, record.args = f"{record.getMessage()[:LONGEST]} (and {count - EACH} more before)", None
            return True
        self._count[kind] = count + 1
        return count < EACH


class Short(logging.Formatter):
    """Cuts a record that is too long, and shows what strangers put into it as signs."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        record.message = printable(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        text = super().format(record)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text)} letters)"


def set_up() -> None:
    """Sends all logs to standard error, sparingly."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Short(FORMAT))
    handler.addFilter(Sparing())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
