"""Changes one field of one node in the text of a farm.yaml, and leaves all else, comments too, as it stands."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from ..contract.errors import CooeeError
from ..edited_file import why_unreadable
from ..written_files import replace_file
from .farm import Farm
from .text import parse_farm


def change_node(path: Path, node: str, field: str, value: str) -> Farm:
    """Sets a field to a value in YAML's flow style, in the file; CooeeError (FarmError) when the farm would not be
    valid then, or anything else would change, and the file stays as it was."""
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CooeeError(f"{path}: cannot be read ({why_unreadable(error)})") from None
    changed = with_field(text, node, field, value)
    farm = parse_farm(changed, source=f"{path}, changed")
    replace_file(path, changed, mode=path.stat().st_mode & 0o777)
    return farm


def with_field(text: str, node: str, field: str, value: str) -> str:
    """The text with the field set; "calibration.ethylene" is a field of a field. CooeeError: the node does not stand in
    it as a mapping, or more than this field would change: then it is to be done by hand."""
    changed = _with(text, _node(text, node), field.split("."), value)
    wanted, found = _plain(text), _plain(changed)
    at = next(each for each in wanted["nodes"] if each.get("id") == node)
    *outer, last = field.split(".")
    for part in outer:
        at = at.setdefault(part, {})
    at[last] = _plain(value)
    if found != wanted:
        raise _by_hand(node, field, value)
    return changed


def _plain(text: str) -> Any:
    """What YAML says, without anything that two places share."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def _by_hand(node: str, field: str, value: str) -> CooeeError:
    return CooeeError(
        f"farm.yaml: {field} of {node} cannot be changed without touching what stands beside it; write it there "
        f"yourself, as {field.rpartition('.')[2]}: {value}"
    )


def _with(text: str, mapping: yaml.MappingNode, fields: list[str], value: str) -> str:
    field, *inner = fields
    for key, old in mapping.value:
        if key.value == field and inner and isinstance(old, yaml.MappingNode) and old.value:
            return _with(text, old, inner, value)
        if key.value == field:
            if re.search(r"(^|\s)#", text[old.start_mark.index : _end(old)]):
                raise CooeeError(
                    f"farm.yaml, line {old.start_mark.line + 1}: comments stand within {field}, which would be lost; "
                    f"write it there yourself: {value}"
                )
            return text[: old.start_mark.index] + _nested(inner, value) + text[_end(old) :]
    end = _end(mapping.value[-1][1])
    if mapping.flow_style:
        return f"{text[:end]}, {field}: {_nested(inner, value)}{text[end:]}"
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    indent = " " * mapping.value[0][0].start_mark.column
    ending = "\r" if text[:line_end].endswith("\r") else ""
    return f"{text[:line_end]}\n{indent}{field}: {_nested(inner, value)}{ending}{text[line_end:]}"


def _nested(fields: list[str], value: str) -> str:
    for field in reversed(fields):
        value = f"{{{field}: {value}}}"
    return value


def _node(text: str, node: str) -> yaml.MappingNode:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        for each in value.value if key.value == "nodes" else ():
            if isinstance(each, yaml.MappingNode) and any(k.value == "id" and v.value == node for k, v in each.value):
                return each
    raise CooeeError(f"farm.yaml has no node {node!r} that can be changed")


def _end(node: yaml.Node) -> int:
    """Where a value's own text ends; a block's mark lies behind the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(node, yaml.MappingNode) else last)
    return int(node.end_mark.index)
