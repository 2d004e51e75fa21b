"""Images of classifiers (docs/SPEC.md, "Image"), checked and run by the same C as on the node."""

import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import CooeeError
from ._core import ffi, lib
from .features import feature_names, pointer
from .sentinels import VERDICT_DTYPE, AlarmPolicy, policy_of

FORMS = {1: "trees", 2: "linear", 3: "net", 4: "bonsai", 5: "boosting", 6: "layers"}
_NO_SENTINEL = 255
_LONGEST = 0xFFFF


class ImageError(CooeeError):
    """Bytes that are no image that this core would run; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """A classifier as bytes. `classes` has its names in order. A sentinel has an `id`, `features` in the classifier's
    order, `normals`, their values when all is well, and policies, `policies[i]` for `classes[i + 1]`; a model that is
    none has an id of None, and `width` columns. `model`: how many bytes decide."""

    data: bytes = field(repr=False)
    name: str
    version: int
    hash: bytes
    form: str
    classes: tuple[str, ...]
    width: int
    model: int
    id: int | None
    features: tuple[str, ...]
    normals: tuple[int, ...]
    policies: tuple[AlarmPolicy, ...]

    @classmethod
    def read(cls, data: bytes) -> "Image":
        """The image at the beginning of `data`.

        Raises:
            ImageError: length, version, checksum or a count is not that of an image.
        """
        row = ffi.new("struct host_image *")
        _demand(lib.host_image_open(data, _room(data), row))
        name, *classes = re.sub(r"[^ -~]", "?", ffi.string(row.text).decode("latin-1")).split(",")
        sentinel = row.id != _NO_SENTINEL
        places = range(row.feature_count if sentinel else 0)
        room = _room(data)
        return cls(
            data=data[: row.size],
            name=name,
            version=row.version,
            hash=data[4:12],
            form=FORMS[row.form],
            classes=(*classes, *(f"class{i}" for i in range(len(classes), row.class_count)))[: row.class_count],
            width=row.feature_count,
            model=row.about - row.model,
            id=row.id if sentinel else None,
            features=tuple(feature_names()[lib.host_image_feature(data, room, i)] for i in places),
            normals=tuple(lib.host_image_normal(data, room, i) for i in places),
            policies=tuple(
                policy_of(lib.host_image_policy(data, room, c)) for c in range(1, row.class_count if sentinel else 0)
            ),
        )

    def check(self) -> None:
        """Runs the golden rows.

        Raises:
            ImageError: one comes out otherwise, or the bits are no model.
        """
        _demand(lib.host_image_check(self.data, len(self.data)))

    def classify(self, rows: NDArray[np.int16]) -> NDArray[np.void]:
        """Verdicts, VERDICT_DTYPE (n), on rows of features, int16 (n, features); class 255 where the bits are no model.
        ValueError for another shape or type."""
        if rows.dtype != np.int16 or rows.ndim != 2 or rows.shape[1] != self.width:
            raise ValueError(
                f"classify: int16 rows of {self.width} features are needed, found {rows.dtype} {rows.shape}"
            )
        rows = np.ascontiguousarray(rows)
        verdicts = np.empty(len(rows), dtype=VERDICT_DTYPE)
        lib.host_image_classify(
            self.data,
            len(self.data),
            pointer("int16_t *", rows),
            len(rows),
            pointer("struct host_verdict *", verdicts),
        )
        return verdicts


def _room(data: bytes) -> int:
    return min(len(data), _LONGEST)


def _demand(status: int) -> None:
    if status != lib.COOEE_STATUS_OK:
        raise ImageError(ffi.string(lib.status_text(status)).decode())
