"""A CascadeClassifier as C: gate and expert in files of their own, and a function that asks one or both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..models import CascadeClassifier
from .emit.c_text import render_body
from .model.features import FeatureType
from .model.form import Form
from .model.names import Names

PortPart = Callable[[Any, str, bool], dict[str, str]]
"""Ports a classifier under a name, with or without confidence: source and header."""


@dataclass(frozen=True, kw_only=True)
class Cascade:
    """A fitted cascade and how its parts are ported."""

    fitted: CascadeClassifier
    names: Names
    feature: FeatureType
    port_part: PortPart

    def body(self, form: Form) -> str:
        """The source's body."""
        return render_body(
            "cascade.c.jinja", self.names, self.feature, form, name=self.names.name, sure=self.fitted.sure_
        )

    def files(self, form: Form) -> dict[str, str]:
        """Sources and headers of gate and expert."""
        name = self.names.name
        gate = self.port_part(self.fitted.gate_, f"{name}_gate", True)
        return gate | self.port_part(self.fitted.expert_, f"{name}_expert", form.confidence)

    def parameters(self) -> list[NDArray[Any]]:
        """What decides, beside what the parts' sources say."""
        parts = self.files(Form(mode="table", votes="exact", confidence=True))
        text = "".join(parts[f"{self.names.name}_{part}.c"] for part in ("gate", "expert"))
        return [np.frombuffer(text.encode(), np.uint8), np.array([self.fitted.sure_])]
