"""JSON Schema, the part that tools and configuration use: check a value and mend its types.

Models send numbers as strings and strings as numbers; what can be read as the declared type
without doubt is converted (`"5"` -> 5, 5.0 -> 5, 5 -> "5", "true" -> True); all else is a problem.

    value, problems = check(schema, {"path": 5, "offset": "10"})
    # {"path": "5", "offset": 10}, []
    check(schema, {"offset": "x"})[1]
    # ["path: required", "offset: expected number, got string"]

Supported: type (also a list of types), properties, required, additionalProperties, items, enum,
const, minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength, pattern,
minItems, maxItems, anyOf, oneOf, allOf. Other keywords are ignored. The input is never changed.
Source: JSON Schema 2020-12, validation vocabulary.
"""

from __future__ import annotations

import re
from math import isfinite

from pi.text.number import is_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"
"""What a schema names as its `$schema`."""

_MAX_DEPTH = 64


def check(schema: Any, value: Any, path: str = "") -> tuple[Any, list[str]]:
    """The value with its types mended, and what is wrong with it, one line a problem."""
    return _check(schema, value, path, 0)


def type_name(value: Any) -> str:
    """The JSON type of a Python value, as error texts name it."""
    for name, matches in _TYPES.items():
        if name != "integer" and matches(value):
            return name
    return type(value).__name__


def _check(schema: Any, value: Any, path: str, depth: int) -> tuple[Any, list[str]]:
    if schema is False:
        return value, [f"{path or 'value'}: not allowed"]
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return value, []
    value, problems = _check_type(schema, value, path)
    if problems:
        return value, problems
    if isinstance(value, dict):
        value, problems = _check_object(schema, value, path, depth)
    elif isinstance(value, list):
        value, problems = _check_array(schema, value, path, depth)
    problems += [f"{path or 'value'}: {text}" for text in _limits(schema, value)]
    value, combined = _check_combined(schema, value, path, depth)
    return value, problems + combined


def _check_type(schema: dict[str, Any], value: Any, path: str) -> tuple[Any, list[str]]:
    declared = schema.get("type")
    if declared is None:
        return value, []
    names = declared if isinstance(declared, list) else [declared]
    if any(name in _TYPES and _TYPES[name](value) for name in names):
        is_whole = isinstance(value, float) and "integer" in names and "number" not in names
        return int(value) if is_whole else value, []  # 3.0 is an integer, and range(3.0) fails
    for name in names:
        mended = _MENDERS.get(name, _no_mend)(value)
        if mended is not _UNMENDABLE:
            return mended, []
    expected = " or ".join(str(name) for name in names)
    return value, [f"{path or 'value'}: expected {expected}, got {type_name(value)}"]


def _check_object(
    schema: dict[str, Any], value: dict[str, Any], path: str, depth: int
) -> tuple[dict[str, Any], list[str]]:
    properties = schema.get("properties") or {}
    required = set(schema.get("required") or ())
    problems = [
        f"{_join(path, name)}: required"
        for name in schema.get("required") or ()
        if name not in value
    ]
    result: dict[str, Any] = {}
    for name, item in value.items():
        rule = properties.get(name, schema.get("additionalProperties", True))
        if item is None and name in properties and name not in required and _refuses_null(rule):
            continue  # several models send null for an optional argument they leave out
        if rule is False:
            problems.append(f"{_join(path, name)}: unknown property")
            continue
        result[name], found = _check(rule, item, _join(path, name), depth + 1)
        problems += found
    return result, problems


def _check_array(
    schema: dict[str, Any], value: list[Any], path: str, depth: int
) -> tuple[list[Any], list[str]]:
    rule = schema.get("items", True)
    checked = [_check(rule, item, f"{path}[{at}]", depth + 1) for at, item in enumerate(value)]
    return [item for item, _ in checked], [text for _, found in checked for text in found]


def _check_combined(
    schema: dict[str, Any], value: Any, path: str, depth: int
) -> tuple[Any, list[str]]:
    problems: list[str] = []
    for rule in schema.get("allOf") or ():
        value, found = _check(rule, value, path, depth + 1)
        problems += found
    for keyword in ("anyOf", "oneOf"):
        rules = schema.get(keyword)
        if not rules:
            continue
        tries = [_check(rule, value, path, depth + 1) for rule in rules]
        good = [mended for mended, found in tries if not found]
        if good:
            value = next((mended for mended in good if mended == value), good[0])
        else:
            problems += min((found for _, found in tries), key=len)
    return value, problems


def _limits(schema: dict[str, Any], value: Any) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        allowed = ", ".join(repr(item) for item in schema["enum"])
        yield f"must be one of {allowed}"
    if "const" in schema and value != schema["const"]:
        yield f"must be {schema['const']!r}"
    if is_number(value):
        yield from _number_limits(schema, value)
    elif isinstance(value, str):
        yield from _size_limits(schema, len(value), "Length", "characters")
        pattern = schema.get("pattern")
        if isinstance(pattern, str) and not re.search(pattern, value):
            yield f"must match {pattern}"
    elif isinstance(value, list):
        yield from _size_limits(schema, len(value), "Items", "items")


def _number_limits(schema: dict[str, Any], value: float) -> Iterator[str]:
    if value < schema.get("minimum", value):
        yield f"must be at least {schema['minimum']}"
    if value > schema.get("maximum", value):
        yield f"must be at most {schema['maximum']}"
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield f"must be more than {schema['exclusiveMinimum']}"
    if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        yield f"must be less than {schema['exclusiveMaximum']}"


def _size_limits(schema: dict[str, Any], size: int, word: str, unit: str) -> Iterator[str]:
    if size < schema.get(f"min{word}", 0):
        yield f"must have at least {schema[f'min{word}']} {unit}"
    if size > schema.get(f"max{word}", size):
        yield f"must have at most {schema[f'max{word}']} {unit}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _refuses_null(rule: Any) -> bool:
    return bool(_check(rule, None, "", 0)[1])


_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: is_number(value) and float(value).is_integer(),
    "number": is_number,
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}

_UNMENDABLE = object()
_INTEGER = re.compile(r"\s*[-+]?\d{1,18}\s*")
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?\s*")


def _no_mend(value: Any) -> Any:
    return _UNMENDABLE


def _mend_number(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value) and isfinite(float(value)):
        return float(value)
    return _UNMENDABLE


def _mend_integer(value: Any) -> Any:
    number = _mend_number(value)
    if number is not _UNMENDABLE and float(number).is_integer():
        return int(number)
    return _UNMENDABLE


def _mend_string(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if is_number(value) else _UNMENDABLE


def _mend_boolean(value: Any) -> Any:
    if value in ("true", "True", 1):
        return True
    return False if value in ("false", "False", 0) else _UNMENDABLE


_MENDERS: dict[str, Callable[[Any], Any]] = {
    "string": _mend_string,
    "number": _mend_number,
    "integer": _mend_integer,
    "boolean": _mend_boolean,
    "null": lambda value: None if value in ("", "null") else _UNMENDABLE,
}
