"""farm.yaml as text: read and checked, with one line a fault."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ..contract.errors import FarmError
from ..edited_file import edited_text, why_unreadable
from .farm import Farm
from .field_faults import what_is_wrong
from .yaml_text import fault_of, plain_values

FARM_FILE = Path("farm.yaml")
"""Where every command looks for the farm unless told otherwise."""


def sample_farm_text() -> str:
    """The commented farm.yaml that `cooee init` writes and `cooee demo` runs."""
    return files(__package__).joinpath("sample_farm.yaml").read_text(encoding="utf-8")


def load_farm(path: Path | str) -> Farm:
    """Reads and checks a farm.yaml; FarmError names every line that is wrong."""
    try:
        text = edited_text(Path(path))
    except (OSError, UnicodeDecodeError) as error:
        mend = f"; `cooee init {path}` writes a new one" if isinstance(error, FileNotFoundError) else ""
        raise FarmError(f"{path}: cannot be read ({why_unreadable(error)}){mend}") from None
    return parse_farm(text, source=str(path))


def parse_farm(text: str, *, source: str) -> Farm:
    """Reads farm.yaml from text; `source` is how errors name it."""
    try:
        data = plain_values(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise FarmError(f"{source}: {fault_of(error)}") from None
    if not isinstance(data, dict):
        raise FarmError(f"{source}: line 1: a farm with id, name, zones and nodes is needed, found {_found(data)}")
    try:
        return Farm.model_validate(data)
    except ValidationError as error:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        assert root is not None, "it was a mapping"
        found = error.errors()
        within = {fault["loc"][:1] for fault in found if len(fault["loc"]) > 1}
        # A list is not too short when what is in it was refused.
        told = [fault for fault in found if fault["type"] != "too_short" or fault["loc"] not in within]
        faults = [_fault(root, fault) for fault in told]
        raise FarmError("\n".join(f"{source}: {fault}" for fault in faults)) from None


def _fault(root: yaml.Node, fault: Any) -> str:
    """One line for one fault: where, which field, what was found, what is allowed."""
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).lstrip(".")
    value = fault["input"]
    said = fault["type"] in ("missing", "extra_forbidden") or isinstance(value, dict | list | tuple)
    found = "" if said else f" (found {_found(value)})"
    return f"line {_line(root, fault['loc'])}: {field or 'farm'}: {what_is_wrong(fault)}{found}"


def _line(node: yaml.Node, loc: tuple[int | str, ...]) -> int:
    """Line of the deepest part of `loc` that the file has."""
    for part in loc:
        inner: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            inner = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            inner = node.value[part]
        if inner is None:
            break
        node = inner
    return int(node.start_mark.line) + 1


def _found(value: object) -> str:
    return "nothing" if value is None else repr(value)[:60]
