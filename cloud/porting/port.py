"""port(): from a fitted estimator to C."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cloud.models import CascadeClassifier

from .cascade import Cascade
from .check.agreement import Agreement, answers, compare
from .check.boards import Cost, measure
from .check.budget import BUDGETS, choose_form
from .check.golden import COUNT, Golden, choose
from .check.host import HostModel
from .check.rows import edges, typical
from .emit.files import banner, golden_header, header, source
from .errors import PortError, check_choice
from .families import Portable, read_cascade, read_estimator
from .model.features import FeatureType
from .model.features import feature_type as find_feature_type
from .model.form import MODES, VOTES, Form
from .model.names import Names, names_of
from .ported import BOARDS, Ported, program
from .read.support import check_estimator
from .whole_numbers import student_of

GIVEN = "given"
"""What rows of the caller's are called in the banner."""


def port(
    estimator: Any,
    *,
    name: str,
    feature_type: str = "int16",
    board: str = "uno",
    mode: str = "auto",
    budget: Mapping[str, int] | None = None,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[str] | None = None,
    provenance: Mapping[str, str] | None = None,
    votes: str = "exact",
    confidence: bool = True,
    rows: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    measured: bool = False,
    command: str = "cloud.porting.port()",
) -> Ported:
    """Ports a fitted classifier to C.

    Args:
        estimator: a fitted classifier of read.support.SUPPORTED, or a pipeline of StandardScaler or MinMaxScaler and
            one.
        name: prefix of the C names, and of the files.
        feature_type: uint8, int16 or float32: what the node hands over.
        board: uno, cortex-m3 or host: where `budget` holds, and what is measured.
        mode: table (small), inline (fast), or auto: with a budget what meets it, by measured cost; otherwise by size
            (check.budget.KNEE).
        budget: {"flash": bytes}, {"cycles": cycles or instructions a row}, or both.
        feature_names, class_names: in the estimator's order; by default the estimator's own.
        provenance: lines for the banner, such as {"data": "sha256:..."}.
        votes: how a forest's leaves vote. `exact` is scikit-learn's class on every row; `small` keeps 4 to 8 bits of
            each probability, and may differ where two classes are within a few per cent; `hard` is one vote a tree.
        confidence: False leaves out <name>_classify, and whatever only it needs.
        rows: such as the model will see, shape (rows, features): the compiled C is measured on them, and biases are
            rounded to suit them. Without them what is not exact is measured on synthetic rows.
        labels: the true class of each row, so that the change of accuracy is measured too.
        measured: whether the header says what the model costs on the board, which takes its compiler and emulator.

    Raises:
        PortError: the estimator is not fitted or not supported, an argument does not fit it, or the budget cannot be
            met.
    """
    estimator = student_of(estimator)
    feature = find_feature_type(feature_type)
    for value, allowed, what in ((board, BOARDS, "board"), (mode, MODES, "mode"), (votes, VOTES, "votes")):
        check_choice(value, allowed, what)
    _check_budget(budget, board)
    classifier, scaling = check_estimator(estimator)
    names = names_of(estimator, name, feature_names, class_names)
    if rows is None:
        tried, of = typical(classifier, scaling.scalers, len(names.features), feature)
    else:
        tried, of = feature.rows(rows, len(names.features)), GIVEN
    places = None if labels is None else _places(estimator, labels, len(tried))
    if isinstance(classifier, CascadeClassifier):
        portable = read_cascade(
            Cascade(
                fitted=classifier, names=names, feature=feature, port_part=partial(_port_part, feature_type, command)
            )
        )
    else:
        portable = read_estimator(estimator, classifier, scaling, names, feature, tried)
    if portable.trees and rows is None:
        tried, of = edges(portable.trees, len(names.features), feature), "at its thresholds"
    draft = _Draft(
        portable=portable,
        names=names,
        feature=feature,
        estimator=estimator,
        rows=tried,
        of=of,
        labels=places,
        command=command,
        provenance=dict(provenance or {}),
    )
    if portable.measured:
        mode = "table"
    form = Form(mode=mode, votes=votes, confidence=confidence)
    if mode == "auto" or budget:
        form = choose_form(form, portable.trees, budget or {}, board, draft.cost)
    return draft.ported(form, draft.cost(form, board) if board != "host" and (measured or budget) else None)


def _port_part(feature_type: str, command: str, estimator: Any, name: str, confidence: bool) -> dict[str, str]:
    """Source and header of a part of a cascade."""
    ported = port(estimator, name=name, feature_type=feature_type, confidence=confidence, command=command)
    return {file: ported.files[file] for file in (f"{name}.c", f"{name}.h")}


class _Drawn(NamedTuple):
    files: Mapping[str, str]
    golden: Golden
    measured: Agreement | None
    """None where the form is exact."""


