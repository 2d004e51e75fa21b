"""C of trees and forests: what their leaves mean, and how they are walked."""

from collections.abc import Sequence

from .c_text import unsigned_type
from .features import FeatureType
from .inline import FLOAT_KEY, tree_function
from .model import Forest, Node, Probabilities, Simplifier, Split, leaves
from .names import Names
from .votes import cast_ballot
from .voting import ONE_TREE, forest_votes, leaf_type


def trees_body(forest: Forest, names: Names, feature: FeatureType) -> tuple[str, tuple[Node, ...]]:
    """The source's body, and the trees as they are walked."""
    if len(forest.trees) == 1:
        return _one_tree(forest.trees[0], names, feature)
    return _forest(forest, names, feature)


def verdict(probabilities: Probabilities) -> tuple[int, int]:
    """Class and confidence in per cent of a single tree's leaf."""
    best = max(range(len(probabilities)), key=lambda c: (probabilities[c], -c))
    return best, round(100 * probabilities[best])


def _one_tree(tree: Node, names: Names, feature: FeatureType) -> tuple[str, tuple[Node, ...]]:
    walked = Simplifier(feature, verdict).simplify(tree)
    shown = Simplifier(feature, lambda v: f"VERDICT({names.class_names[v[0]]}, {v[1]})").simplify(walked)
    body = _helpers((shown,), feature)
    body += ("/* A leaf: class and confidence in per cent. */\n"
             "#define VERDICT(class_, percent) ((uint16_t)((class_) << 8 | (percent)))\n\n")
    body += tree_function("tree_0", shown, "uint16_t", names, feature) + "\n"
    return body + ONE_TREE.substitute(name=names.name, macro=names.macro, c_type=feature.c_type), (walked,)


def _forest(forest: Forest, names: Names, feature: FeatureType) -> tuple[str, tuple[Node, ...]]:
    simplifier = Simplifier(feature, lambda outcome: outcome)
    walked = tuple(simplifier.simplify(tree) for tree in forest.trees)
    ballot = cast_ballot([{leaf.outcome for leaf in leaves(tree)} for tree in walked])
    coder = Simplifier(feature, lambda outcome: ballot.codes[outcome])
    head, votes = forest_votes(names, feature, ballot, len(walked))
    parts = [head, _helpers(walked, feature)]
    leaf = leaf_type(ballot, forest.classes)
    parts += [tree_function(f"tree_{i}", coder.simplify(tree), leaf, names, feature) for i, tree in enumerate(walked)]
    parts += [_leaf_of(len(walked), leaf, feature), votes]
    return "\n".join(part for part in parts if part), walked


def _helpers(trees: Sequence[Node], feature: FeatureType) -> str:
    return FLOAT_KEY + "\n" if feature.name == "float32" and any(isinstance(tree, Split) for tree in trees) else ""


def _leaf_of(trees: int, leaf: str, feature: FeatureType) -> str:
    cases = [f"    case {i}:\n        return tree_{i}(features);" for i in range(trees - 1)]
    cases.append(f"    default:\n        return tree_{trees - 1}(features);")
    return (f"static {leaf} leaf_of({unsigned_type(trees)} tree, const {feature.c_type} features[])\n{{\n    switch (tree) {{\n"
            + "\n".join(cases) + "\n    }\n}\n")


