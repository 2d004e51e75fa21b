"""C of trees and forests."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..encode.nibbles import make_counted_stream, make_stream
from ..encode.votes import Ballot, best_class, cast_ballot, class_ballot, verdict_ballot
from ..encode.words import make_table
from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..model.trees import Forest, Node, Split, leaves, simplified, splits
from .c_text import ordered_bits_function, render_body, unsigned_type
from .inline import choosing_function, tree_function, voting_lines
from .nibbles_walker import stream_code
from .voting import voting_body
from .words_walker import words_code

WORTH_A_TABLE = {"uint8": 13, "int16": 12, "float32": 9}
"""From how many splits a table with its walker is smaller than nested ifs."""


class Walker(NamedTuple):
    """C of `leaf_of`, and what it needs. With `chained` trees its first argument is where a tree begins, else it is the
    tree's number; of a single tree it is missing."""

    code: str
    chained: bool = False


def trees_body(forest: Forest, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body: tables or nested ifs, votes, and the public function."""
    if len(forest.trees) == 1:
        return _one_tree(forest.trees[0], names, feature, form)
    walked, ballot = voting(forest, feature, form.votes)
    coded = simplified(walked, feature, ballot.codes.__getitem__)
    inline = form.mode == "inline"
    if inline and ballot.kind not in ("counts", "shares"):
        walker = Walker(ordered_bits_function() if compares_floats(coded, feature) else "")
    else:
        walker = _walker(coded, names, feature, ballot, chained=not inline)
    weighed = simplified(walked, feature, lambda p: tuple(ballot.weights[p])) if inline else ()
    shortest_first = sorted(range(len(weighed)), key=forest.passed.__getitem__)
    return voting_body(
        ballot,
        names,
        feature,
        form,
        trees=len(walked),
        functions=walker.code,
        chained=walker.chained,
        lines=voting_lines([weighed[i] for i in shortest_first], ballot, names, feature, settles=not form.confidence),
    )


def voting(forest: Forest, feature: FeatureType, votes: str) -> tuple[Sequence[Node], Ballot]:
    """The trees of a forest, whose outcomes are probabilities, and how these vote."""
    walked = simplified(forest.trees, feature, best_class if votes == "hard" else _as_is)
    if votes == "hard":
        one_hot = [tuple(float(c == k) for c in range(forest.classes)) for k in range(forest.classes)]
        walked = simplified(walked, feature, one_hot.__getitem__)
    return walked, cast_ballot(walked, forest.classes, votes)


def _walker(coded: Sequence[Node], names: Names, feature: FeatureType, ballot: Ballot, *, chained: bool) -> Walker:
    if ballot.kind != "counts":
        return table_walker(coded, names, feature, ballot.highest, chained=chained and ballot.kind != "shares")
    # A stream's walker compares even where every tree is one leaf.
    floats = ordered_bits_function() + "\n" if feature.name == "float32" else ""
    stream = make_counted_stream(coded, feature, len(names.features))
    return Walker(floats + stream_code(stream, feature, "void", names.macro))


def table_walker(
    coded: Sequence[Node], names: Names, feature: FeatureType, highest: int, *, chained: bool = False
) -> Walker:
    """`leaf_of` as a table of bytes or nibbles, or as nested ifs, whichever is the smallest. Trees may be `chained`
    where that is smaller."""
    leaf_type = unsigned_type(highest)
    floats = ordered_bits_function() + "\n" if compares_floats(coded, feature) else ""
    if sum(splits(tree) for tree in coded) < WORTH_A_TABLE[feature.name]:
        make = choosing_function if len(coded) > 1 else lambda trees, *rest: tree_function(trees[0], *rest)
        return Walker(floats + make(coded, names, feature, leaf_type))
    words = make_table(coded, feature, len(names.features), highest, chained=chained)
    stream = make_stream(coded, feature, len(names.features))
    if words is None or stream.flash < words.flash:
        return Walker(floats + stream_code(stream, feature, leaf_type, names.macro))
    return Walker(floats + words_code(words, feature), words.chained)


def compares_floats(trees: Sequence[Node], feature: FeatureType) -> bool:
    """Whether the C compares floats."""
    return feature.name == "float32" and any(isinstance(tree, Split) for tree in trees)


def _as_is(outcome: Any) -> Any:
    return outcome


def _one_tree(tree: Node, names: Names, feature: FeatureType, form: Form) -> str:
    distinct = {leaf.outcome for leaf in leaves(tree)}
    ballot = verdict_ballot(distinct, len(names.classes)) if form.confidence else class_ballot(distinct)
    (coded,) = simplified([tree], feature, ballot.codes.__getitem__)
    inline = form.mode == "inline" or splits(coded) < WORTH_A_TABLE[feature.name]
    if inline:
        said = _verdict(ballot, names) if form.confidence else names.class_names.__getitem__
        (named,) = simplified([coded], feature, said)
        code = tree_function(named, names, feature, "uint16_t" if form.confidence else "uint8_t")
        walker = Walker((ordered_bits_function() + "\n" if compares_floats([coded], feature) else "") + code)
    else:
        walker = table_walker([coded], names, feature, ballot.highest)
    return render_body(
        "tree.c.jinja",
        names,
        feature,
        form,
        inline=inline,
        records=ballot.records,
        walker=walker.code,
        leaf_type=unsigned_type(ballot.highest),
    )


def _verdict(ballot: Ballot, names: Names) -> Callable[[int], str]:
    """From a leaf's code to C of its class and confidence."""

    def text(code: int) -> str:
        offset = code - len(names.classes)
        class_id, percent = (code, 100) if offset < 0 else ballot.records[offset : offset + 2]
        return f"VERDICT({names.class_names[class_id]}, {percent})"

    return text
