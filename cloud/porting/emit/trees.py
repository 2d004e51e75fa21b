"""C of trees and forests."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..encode.nibbles import make_counted_stream, make_stream
from ..encode.votes import Ballot, best_class, cast_ballot, class_ballot, verdict_ballot
from ..encode.words import make_table
from ..model.features import FeatureType
from ..model.form import Form
from ..model.names import Names
from ..model.trees import Forest, Node, Split, leaves, simplified, splits
from .c_text import KEY, KEY_AT, block, table, unsigned_type
from .inline import choosing_function, sum_names, tree_function, voting_lines
from .nibbles_walker import stream_code
from .voting import Voting
from .words_walker import CHAIN_LOOP, CHAIN_NOTE, table_code

WORTH_A_TABLE = {"uint8": 13, "int16": 12, "float32": 9}
"""From how many splits a table with its walker is smaller than nested ifs."""
FEW_CLASSES = 4
"""Up to so many a variable for each is smaller than an array of votes, on an AVR."""


def signature(names: Names, feature: FeatureType, confidence: bool) -> str:
    """The public function that the back end defines."""
    verb, extra = ("classify", ", uint8_t *confidence_percent") if confidence else ("predict", "")
    return f"uint8_t {names.name}_{verb}(const {feature.c_type} features[{names.macro}_FEATURE_COUNT]{extra})"


def trees_body(forest: Forest, names: Names, feature: FeatureType, form: Form) -> str:
    """The source's body: tables or nested ifs, votes, and the public function."""
    if len(forest.trees) == 1:
        return _one_tree(forest.trees[0], names, feature, form)
    walked = simplified(forest.trees, feature, best_class if form.votes == "hard" else _as_is)
    if form.votes == "hard":
        one_hot = [tuple(float(c == k) for c in range(forest.classes)) for k in range(forest.classes)]
        walked = simplified(walked, feature, one_hot.__getitem__)
    ballot = cast_ballot(walked, forest.classes, form.votes)
    coded = simplified(walked, feature, ballot.codes.__getitem__)
    top = signature(names, feature, form.confidence)
    walker = _walker(coded, names, feature, ballot, chained=form.mode == "table")
    loop = (
        CHAIN_LOOP if CHAIN_NOTE in walker else f"for ({unsigned_type(len(walked))} tree = 0; tree < TREES; tree++) {{"
    )
    voting = Voting(
        ballot, macro=names.macro, c_type=feature.c_type, classes=forest.classes, trees=len(walked), loop=loop
    )
    if form.mode == "table":
        functions = (
            voting.unrolled(top, form.confidence, sum_names(names), names.class_names, _switch(names, loop))
            if ballot.kind == "class" and 2 < forest.classes <= FEW_CLASSES
            else voting.functions(top, form.confidence)
        )
        return "\n".join([voting.head(), walker, functions])
    weighed = simplified(walked, feature, lambda p: tuple(ballot.weights[p]))
    parts = [voting.constants()]
    if voting.exactly():
        parts += [voting.records(), walker, voting.exactly()]
    elif needs_key(coded, feature):
        parts.append(KEY)
    parts.append(
        voting.unrolled(
            top, form.confidence, sum_names(names), names.class_names, voting_lines(weighed, names, feature)
        )
    )
    return "\n".join(parts)


def _switch(names: Names, loop: str) -> list[str]:
    """Statements that count the trees' votes for classes in a variable for each."""
    counts = [f"{name}++;" for name in sum_names(names)]
    cases = [f"case {word}:" for word in names.class_names[:-1]] + ["default:"]
    lines = [line for case, count in zip(cases, counts, strict=True) for line in (case, f"    {count}", "    break;")]
    return [loop, "    switch (leaf_of(tree, features)) {", *block(lines, 1), "    }", "}"]


def _walker(coded: Sequence[Node], names: Names, feature: FeatureType, ballot: Ballot, *, chained: bool) -> str:
    if ballot.kind != "counts":
        return table_walker(coded, names, feature, ballot.highest, chained=chained and ballot.kind != "shares")
    floats = (
        KEY + "\n" if feature.name == "float32" else ""
    )  # a stream's walker compares even where every tree is one leaf
    return floats + stream_code(make_counted_stream(coded, feature, len(names.features)), feature, "void", names.macro)


