"""Trees as nested ifs: the fastest form."""

from collections.abc import Sequence

from ..encode.votes import Ballot
from ..model.features import FeatureType
from ..model.names import Names
from ..model.trees import Leaf, Node, Split
from .c_text import block, integer, unsigned_type

ASKED, MOST_ASKED = 8, 3
"""From more than half of the trees on a forest asks after every eighth of them, so many times, whether its class is
settled."""
SETTLED = ("    goto settled;", "}")
SECOND = "second"
"""The variable that votes for the second of two classes are added up in."""


def tree_function(tree: Node, names: Names, feature: FeatureType, leaf_type: str, name: str = "leaf_of") -> str:
    """A function of the features; the tree's outcomes are C expressions."""
    unused = ["    (void)features;"] if isinstance(tree, Leaf) else []
    return "\n".join(
        [
            f"static {leaf_type} {name}(const {feature.c_type} features[])",
            "{",
            *unused,
            *block(_returns(tree, names, feature), 1),
            "}",
            "",
        ]
    )


def choosing_function(trees: Sequence[Node], names: Names, feature: FeatureType, leaf_type: str) -> str:
    """`leaf_of(tree, features)`, for what a table cannot hold."""
    parts = [tree_function(tree, names, feature, leaf_type, f"tree_{i}") for i, tree in enumerate(trees)]
    cases = [f"    case {i}:\n        return tree_{i}(features);" for i in range(len(trees) - 1)]
    cases.append(f"    default:\n        return tree_{len(trees) - 1}(features);")
    parts.append(
        f"static {leaf_type} leaf_of({unsigned_type(len(trees))} tree, const {feature.c_type} features[])\n"
        "{\n    switch (tree) {\n" + "\n".join(cases) + "\n    }\n}\n"
    )
    return "\n".join(parts)


def sum_names(names: Names) -> list[str]:
    """A variable for each class."""
    prefix = len(f"{names.macro}_CLASS_")
    return [f"for_{word[prefix:].lower()}" for word in names.class_names]


def voting_lines(
    trees: Sequence[Node], ballot: Ballot, names: Names, feature: FeatureType, *, settles: bool
) -> list[str]:
    """Statements that walk the trees one after the other; the trees' outcomes are weights of the classes. If it
    `settles` they return the class as soon as the trees that are left cannot change it."""
    sums = sum_names(names) if not ballot.counts_second(len(names.classes)) else [None, SECOND]
    asked = range(len(trees) // 2 + 1, len(trees) - 1, max(1, len(trees) // ASKED))[:MOST_ASKED] if settles else ()
    lines = [] if any(isinstance(tree, Split) for tree in trees) else ["(void)features;"]
    for walked, tree in enumerate(trees):
        if walked in asked:
            lines += _settled(ballot, names, sums, len(trees), walked)
        lines += [f"/* tree {walked + 1} */", *_votes(tree, names, feature, sums)]
    return lines


def _settled(ballot: Ballot, names: Names, sums: Sequence[str | None], trees: int, walked: int) -> list[str]:
    """Goes to the end where the class is certain: with more than half of all votes, and half of DOUBT, it is first."""
    half = (trees * ballot.whole + ballot.doubt) // 2
    if sums[0] is None:
        lowest = half - (trees - walked) * ballot.whole
        return [f"if ({SECOND} > {half}" + (f" || {SECOND} <= {lowest}" if lowest >= 0 else "") + ") {", *SETTLED]
    return [
        line
        for sum_, name in zip(sums, names.class_names, strict=True)
        for line in (f"if ({sum_} > {half}) {{", f"    best = {name};", *SETTLED)
    ]


def _returns(node: Node, names: Names, feature: FeatureType) -> list[str]:
    """What lies above a split follows its if, so that only what lies below is indented."""
    lines: list[str] = []
    while not isinstance(node, Leaf):
        lines += [f"if ({condition(node, names, feature)}) {{", *block(_returns(node.below, names, feature), 1), "}"]
        node = node.above
    return [*lines, f"return {node.outcome};"]


def _votes(node: Node, names: Names, feature: FeatureType, sums: Sequence[str | None]) -> list[str]:
    if isinstance(node, Leaf):
        return [
            f"{sum_}++;" if weight == 1 else f"VOTE({sum_}, {weight});"
            for sum_, weight in zip(sums, node.outcome, strict=True)
            if sum_ and weight > 0
        ]
    return [
        f"if ({condition(node, names, feature)}) {{",
        *block(_votes(node.below, names, feature, sums), 1),
        "} else {",
        *block(_votes(node.above, names, feature, sums), 1),
        "}",
    ]


def condition(node: Split, names: Names, feature: FeatureType) -> str:
    """C of a split: true where the row goes below."""
    value = f"features[{names.feature_names[node.feature]}]"
    wide = feature.name == "float32"
    return f"{f'key({value})' if wide else value} <= {integer(node.threshold, long=wide)}"
