"""Trees as nested ifs: the fastest form."""

from .c_text import block, integer
from .features import FeatureType
from .model import Leaf, Node
from .names import Names

FLOAT_KEY = """\
/* Bits of a float in the order of the values, so that comparing needs no soft float. */
static int32_t key(float value)
{
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits < 0 ? (int32_t)(bits ^ 0x7FFFFFFFL) : bits;
}
"""


def tree_function(name: str, tree: Node, leaf_type: str, names: Names, feature: FeatureType) -> str:
    """A function that walks one tree; leaves return their outcome, an integer or a C expression."""
    return "\n".join([
        f"static {leaf_type} {name}(const {feature.c_type} features[])",
        "{", *_unused(tree), *block(_branches(tree, names, feature), 1), "}", ""])


def _unused(tree: Node) -> list[str]:
    return ["    (void)features;"] if isinstance(tree, Leaf) else []


def _branches(node: Node, names: Names, feature: FeatureType) -> list[str]:
    """What lies above a split follows its if, so that only what lies below is indented."""
    lines: list[str] = []
    while not isinstance(node, Leaf):
        value = f"features[{names.feature_names[node.feature]}]"
        wide = feature.name == "float32"
        if wide:
            value = f"key({value})"
        lines.append(f"if ({value} <= {integer(node.threshold, long=wide)}) {{")
        lines += block(_branches(node.below, names, feature), 1)
        lines.append("}")
        node = node.above
    return [*lines, f"return {node.outcome};"]
