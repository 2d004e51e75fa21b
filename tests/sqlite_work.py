"""Work of SQLite, counted in steps of its virtual machine: the same on every machine, however busy."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

EVERY = 1000
"""Steps between two counts."""


class Work:
    """Steps since the last `reset`, rounded down to EVERY for each statement."""

    def __init__(self) -> None:
        self.steps = 0

    def reset(self) -> None:
        """Counts from nought again."""
        self.steps = 0

    def _count(self) -> int:
        self.steps += EVERY
        return 0


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """Counts the work of every database that is opened meanwhile."""
    work = Work()
    connect = sqlite3.connect

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        database: sqlite3.Connection = connect(*arguments, **options)
        database.set_progress_handler(work._count, EVERY)
        return database

    with monkeypatch.context() as patched:
        patched.setattr("cloud.store.sqlite.sqlite3.connect", connected)
        yield work
