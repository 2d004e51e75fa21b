"""A model that is read and not yet drawn: its files in one form or another, what they cost, and how they agree."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .check.agreement import Agreement, answers, compare
from .check.boards import Cost, measure
from .check.golden import CANDIDATES, COUNT, Golden, choose, edge_rows
from .check.host import HostModel
from .emit.files import banner, golden_header, header, source
from .errors import PortError
from .families import Portable
from .model.features import FeatureType
from .model.form import Form
from .model.names import Names
from .ported import Ported, program

UNKNOWN = "not known: the form is rounded, and no rows were given to compare it with scikit-learn on"
"""The banner on agreement where there is none."""


class Tried(NamedTuple):
    """Rows as the node has them, and as scikit-learn gets them; those of the caller's, or made here."""

    node: NDArray[np.generic]
    natural: NDArray[Any]
    given: bool


class _Drawn(NamedTuple):
    files: Mapping[str, str]
    golden: Golden
    measured: Agreement | None
    """None where the form is exact, or no rows were given."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A model that is to be drawn in one form or several."""

    portable: Portable
    names: Names
    feature: FeatureType
    estimator: Any
    tried: Tried
    labels: NDArray[np.uint8] | None
    command: str
    provenance: Mapping[str, str]

    def cost(self, form: Form, board: str) -> Cost:
        """Measured on the golden rows."""
        drawn = self._draw(form, None)
        tried = program(drawn.files, self.names, self.feature, self.portable.stream, confidence=form.confidence)
        return measure(tried, drawn.golden.rows, board)[0]

    def ported(self, form: Form, cost: Cost | None) -> Ported:
        """The model in a form."""
        drawn = self._draw(form, cost)
        measured = drawn.measured
        if measured is None and self.tried.given:
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
            rounded=self._rounded(form),
            golden=drawn.golden,
            measured=measured,
            cost=cost,
            stream=self.portable.stream,
            estimator=self.estimator,
        )

    def _draw(self, form: Form, cost: Cost | None) -> _Drawn:
        """The files, and what stands in them: where the form is not exact, it is compiled and compared with the
        estimator on the rows."""
        body, golden, measured = self.portable.draw(form), self.golden(form.votes), None
        files = self._files(body, form, golden, measured, cost)
        if self.portable.measured or form.votes != "exact":
            found, golden = self._compared(files, form)
            measured = found if self.tried.given else None
            files = self._files(body, form, golden, measured, cost)
        return _Drawn(files, golden, measured)

    def _rounded(self, form: Form) -> bool:
        return self.portable.rounded or form.votes != "exact"

    def _compared(self, files: Mapping[str, str], form: Form) -> tuple[Agreement, Golden]:
        """The compiled C beside scikit-learn on the draft's rows; golden rows are some of those where both agree.

        Raises:
            PortError: they agree on no row, or there is no C compiler.
        """
        host = HostModel(files, self.names.name, self.feature, confidence=form.confidence)
        rows = self.tried.node
        classes, confidences = host.classify(rows)
        said = answers(self.estimator, self.tried.natural)
        agrees = np.flatnonzero(classes == said[0])
        if len(agrees) == 0:
            raise PortError(
                f"the C finds scikit-learn's class on none of {len(rows)} rows that were "
                f"{'given' if self.tried.given else 'drawn'}: give rows such as it was trained on"
            )
        picked = agrees[choose(classes[agrees].astype(np.intp), COUNT)]
        return (
            compare(classes, confidences if form.confidence else None, said, self.labels),
            Golden(rows=rows[picked], classes=classes[picked], confidences=confidences[picked]),
        )

    def golden(self, votes: str) -> Golden:
        """Rows at the thresholds of trees, with what scikit-learn says of them."""
        if self.portable.measured:
            return Golden(rows=self.tried.node[:1], classes=np.zeros(1, np.uint8))
        rows = edge_rows(self.portable.thresholds(len(self.names.features)), self.feature, CANDIDATES)
        settled = self.portable.settled(self.feature.natural(rows), votes)
        rows = rows[settled] if settled.any() else rows
        classes, per_cent = answers(self.estimator, self.feature.natural(rows))
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
        elif self._rounded(form):
            said["agreement"] = UNKNOWN
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
                declarations=self.portable.declarations(form),
            ),
            f"{name}.c": source(self.names, self.feature, text, body, form.confidence),
            f"{name}_golden.h": golden_header(self.names, self.feature, text, golden, form.confidence),
            **self.portable.parts(form),
        }


def _costs(cost: Cost | None) -> list[tuple[str, int, str]]:
    if cost is None:
        return []
    return [
        (what, size, cost.board) for what, size in (("FLASH", cost.flash), ("RAM", cost.ram), ("STACK", cost.stack))
    ]
