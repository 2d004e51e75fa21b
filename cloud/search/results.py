"""What a search has found so far, in a file of a JSON line each, so that it can be stopped and begun again."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.contract.errors import CooeeError
from edge.edited_file import why_unreadable
from edge.written_files import replace_file

from .trial import Trial, as_record, from_record


class Results:
    """The trials in a file. The first line says of which search they are; a line that was cut off is dropped."""

    def __init__(self, path: Path, search: Mapping[str, Any]) -> None:
        """Opens a file of this search, or begins one.

        Raises:
            CooeeError: the file is of another search, is none of ours, or cannot be written.
        """
        self._path = path
        self._search = dict(search)
        self._trials: dict[str, Trial] = {}
        try:
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            self._read(lines)
            self._write()
        except (OSError, UnicodeDecodeError) as error:
            raise CooeeError(f"results file {path} cannot be used: {why_unreadable(error)}") from error

    def get(self, key: str) -> Trial | None:
        """What is known of a candidate."""
        return self._trials.get(key)

    def put(self, key: str, trial: Trial) -> None:
        """Keeps it, on disk when this returns; CooeeError when it cannot be."""
        self._trials[key] = trial
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(_line({"key": key, **as_record(trial)}))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise CooeeError(
                f"results file {self._path} cannot be written ({error.strerror}): make room, then call again to go on"
            ) from None

    def _read(self, lines: list[str]) -> None:
        for number, line in enumerate(lines):
            try:
                record = json.loads(line)
                if number:
                    key = record.pop("key")
                    self._trials[key] = from_record(record)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                if number and number == len(lines) - 1:
                    return
                raise CooeeError(
                    f"line {number + 1} of {self._path} is no result of a search: give another --results"
                ) from error
            if not number and record != self._search:
                raise CooeeError(
                    f"{self._path} is of another search ({self._difference(record)}): give another --results"
                )

    def _difference(self, record: Any) -> str:
        if not isinstance(record, dict):
            return "it does not say which"
        return ", ".join(
            f"{name} {record.get(name)} instead of {mine}"
            for name, mine in self._search.items()
            if record.get(name) != mine
        )

    def _write(self) -> None:
        lines = [self._search, *({"key": key, **as_record(trial)} for key, trial in self._trials.items())]
        replace_file(self._path, "".join(map(_line, lines)), mode=0o644)


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(record) + "\n"