@dataclass(frozen=True, kw_only=True)
class _Draft:
    """A model that is to be drawn in one form or several."""

    portable: Portable
    names: Names
    feature: FeatureType
    estimator: Any
    rows: NDArray[np.generic]
    of: str
    labels: NDArray[np.uint8] | None
    command: str
    provenance: Mapping[str, str]

    def cost(self, form: Form, board: str) -> Cost:
        """Measured on the golden rows."""
        drawn = self._draw(form, None)
        return measure(program(drawn.files, self.names, self.feature), drawn.golden.rows, board)[0]

    def ported(self, form: Form, cost: Cost | None) -> Ported:
        """The model in a form."""
        drawn = self._draw(form, cost)
        measured = drawn.measured
        if measured is None and self.of == GIVEN:
            measured = self._compared(drawn.files, form)[0]
        return Ported(
            name=self.names.name,
            files=drawn.files,
            classes=self.estimator.classes_,
            names=self.names,
            feature=self.feature,
            mode=form.mode,
            model_hash=self.portable.hash(self.names),
            has_confidence=form.confidence,
            votes=form.votes,
            golden=drawn.golden,
            measured=measured,
            cost=cost,
            estimator=self.estimator,
        )

    def _draw(self, form: Form, cost: Cost | None) -> _Drawn:
        """The files, and what stands in them: where the form is not exact, it is compiled and compared with the
        estimator on the rows."""
        body, golden, measured = self.portable.draw(form), self.golden(form.votes), None
        files = self._files(body, form, golden, measured, cost)
        if self.portable.measured or form.votes != "exact":
            measured, golden = self._compared(files, form)
            files = self._files(body, form, golden, measured, cost)
        return _Drawn(files, golden, measured)

    def _compared(self, files: Mapping[str, str], form: Form) -> tuple[Agreement, Golden]:
        """The compiled C beside scikit-learn on the draft's rows; golden rows are some of those where both agree.

        Raises:
            PortError: they agree on no row, or there is no C compiler.
        """
        host = HostModel(files, self.names.name, self.feature, confidence=form.confidence)
        classes, confidences = host.classify(self.rows)
        said = answers(self.estimator, self.rows)
        agrees = np.flatnonzero(classes == said[0])
        if len(agrees) == 0:
            raise PortError(
                f"the C finds scikit-learn's class on none of {len(self.rows)} rows {self.of}: give rows such as it "
                f"was trained on"
            )
        picked = agrees[choose(classes[agrees].astype(np.intp), COUNT)]
        return (
            compare(classes, confidences if form.confidence else None, said, self.labels, self.of),
            Golden(rows=self.rows[picked], classes=classes[picked], confidences=confidences[picked]),
        )

    def golden(self, votes: str) -> Golden:
        """Rows at the thresholds of trees, with what scikit-learn says of them."""
        if self.portable.measured:
            return Golden(rows=self.rows[:1], classes=np.zeros(1, np.uint8))
        rows = edges(self.portable.trees, len(self.names.features), self.feature)
        settled = self.portable.settled(rows.astype(np.float64), votes)
        rows = rows[settled] if settled.any() else rows
        classes, per_cent = answers(self.estimator, rows)
        picked = choose(classes.astype(np.intp), COUNT)
        return Golden(
            rows=rows[picked], classes=classes[picked], confidences=np.rint(per_cent[picked]).astype(np.uint8)
        )

    def _files(
        self, body: str, form: Form, golden: Golden, measured: Agreement | None, cost: Cost | None
    ) -> dict[str, str]:
        name, model_hash, said = self.names.name, self.portable.hash(self.names), dict(self.provenance)
        if measured is not None:
            said["measured"] = str(measured)
        text = banner(self.command, model_hash, said)
        return {
            f"{name}.h": header(
                self.names,
                self.feature,
                model_hash,
                text,
                _costs(cost),
                form.confidence,
                rounded=self.portable.rounded or form.votes == "small",
            ),
            f"{name}.c": source(self.names, self.feature, text, body, form.confidence),
            f"{name}_golden.h": golden_header(self.names, self.feature, text, golden, form.confidence),
            **self.portable.parts(form),
        }


def _places(estimator: Any, labels: ArrayLike, rows: int) -> NDArray[np.uint8]:
    """Labels as places among the estimator's classes."""
    given = np.asarray(labels)
    if given.shape != (rows,):
        raise PortError(f"labels have shape {given.shape}; for {rows} rows they need ({rows},)")
    unknown = ~np.isin(given, estimator.classes_)
    if unknown.any():
        raise PortError(
            f"label {str(given[unknown][0])!r} is no class of the estimator ({', '.join(map(str, estimator.classes_))})"
        )
    return np.searchsorted(estimator.classes_, given).astype(np.uint8)


def _costs(cost: Cost | None) -> list[tuple[str, int, str]]:
    if cost is None:
        return []
    return [
        (what, size, cost.board) for what, size in (("FLASH", cost.flash), ("RAM", cost.ram), ("STACK", cost.stack))
    ]


def _check_budget(budget: Mapping[str, int] | None, board: str) -> None:
    for key, value in (budget or {}).items():
        check_choice(key, BUDGETS, "budget")
        if value <= 0:
            raise PortError(f"a budget of {value} {key} leaves nothing: give a positive number")
    if budget and board == "host":
        raise PortError("a budget is met on an emulated board: choose board uno or cortex-m3")
