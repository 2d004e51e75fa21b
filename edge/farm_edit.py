"""Changes one field of one node in the text of a farm.yaml, and leaves all else, comments too, as it stands."""

import os
from pathlib import Path

import yaml

from .contract.errors import CooeeError
from .farm import Farm, parse_farm


def change_node(path: Path, node: str, field: str, value: str) -> Farm:
    """Sets a field to a value in YAML's flow style, in the file; CooeeError (FarmError) when the farm would not be
    valid then, and the file stays as it was."""
    text = path.read_text(encoding="utf-8")
    changed = with_field(text, node, field, value)
    farm = parse_farm(changed, source=f"{path}, changed")
    new = path.with_name(f"{path.name}.new")
    try:
        new.write_text(changed, encoding="utf-8")
        new.chmod(path.stat().st_mode & 0o777)
        os.replace(new, path)
    except OSError as error:
        raise CooeeError(f"{path}: cannot be written ({error.strerror})") from None
    return farm


def with_field(text: str, node: str, field: str, value: str) -> str:
    """The text with the field set. CooeeError: the node does not stand in it as a mapping."""
    mapping = _node(text, node)
    for key, old in mapping.value:
        if key.value == field:
            return text[: old.start_mark.index] + value + text[_end(old) :]
    end = _end(mapping.value[-1][1])
    if mapping.flow_style:
        return f"{text[:end]}, {field}: {value}{text[end:]}"
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    indent = " " * mapping.value[0][0].start_mark.column
    return f"{text[:line_end]}\n{indent}{field}: {value}{text[line_end:]}"


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
