"""Pieces of C text: templates, tables, literals, indentation."""

import textwrap
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names

C_WIDTH = 118
UNSIGNED = {1: "uint8_t", 2: "uint16_t", 4: "uint32_t", 8: "uint64_t"}


def unsigned_type(highest: int) -> str:
    """The smallest unsigned C type that holds `highest`."""
    return next(UNSIGNED[size] for size in (1, 2, 4, 8) if highest < 1 << 8 * size)


def table(c_type: str, name: str, values: Iterable[object]) -> str:
    """A constant array in program memory."""
    body = textwrap.fill(", ".join(map(str, values)), C_WIDTH - 4, initial_indent="    ", subsequent_indent="    ")
    return f"static const {c_type} {name}[] COOEE_FLASH = {{\n{body}\n}};\n"


def integer(value: int, *, long: bool = False) -> str:
    """An integer literal that no compiler warns of."""
    if value in (-32768, -0x80000000):
        return f"(-{integer(-value - 1, long=long)} - 1)"
    return f"{value}L" if long else str(value)


def block(lines: Iterable[str], depth: int) -> list[str]:
    """Lines indented by `depth` levels."""
    return ["    " * depth + line for line in lines]


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
)
_TEMPLATES.globals["table"] = table


def render(template: str, **variables: object) -> str:
    """The text of a template of emit/templates with these variables."""
    return _TEMPLATES.get_template(template).render(variables)


def render_body(template: str, names: Names, feature: FeatureType, form: Form, **variables: object) -> str:
    """A source's body by a template, which ends in the function that has `signature`."""
    extra = ", uint8_t *confidence_percent" if form.confidence else ""
    return render(
        template,
        macro=names.macro,
        c_type=feature.c_type,
        confidence=form.confidence,
        signature=f"static uint8_t {form.verb}_columns(const {feature.c_type} features[]{extra})"
        if form.inner
        else f"uint8_t {names.name}_{form.verb}(const {feature.c_type} features[{names.macro}_FEATURE_COUNT]{extra})",
        **variables,
    )


def ordered_bits_function() -> str:
    """C of `key`, which orders floats by their bits, so that no soft float is linked."""
    return render("ordered_bits.c.jinja")
