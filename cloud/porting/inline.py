"""Trees as nested ifs: the fastest form."""

from collections.abc import Sequence

from .c_text import block, integer, unsigned_type
from .features import FeatureType
from .model import Leaf, Node
from .names import Names


def inline_code(trees: Sequence[Node], names: Names, feature: FeatureType, leaf_type: str) -> str:
    """A function a tree, and `leaf_of(tree, features)` that calls it; for a single tree `leaf_of(features)` alone.
    Outcomes are integers or C expressions."""
    if len(trees) == 1:
        return _tree("leaf_of", trees[0], names, feature, leaf_type)
    cases = [f"    case {i}:\n        return tree_{i}(features);" for i in range(len(trees) - 1)]
    cases.append(f"    default:\n        return tree_{len(trees) - 1}(features);")
    choose = (f"static {leaf_type} leaf_of({unsigned_type(len(trees))} tree, const {feature.c_type} features[])\n"
              "{\n    switch (tree) {\n" + "\n".join(cases) + "\n    }\n}\n")
    return "\n".join([*(_tree(f"tree_{i}", tree, names, feature, leaf_type) for i, tree in enumerate(trees)), choose])


def _tree(name: str, tree: Node, names: Names, feature: FeatureType, leaf_type: str) -> str:
    unused = ["    (void)features;"] if isinstance(tree, Leaf) else []
    return "\n".join([f"static {leaf_type} {name}(const {feature.c_type} features[])",
                      "{", *unused, *block(_branches(tree, names, feature), 1), "}", ""])


def _branches(node: Node, names: Names, feature: FeatureType) -> list[str]:
    """What lies above a split follows its if, so that only what lies below is indented."""
    lines: list[str] = []
    while not isinstance(node, Leaf):
        value = f"features[{names.feature_names[node.feature]}]"
        wide = feature.name == "float32"
        lines.append(f"if ({f'key({value})' if wide else value} <= {integer(node.threshold, long=wide)}) {{")
        lines += block(_branches(node.below, names, feature), 1)
        lines.append("}")
        node = node.above
    return [*lines, f"return {node.outcome};"]
