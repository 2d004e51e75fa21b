"""C names of a model, its classes and its features."""

import re
import unicodedata
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

HEADERS = frozenset(
    re.findall(
        r"\w+",
        "assert complex ctype errno features fenv inttypes iso646 limits locale math setjmp signal stdarg stdbool "
        "stddef stdint stdio stdlib string tgmath time wchar wctype",
    )
)
"""Headers of C's library, which a model's own of that name would be taken for."""
RESERVED = C_KEYWORDS | HEADERS

SIGNS = {"<": " below ", ">": " above ", "=": " equal ", "+": " plus "}
LATIN = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ł": "l",
    "ı": "i",
    "ħ": "h",
    "ŋ": "ng",
    "µ": "u",
}
CYRILLIC = (
    "а a б b в v г g д d е e ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ shch"
)
MORE_CYRILLIC = "ъ _ ы y ь _ э e ю yu я ya ё yo і i ї yi є ye ґ g ў u ј j љ lj њ nj ћ c џ dz ђ d"
GREEK = "α a β b γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch ψ ps ω o"


def _pairs(text: str) -> dict[str, str]:
    words = text.split()
    return {letter: "" if ascii_ == "_" else ascii_ for letter, ascii_ in zip(words[::2], words[1::2], strict=True)}


SPELLED = {**SIGNS, **LATIN, **_pairs(CYRILLIC), **_pairs(MORE_CYRILLIC), **_pairs(GREEK)}
"""What stands in a C name for a sign or a letter; accents are dropped."""


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
        PortError: `name` is no C identifier, or is one that C keeps for itself or for a header.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,40}", name) or name.lower() in RESERVED:
        raise PortError(
            f"name {name!r} is no C identifier: use letters, digits and _, a letter first, at most 41, and no keyword "
            "or header of C"
        )
    class_words, feature_words = tuple(map(_word, classes)), tuple(map(_word, features))
    macro = name.upper()
    return Names(
        name=name,
        classes=class_words,
        features=feature_words,
        class_names=_enumerators(f"{macro}_CLASS_", class_words),
        feature_names=_enumerators(f"{macro}_FEATURE_", feature_words),
    )


def _word(value: object) -> str:
    """What a label is called: a whole number has no fraction."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _in_ascii(word: str) -> str:
    """Letters beyond ASCII by their nearest ones, signs that tell labels apart by their names."""
    word = re.sub(r"(?<![^\s(,:])[-\u2212](?=[\d.])", " minus ", word)
    return "".join(_letter(c) for c in unicodedata.normalize("NFC", word).lower())


def _letter(c: str) -> str:
    """ASCII of a character: a letter of another script that is not in SPELLED by its name in Unicode, as KA of a
    Japanese one."""
    if c in SPELLED or c.isascii():
        return SPELLED.get(c, c)
    base = unicodedata.normalize("NFKD", c)
    if base[0].isascii() or base[0] in SPELLED:
        return "".join(SPELLED.get(part, part) for part in base if not unicodedata.combining(part))
    if not c.isalnum():
        return "_"
    return unicodedata.name(c, f"U{ord(c):X}").split()[-1].replace("IDEOGRAPH-", "U")


def _enumerators(prefix: str, words: Iterable[str]) -> tuple[str, ...]:
    taken = {f"{prefix}COUNT"}
    made = []
    for word in words:
        stem = prefix + (re.sub(r"[^A-Z0-9]+", "_", _in_ascii(word).upper()).strip("_") or "UNNAMED")
        candidate, number = stem, 2
        while candidate in taken:
            candidate, number = f"{stem}_{number}", number + 1
        taken.add(candidate)
        made.append(candidate)
    return tuple(made)
