"""What is wrong with a field that pydantic refused, in plain words, for every file that people write."""

from typing import Any

PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "there is no such field",
    "string_type": "a text is needed; put numbers in quotes",
    "bool_type": "true or false is needed",
    "bool_parsing": "true or false is needed",
    "finite_number": "a number is needed",
    "tuple_type": "a list is needed, as in [a, b]",
    "list_type": "a list is needed, as in [a, b]",
    "dict_type": "fields are needed, as in name: value",
    "model_type": "fields are needed, as in name: value",
    "model_attributes_type": "fields are needed, as in name: value",
    "invalid_key": "the name of a field is a text",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "too_long": "{max_length} entries at most, not {actual_length}",
    "too_short": "{min_length} entries at least, not {actual_length}",
    "string_too_long": "{max_length} letters at most",
    "string_too_short": "{min_length} letters at least",
    "literal_error": "must be {expected}",
    "union_tag_invalid": "{discriminator} must be one of {expected_tags}",
    "union_tag_not_found": "{discriminator} is missing",
    "string_pattern_mismatch": "must be of the form {pattern}",
}
"""By pydantic's kind of fault; what is in braces is in its context."""
NUMBERS = ("int_", "float_", "decimal_")


def what_is_wrong(fault: Any) -> str:
    """A fault of `ValidationError.errors()` in words that follow the name of its field; ours as they are."""
    kind = fault["type"]
    if kind in PLAIN:
        context = {name: f"{v:g}" if isinstance(v, float) else v for name, v in fault.get("ctx", {}).items()}
        return PLAIN[kind].format(**context)
    if kind.startswith(NUMBERS):
        return f"a {'whole ' if kind.startswith('int_') else ''}number is needed"
    return str(fault["msg"]).removeprefix("Value error, ")
