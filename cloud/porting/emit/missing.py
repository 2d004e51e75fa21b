"""C that puts something for missing values before the model looks."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..model.features import MISSING, FeatureType
from ..model.form import Form
from ..model.names import Names
from .c_text import integer, render_body, unsigned_type


def missing_body(
    columns: Sequence[tuple[int, int]],
    names: Names,
    feature: FeatureType,
    form: Form,
    draw: Callable[[Names, Form], str],
) -> str:
    """The source's body: the model, which `draw` draws on columns, and the public function, which copies the features
    into them. A column is a feature, and what stands for its missing values (model.missing.column_fills)."""
    extra = [f"{names.macro}_FEATURE_COUNT + {i}" for i in range(len(columns) - len(names.features))]
    inner = replace(names, features=(*names.features, *extra), feature_names=(*names.feature_names, *extra))
    sources = [source for source, _ in columns]
    return render_body(
        "missing.c.jinja",
        names,
        feature,
        form,
        model=draw(inner, replace(form, inner=True)),
        function=f"{form.verb}_columns",
        count=len(columns),
        source_type=unsigned_type(max(sources)),
        sources=[] if sources == list(range(len(sources))) else sources,
        real=feature.real,
        fills=[integer(fill, long=feature.real) for _, fill in columns],
        missing=integer(MISSING),
    )
