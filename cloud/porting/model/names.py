"""C names of a model, its classes and its features."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import PortError

C_KEYWORDS = frozenset(
    (
        "alignas",
        "alignof",
        "and",
        "and_eq",
        "asm",
        "auto",
        "bitand",
        "bitor",
        "bool",
        "break",
        "case",
        "catch",
        "char",
        "class",
        "compl",
        "concept",
        "const",
        "constexpr",
        "continue",
        "decltype",
        "default",
        "delete",
        "do",
        "double",
        "dynamic_cast",
        "else",
        "enum",
        "explicit",
        "export",
        "extern",
        "false",
        "float",
        "for",
        "friend",
        "goto",
        "if",
        "inline",
        "int",
        "long",
        "main",
        "mutable",
        "namespace",
        "new",
        "noexcept",
        "not",
        "not_eq",
        "nullptr",
        "operator",
        "or",
        "or_eq",
        "private",
        "protected",
        "public",
        "register",
        "reinterpret_cast",
        "requires",
        "restrict",
        "return",
        "short",
        "signed",
        "sizeof",
        "static",
        "static_assert",
        "static_cast",
        "struct",
        "switch",
        "template",
        "this",
        "thread_local",
        "throw",
        "true",
        "try",
        "typedef",
        "typeid",
        "typename",
        "union",
        "unsigned",
        "using",
        "virtual",
        "void",
        "volatile",
        "wchar_t",
        "while",
        "xor",
        "xor_eq",
    )
)


@dataclass(frozen=True, kw_only=True)
class Names:
    """`classes` and `features` are what the model calls them; `class_names` and `feature_names` are their
    enumerators."""

    name: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]

    @property
    def macro(self) -> str:
        """Prefix of the model's macros and enumerators."""
        return self.name.upper()


def names_of(
    estimator: Any, name: str, feature_names: Sequence[str] | None, class_names: Sequence[str] | None
) -> Names:
    """C names for a fitted estimator: its own where none are given.

    Raises:
        PortError: as make_names(), or a list has not as many names as the estimator has features or classes.
    """
    own_features = getattr(estimator, "feature_names_in_", [f"f{i}" for i in range(estimator.n_features_in_)])
    return make_names(
        name, _given(class_names, estimator.classes_, "class"), _given(feature_names, own_features, "feature")
    )


def _given(given: Sequence[str] | None, own: Sequence[object], what: str) -> Sequence[object]:
    if given is None:
        return own
    if len(given) != len(own):
        raise PortError(f"{len(given)} {what} names given, but the estimator has {len(own)}")
    return given


def make_names(name: str, classes: Iterable[object], features: Iterable[object]) -> Names:
    """C names for a model.

    Raises:
        PortError: `name` is no C identifier, or is one that C keeps for itself.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,40}", name) or name in C_KEYWORDS:
        raise PortError(
            f"name {name!r} is no C identifier: use letters, digits and _, a letter first, at most 41, and no keyword"
        )
    class_words, feature_words = tuple(map(str, classes)), tuple(map(str, features))
    macro = name.upper()
    return Names(
        name=name,
        classes=class_words,
        features=feature_words,
        class_names=_enumerators(f"{macro}_CLASS_", class_words),
        feature_names=_enumerators(f"{macro}_FEATURE_", feature_words),
    )


def _enumerators(prefix: str, words: Iterable[str]) -> tuple[str, ...]:
    taken = {f"{prefix}COUNT"}
    made = []
    for word in words:
        stem = prefix + (re.sub(r"[^A-Z0-9]+", "_", word.upper()).strip("_") or "UNNAMED")
        candidate, number = stem, 2
        while candidate in taken:
            candidate, number = f"{stem}_{number}", number + 1
        taken.add(candidate)
        made.append(candidate)
    return tuple(made)
