"""A model as C: what is done with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edge.written_files import write_files

from .check.agreement import Agreement, answers
from .check.boards import EMULATED, Cost, Program, measure
from .check.golden import Golden
from .check.host import HostModel
from .emit.separable_conv import sample_program
from .errors import PortError, check_choice
from .model.features import FeatureType
from .model.names import Names
from .model.stream import Stream

BOARDS = ("uno", "cortex-m3", "host")


def program(
    files: Mapping[str, str], names: Names, feature: FeatureType, stream: Stream | None, *, confidence: bool
) -> Program:
    """The files of a model as a program for an emulated board; of a `stream` one that takes a sample at a time."""
    if stream is not None:
        return Program(
            files={**files, **sample_program(names, feature, "classify" if confidence else "predict")},
            header=f"{names.name}_sample.h",
            predict=f"{names.name}_sample",
            c_type=feature.c_type,
            features=stream.channels,
            calls=stream.samples,
        )
    return Program(
        files=files,
        header=f"{names.name}.h",
        predict=f"{names.name}_predict",
        c_type=feature.c_type,
        features=len(names.features),
    )


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What a build of a model did on a board: how many rows, the share of them with the estimator's class, and the
    cost, if any."""

    board: str
    rows: int
    agreement: float
    cost: Cost | None

    def __str__(self) -> str:
        return f"{self.board}: {100 * self.agreement:.2f} % of {self.rows} rows as scikit-learn" + (
            f", {self.cost}" if self.cost else ""
        )


@dataclass(frozen=True, kw_only=True)
class Ported:
    """A model as C. `files` maps file names to their text; `classes` are the estimator's labels, in the order of the C
    classes. `stream`: how a row comes, if in samples. `rounded`: weights or votes are, so that the C may differ from
    scikit-learn; `measured` says how they agree on the rows that port() was given."""

    name: str
    files: Mapping[str, str]
    classes: NDArray[Any]
    names: Names
    feature: FeatureType
    mode: str
    model_hash: str
    has_confidence: bool
    golden: Golden = field(repr=False)
    votes: str = "exact"
    rounded: bool = False
    measured: Agreement | None = None
    cost: Cost | None = None
    stream: Stream | None = None
    estimator: Any = field(default=None, repr=False)

    @property
    def agreement(self) -> float | None:
        """Share of the rows that port() was given on which the C finds scikit-learn's class; None without rows."""
        return self.measured.share if self.measured else None

    @property
    def accuracy_change(self) -> float | None:
        """Accuracy of the C less scikit-learn's on the rows that port() was given; None without labels."""
        return self.measured.accuracy_change if self.measured else None

    def write(self, directory: str | Path) -> list[Path]:
        """Writes the files into a folder, which is made if it is missing; returns their paths.

        Raises:
            CooeeError: the folder cannot be written to; then no file is left there.
        """
        folder = Path(directory)
        paths = [folder / name for name in self.files]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PortError(f"{folder} cannot be written to: {error.strerror}") from error
        write_files(dict(zip(paths, self.files.values(), strict=True)))
        return paths

    def predict(self, x: ArrayLike) -> NDArray[Any]:
        """The estimator's label of each row of x, in its units, shape (rows, features), by the generated C compiled
        for this computer.

        Raises:
            PortError: x does not fit the model, or there is no C compiler.
        """
        return self.classes[self._classify(x)[0]]

    def confidence(self, x: ArrayLike) -> NDArray[np.uint8]:
        """Confidence in per cent of each row, by the generated C.

        Raises:
            PortError: as predict(), or the model was ported without confidence.
        """
        if not self.has_confidence:
            raise PortError("the model was ported without confidence")
        return self._classify(x)[1]

    def verdicts(self, rows: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Class, as a number, and confidence in per cent of rows as the node has them, by the generated C.

        Raises:
            PortError: there is no C compiler.
        """
        return self._host.classify(np.ascontiguousarray(rows, dtype=self.feature.dtype))

    def verify(self, x: ArrayLike, board: str = "uno") -> Verified:
        """Builds the model for a board, runs it there (in an emulator) on the golden rows and on x, and compares.

        Raises:
            PortError: x does not fit the model, a compiler or emulator is missing, or a golden row comes out wrong.
        """
        check_choice(board, BOARDS, "board")
        width = len(self.names.features)
        rows = np.concatenate([self.golden.rows, self.feature.rows(x, width)])
        if board == "host":
            cost, found = None, self._host.classify(rows)[0]
        else:
            cost, found = measure(self.program(), rows, board)
            if len(found) == 0:
                raise PortError(f"the model cannot run on {EMULATED[board].title}: {cost}")
        wrong = int((found[: len(self.golden.rows)] != self.golden.classes).sum())
        if wrong:
            raise PortError(
                f"{wrong} of {len(self.golden.rows)} golden rows come out wrong on {board}: the compiler or the "
                f"model is broken"
            )
        if self.estimator is None:
            expected = self._host.classify(rows)[0]
        else:
            own = answers(self.estimator, self.feature.values(x, width))[0]
            expected = np.concatenate([answers(self.estimator, self.feature.natural(self.golden.rows))[0], own])
        return Verified(board=board, rows=len(rows), agreement=float((found == expected).mean()), cost=cost)

    def program(self) -> Program:
        """The model as a program for an emulated board."""
        return program(self.files, self.names, self.feature, self.stream, confidence=self.has_confidence)

    def _classify(self, x: ArrayLike) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return self._host.classify(self.feature.rows(x, len(self.names.features)))

    @cached_property
    def _host(self) -> HostModel:
        return HostModel(self.files, self.name, self.feature, confidence=self.has_confidence)
