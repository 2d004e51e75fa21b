"""Text of YAML to plain values, as yaml.safe_load gives them but for names that are there twice, which it refuses, and
four times as fast: farm.yaml of ten thousand nodes takes two seconds instead of eight.
"""

from typing import Any

import yaml
from yaml.composer import Composer, ComposerError
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.resolver import Resolver

HINTS = {
    "mapping values are not allowed here": ": put a text that holds a colon and a space in quotes",
    "found character '\\t' that cannot start any token": ": indent with spaces, not tabs",
}
"""How to mend what is no YAML, by what PyYAML says."""
MERGE = "tag:yaml.org,2002:merge"


class _Once(Composer):
    """Refuses a name that is twice in a mapping: YAML takes the last one, and whoever wrote the first is not told."""

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        firsts: dict[tuple[str, str], Any] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                first = firsts.setdefault((key.tag, key.value), key)
                if first is not key:
                    also = f"{key.value[:40]!r} is there twice, first in line {first.start_mark.line + 1}"
                    raise ComposerError(None, None, also, key.start_mark)
        return node


class _Telling(_Once, yaml.SafeLoader):
    """Slow; says of what cannot be a number or a date where it stands."""

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, OverflowError):
            what = f"{str(node.value)[:40]!r} can be no number or date"
            raise ConstructorError(None, None, f"{what}; a text stands in quotes", node.start_mark) from None


try:
    from yaml.cyaml import CParser  # type: ignore[attr-defined]
except ImportError:  # PyYAML was built without libyaml
    _Loader: type = yaml.SafeLoader
else:

    class _Loader(_Once, CParser, SafeConstructor, Resolver):  # type: ignore[no-redef]
        """libyaml reads the text. Not its own composer: that has no bound on how deep text nests, and crashes."""

        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            _Once.__init__(self)
            SafeConstructor.__init__(self)
            Resolver.__init__(self)


def plain_values(text: str) -> Any:
    """What the text says. Raises yaml.YAMLError, and RecursionError when it nests too deep."""
    try:
        return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, OverflowError):
        return yaml.load(text, Loader=_Telling)


def fault_of(error: Exception) -> str:
    """What `plain_values` raised in one line: where, and what is no YAML."""
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark else ""
    not_yaml = "" if isinstance(error, ComposerError | ConstructorError) and mark else "not YAML: "
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return f"{where}{not_yaml}{problem}{HINTS.get(problem, '')}"
