"""Plain functions as tools: what is declared of them, how they are called, what is refused."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Optional, TypedDict, Union

import pytest

from pi.cancel import CancelToken
from pi.errors import UsageError
from pi.messages import text
from pi.schema import check
from pi.tools.base import Call, Outcome
from pi.tools.function import tool_of


class Place(TypedDict):
    name: str
    height_m: float


class Wish(TypedDict, total=False):
    place: Place


class Endless(TypedDict):
    again: Endless


def weather(city: str, days: int = 1) -> str:
    """Tell the weather.

    For the next days, with wind.

    Args:
        city: Name of the city,
            in English.
        days (int): How many days.

    Returns:
        A text: for people.
    """
    return f"{city}: rain for {days} day(s)"


def call_of(report=lambda partial: None):
    return Call("c1", CancelToken(), report)


def run(function, **arguments):
    return tool_of(function).run(arguments, call_of())


def test_a_declaration_comes_from_signature_and_docstring():
    tool = tool_of(weather)
    assert (tool.name, tool.snippet) == ("weather", "Tell the weather.")
    assert tool.description == "Tell the weather.\n\nFor the next days, with wind."
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Name of the city, in English."},
            "days": {"type": "integer", "description": "How many days.", "default": 1},
        },
        "required": ["city"],
        "additionalProperties": False,
    }


def test_param_lines_are_read_too():
    def add(a, b):
        """Add.

        :param a: the first
        :param int b: the second,
            which may be 0
        :returns: the sum
        """

    tool = tool_of(add)
    assert tool.description == "Add."
    assert tool.parameters["properties"] == {
        "a": {"description": "the first"},
        "b": {"description": "the second, which may be 0"},
    }


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (str, {"type": "string"}),
        (bool, {"type": "boolean"}),
        (Any, {}),
        (list, {"type": "array"}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (Sequence[str], {"type": "array", "items": {"type": "string"}}),
        (dict[str, float], {"type": "object", "additionalProperties": {"type": "number"}}),
        (Literal["a", "b"], {"enum": ["a", "b"]}),
        (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}),  # noqa: UP045
        (int | str, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        (Union[int, None], {"anyOf": [{"type": "integer"}, {"type": "null"}]}),  # noqa: UP007
        (Annotated[int, "how many"], {"type": "integer", "description": "how many"}),
        (Annotated[int, ["no text"]], {"type": "integer"}),
        (
            Wish,
            {
                "type": "object",
                "properties": {
                    "place": {
                        "type": "object",
                        "properties": {"name": {"type": "string"}, "height_m": {"type": "number"}},
                        "required": ["height_m", "name"],
                        "additionalProperties": False,
                    }
                },
                "required": [],
                "additionalProperties": False,
            },
        ),
    ],
    ids=str,
)
def test_types(hint, schema):
    def f(x):
        """F."""

    f.__annotations__ = {"x": hint}
    assert tool_of(f).parameters["properties"]["x"] == schema


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (bytes, "f: x: bytes is no type that JSON has"),
        (dict[int, str], "f: x: dict"),
        (list[bytes], "f: x: bytes"),
        (Endless, "f: x.again: a type that refers to itself"),
        ("Nowhere", "f: an annotation cannot be read: name 'Nowhere'"),
    ],
)
def test_types_that_cannot_be_declared(hint, words):
    def f(x):
        """F."""

    f.__annotations__ = {"x": hint}
    with pytest.raises(UsageError) as caught:
        tool_of(f)
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


async def sleepy():
    """Sleep."""


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x, '"<lambda>" cannot be the name of a tool'),
        (5, "a tool must be a function or a Tool, not 5"),
        (sleepy, "sleepy is a coroutine function"),
        (lambda *many: many, r"\*many cannot be passed by name"),
        (lambda one, /: one, "one cannot be passed by name"),
    ],
)
def test_functions_that_cannot_be_tools(function, words):
    name = "f" if "passed by name" in words else None
    with pytest.raises(UsageError, match=words):
        tool_of(function, name=name)


def test_a_tool_is_run_with_its_arguments():
    assert run(weather, city="Bern") == Outcome([text("Bern: rain for 1 day(s)")])
    assert run(weather, city="Bern", days=2.0).content == [text("Bern: rain for 2 day(s)")]


@pytest.mark.parametrize(
    ("value", "words", "structured"),
    [
        ("as it is", "as it is", None),
        (None, "(no output)", None),
        ({"a": [1, True]}, '{"a":[1,true]}', {"a": [1, True]}),
        ([1, 2], "[1,2]", None),
        (3.5, "3.5", None),
        ({1}, "{1}", None),
    ],
)
def test_what_a_function_returns(value, words, structured):
    def give():
        return value

    outcome = run(give)
    assert (outcome.content, outcome.structured) == ([text(words)], structured)
    assert not outcome.is_error


def test_an_outcome_is_passed_on():
    outcome = Outcome([text("x")], details={"a": 1}, terminate=True)
    assert run(lambda_named(lambda: outcome)) is outcome


def lambda_named(function):
    function.__name__ = "named"
    return function


def test_the_call_is_handed_in_and_not_declared():
    def slow(steps: int, call: Call):
        call.report({"content": [text(f"{steps} to go")]})
        return call.id

    told = []
    tool = tool_of(slow)
    assert list(tool.parameters["properties"]) == ["steps"]
    assert tool.run({"steps": 3}, call_of(told.append)).content == [text("c1")]
    assert told == [{"content": [text("3 to go")]}]


def test_keywords_that_are_not_named_are_allowed_where_the_function_takes_them():
    def note(title: str, **more: str):
        return f"{title} {sorted(more)}"

    tool = tool_of(note)
    assert "additionalProperties" not in tool.parameters
    arguments, problems = check(tool.parameters, {"title": "t", "colour": "red"})
    assert problems == []
    assert tool.run(arguments, call_of()).content == [text("t ['colour']")]


def test_methods_partials_and_objects_are_functions_too():
    class Counter:
        """Count."""

        total = 0

        def add(self, amount: int) -> int:
            """Add to the total."""
            self.total += amount
            return self.total

        def __call__(self, amount: int) -> int:
            return self.add(amount)

    counter = Counter()
    assert tool_of(counter.add).parameters["required"] == ["amount"]
    assert run(counter.add, amount=2).content == [text("2")]
    assert tool_of(counter, name="c").run({"amount": 3}, call_of()).content == [text("5")]
    fixed = functools.partial(weather, days=3)
    tool = tool_of(fixed, name="in_three_days", description="Rain.")
    assert tool.description == "Rain."
    assert tool.parameters["required"] == ["city"]
    assert tool.run({"city": "Ulm"}, call_of()).content == [text("Ulm: rain for 3 day(s)")]


def test_a_tool_stays_what_it_is():
    tool = tool_of(weather)
    assert tool_of(tool) is tool
