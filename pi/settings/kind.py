"""Kinds of JSON values: what a setting or a field of a configuration file may hold.

    check(COUNT, -1, "retry.maxRetries")
    # ["retry.maxRetries: expected a whole number of at least 0, got -1"]
    check(record({"id": NAME}, required=("id",)), {}, "models[0]")
    # ["models[0].id: missing"]

Unlike `pi.schema`, which reads what a model sends, nothing is converted here: a file is written by
hand, and what is wrong in it is better said than guessed. Strings are never quoted in a problem,
unless the kind is a choice among words: they may be keys. A field of null counts as not there.
"""

from __future__ import annotations

from pi.text.number import is_number
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

MAX_SAFE = 2**53 - 1
"""The largest whole number that survives in every program that reads JSON."""

_SHOWN = 40


class Kind(Value):
    """What is accepted. `expected` follows the word "expected"; `parts` finds problems inside;
    `schema` says the same as a JSON schema, None where nobody needs it."""

    expected: str
    accepts: Callable[[Any], bool]
    parts: Callable[[Any, str], list[str]] | None = None
    is_choice: bool = False
    schema: Mapping[str, Any] | None = None


def check(kind: Kind, value: Any, path: str) -> list[str]:
    """What is wrong with a value, one line a problem, each beginning with its path."""
    if not kind.accepts(value):
        return [f"{path}: expected {kind.expected}, got {describe(value, show=kind.is_choice)}"]
    return kind.parts(value, path) if kind.parts else []


def describe(value: Any, *, show: bool = False) -> str:
    """A value in a problem: its JSON type, with the value itself if it is short and no secret."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        text = repr(value)
        return text if len(text) <= _SHOWN else "a number that is too long"
    if value == "":
        return "an empty string"
    if isinstance(value, str):
        return f'"{value}"' if show and len(value) <= _SHOWN and value.isprintable() else "a string"
    return "a list" if isinstance(value, list) else "an object"


def is_whole(value: Any) -> bool:
    """Whether a value is a number without a fraction that every JSON reader can hold."""
    return is_number(value) and value == int(value) and abs(value) <= MAX_SAFE


def one_of(*choices: str) -> Kind:
    """One of some words."""
    words = " or ".join(f'"{choice}"' for choice in choices)
    return Kind(
        words,
        lambda value: isinstance(value, str) and value in choices,
        is_choice=True,
        schema={"enum": choices},
    )


def either(*kinds: Kind) -> Kind:
    """A value of any of several kinds."""
    return Kind(
        " or ".join(kind.expected for kind in kinds),
        lambda value: any(not check(kind, value, "") for kind in kinds),
        is_choice=any(kind.is_choice for kind in kinds),
        schema={"anyOf": [kind.schema for kind in kinds]},
    )


def list_of(item: Kind, what: str, least: int = 0) -> Kind:
    """A list; `what` names its items in the plural."""

    def parts(value: Any, path: str) -> list[str]:
        found = (
            [] if len(value) >= least else [f"{path}: expected at least {least} entry, got none"]
        )
        for at, entry in enumerate(value):
            found += check(item, entry, f"{path}[{at}]")
        return found

    schema = {"type": "array", "items": item.schema, **({"minItems": least} if least else {})}
    return Kind(f"a list of {what}", lambda value: isinstance(value, list), parts, schema=schema)


def map_of(item: Kind, what: str) -> Kind:
    """An object with any keys; `what` names its values in the plural."""

    def parts(value: Any, path: str) -> list[str]:
        return [
            problem
            for key, entry in value.items()
            if entry is not None
            for problem in check(item, entry, join(path, key))
        ]

    schema = {"type": "object", "additionalProperties": item.schema}
    return Kind(f"an object of {what}", lambda value: isinstance(value, dict), parts, schema=schema)


def record(fields: Mapping[str, Kind], required: tuple[str, ...] = ()) -> Kind:
    """An object with known fields; further ones are kept and not looked at."""

    def parts(value: Any, path: str) -> list[str]:
        found = [f"{join(path, name)}: missing" for name in required if value.get(name) is None]
        for name, kind in fields.items():
            if value.get(name) is not None:
                found += check(kind, value[name], join(path, name))
        return found

    schema = {
        "type": "object",
        "properties": {name: kind.schema for name, kind in fields.items()},
        **({"required": required} if required else {}),
    }
    return Kind("an object", lambda value: isinstance(value, dict), parts, schema=schema)


def join(path: str, key: str) -> str:
    """The path of a field: `a.b`, or `a["b.c"]` where the key is no plain word."""
    if key.replace("_", "").replace("-", "").isalnum():
        return f"{path}.{key}" if path else key
    return f'{path}["{key}"]'


def _typed(name: str, expected: str, accepts: Callable[[Any], bool], **limits: Any) -> Kind:
    return Kind(expected, accepts, schema={"type": name, **limits})


BOOLEAN = _typed("boolean", "true or false", lambda value: isinstance(value, bool))
STRING = _typed("string", "a string", lambda value: isinstance(value, str))
NAME = _typed(
    "string",
    "a string that is not empty",
    lambda value: isinstance(value, str) and value != "",
    minLength=1,
)
NUMBER = _typed("number", "a number", is_number)
AMOUNT = _typed(
    "number",
    "a number of at least 0",
    lambda value: is_number(value) and value >= 0,
    minimum=0,
)
POSITIVE = _typed(
    "number",
    "a number above 0",
    lambda value: is_number(value) and value > 0,
    exclusiveMinimum=0,
)
COUNT = _typed(
    "integer",
    "a whole number of at least 0",
    lambda value: is_whole(value) and value >= 0,
    minimum=0,
    maximum=MAX_SAFE,
)
OBJECT = _typed("object", "an object", lambda value: isinstance(value, dict))
STRINGS = list_of(STRING, "strings")
OFF = Kind("false", lambda value: value is False, schema={"const": False})