def table_walker(
    coded: Sequence[Node], names: Names, feature: FeatureType, highest: int, *, chained: bool = False
) -> str:
    """`leaf_of` as a table of bytes or nibbles, or as nested ifs, whichever is the smallest. Where trees may be
    `chained`, and that is smaller, its first argument is where a tree begins (see
    words_walker.CHAIN_LOOP), else the tree's number."""
    leaf_type = unsigned_type(highest)
    floats = KEY + "\n" if needs_key(coded, feature) else ""
    if sum(splits(tree) for tree in coded) < WORTH_A_TABLE[feature.name]:
        return floats + (
            tree_function(coded[0], names, feature, leaf_type)
            if len(coded) == 1
            else choosing_function(coded, names, feature, leaf_type)
        )
    made = make_table(coded, feature, len(names.features), highest, chained=chained)
    stream = make_stream(coded, feature, len(names.features))
    if made is None or stream.flash < made.flash:
        return floats + stream_code(stream, feature, leaf_type, names.macro)
    return floats + (KEY_AT + "\n" if floats else "") + table_code(made, feature)


def needs_key(trees: Sequence[Node], feature: FeatureType) -> bool:
    """Whether the C compares floats."""
    return feature.name == "float32" and any(isinstance(tree, Split) for tree in trees)


def _as_is(outcome: Any) -> Any:
    return outcome


def _one_tree(tree: Node, names: Names, feature: FeatureType, form: Form) -> str:
    distinct = {leaf.outcome for leaf in leaves(tree)}
    ballot = verdict_ballot(distinct, len(names.classes)) if form.confidence else class_ballot(distinct)
    (coded,) = simplified([tree], feature, ballot.codes.__getitem__)
    top = signature(names, feature, form.confidence)
    if form.mode == "inline" or splits(coded) < WORTH_A_TABLE[feature.name]:
        return _inline_tree(coded, names, feature, form, ballot, top)
    records = (
        (
            "/* Leaves that are not sure: class and confidence in per cent. */\n"
            + table("uint8_t", "records", ballot.records)
            + "\n"
        )
        if ballot.records
        else ""
    )
    return (
        records
        + table_walker([coded], names, feature, ballot.highest)
        + "\n"
        + _verdict(names, top, ballot, form.confidence)
    )


def _verdict(names: Names, top: str, ballot: Ballot, confidence: bool) -> str:
    if not confidence:
        return f"{top}\n{{\n    return leaf_of(features);\n}}\n"
    leaf_type = unsigned_type(ballot.highest)
    unsure = (
        f"""\
    if (leaf >= {names.macro}_CLASS_COUNT) {{
        const uint8_t *record = records + (leaf - {names.macro}_CLASS_COUNT);
        *confidence_percent = COOEE_READ_U8(record + 1);
        return COOEE_READ_U8(record);
    }}
"""
        if ballot.records
        else ""
    )
    return f"""{top}
{{
    const {leaf_type} leaf = leaf_of(features);

{unsure}    *confidence_percent = 100;
    return {"(uint8_t)leaf" if leaf_type != "uint8_t" else "leaf"};
}}
"""


def _inline_tree(coded: Node, names: Names, feature: FeatureType, form: Form, ballot: Ballot, top: str) -> str:
    floats = KEY + "\n" if needs_key([coded], feature) else ""
    if not form.confidence:
        (named,) = simplified([coded], feature, names.class_names.__getitem__)
        return (
            floats
            + tree_function(named, names, feature, "uint8_t")
            + f"\n{top}\n{{\n    return leaf_of(features);\n}}\n"
        )
    said = _verdicts(ballot, names)
    (named,) = simplified([coded], feature, said.__getitem__)
    return (
        "/* A leaf: class and confidence in per cent. */\n"
        "#define VERDICT(class_, percent) ((uint16_t)((class_) << 8 | (percent)))\n\n"
        + floats
        + tree_function(named, names, feature, "uint16_t")
        + f"\n{top}\n{{\n    const uint16_t verdict = leaf_of(features);\n\n"
        "    *confidence_percent = (uint8_t)(verdict & 0xFF);\n    return (uint8_t)(verdict >> 8);\n}\n"
    )


def _verdicts(ballot: Ballot, names: Names) -> Mapping[int, str]:
    def text(code: int) -> str:
        offset = code - len(names.classes)
        class_id, percent = (code, 100) if offset < 0 else ballot.records[offset : offset + 2]
        return f"VERDICT({names.class_names[class_id]}, {percent})"

    return {code: text(code) for code in ballot.codes.values()}
