from __future__ import annotations

import pytest

from pi.schema import check, type_name

TOOL = {
    "type": "object",
    "required": ["path"],
    "properties": {
        "path": {"type": "string"},
        "offset": {"type": "number"},
        "all": {"type": "boolean"},
        "edits": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["oldText"],
                "properties": {"oldText": {"type": "string"}},
            },
        },
    },
}


@pytest.mark.parametrize(
    ("value", "mended"),
    [
        ({"path": "a"}, {"path": "a"}),
        ({"path": 5}, {"path": "5"}),
        ({"path": "a", "offset": "10"}, {"path": "a", "offset": 10}),
        ({"path": "a", "offset": " 2.5 "}, {"path": "a", "offset": 2.5}),
        ({"path": "a", "all": "true"}, {"path": "a", "all": True}),
        ({"path": "a", "all": 0}, {"path": "a", "all": False}),
        ({"path": "a", "offset": None}, {"path": "a"}),
        ({"path": "a", "extra": [1]}, {"path": "a", "extra": [1]}),
        ({"path": "a", "edits": [{"oldText": 1}]}, {"path": "a", "edits": [{"oldText": "1"}]}),
    ],
)
def test_good_values_are_mended(value, mended):
    before = repr(value)
    assert check(TOOL, value) == (mended, [])
    assert repr(value) == before


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ({}, ["path: required"]),
        ({"path": None}, ["path: expected string, got null"]),
        ({"path": ["a"]}, ["path: expected string, got array"]),
        ({"path": "a", "offset": "x"}, ["offset: expected number, got string"]),
        ({"path": "a", "offset": float("nan")}, ["offset: expected number, got float"]),
        ({"path": "a", "all": "yes"}, ["all: expected boolean, got string"]),
        ({"path": "a", "edits": {}}, ["edits: expected array, got object"]),
        (
            {"path": "a", "edits": [{}, 3]},
            ["edits[0].oldText: required", "edits[1]: expected object, got number"],
        ),
        ([], ["value: expected object, got array"]),
    ],
)
def test_bad_values_name_the_place(value, problems):
    assert check(TOOL, value)[1] == problems


@pytest.mark.parametrize(
    ("schema", "good", "bad", "problem"),
    [
        ({"type": "integer"}, 3.0, 3.5, "expected integer"),
        ({"type": ["string", "null"]}, None, [], "expected string or null"),
        ({"enum": ["a", "b"]}, "b", "c", "one of 'a', 'b'"),
        ({"const": 1}, 1, 2, "must be 1"),
        ({"type": "number", "minimum": 1}, 1, 0, "at least 1"),
        ({"type": "number", "maximum": 1}, 1, 2, "at most 1"),
        ({"type": "number", "exclusiveMinimum": 1}, 2, 1, "more than 1"),
        ({"type": "number", "exclusiveMaximum": 1}, 0, 1, "less than 1"),
        ({"type": "string", "minLength": 2}, "ab", "a", "at least 2 characters"),
        ({"type": "string", "maxLength": 2}, "ab", "abc", "at most 2 characters"),
        ({"type": "string", "pattern": "^a"}, "ab", "ba", "must match"),
        ({"type": "array", "minItems": 1}, [0], [], "at least 1 items"),
        ({"type": "array", "maxItems": 1}, [0], [0, 0], "at most 1 items"),
        ({"anyOf": [{"type": "string"}, {"type": "object"}]}, {}, [], "expected"),
        ({"oneOf": [{"const": 1}, {"const": 2}]}, 2, 3, "must be"),
        ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, 2, 3, "at most 2"),
        ({"type": "object", "additionalProperties": False}, {}, {"x": 1}, "unknown property"),
        (False, None, 1, "not allowed"),
    ],
)
def test_keywords(schema, good, bad, problem):
    if schema is not False:
        assert check(schema, good)[1] == []
    assert problem in " ".join(check(schema, bad)[1])


@pytest.mark.parametrize(
    ("schema", "given", "becomes"),
    [
        ({"type": "integer"}, 3.0, int),
        ({"type": ["integer", "null"]}, 3.0, int),
        ({"type": "number"}, 3.0, float),
        ({"type": ["integer", "number"]}, 3.0, float),
        ({"type": "array", "items": {"type": "integer"}}, [3.0], int),
    ],
)
def test_a_whole_number_becomes_one_that_python_can_count_with(schema, given, becomes):
    value, problems = check(schema, given)
    assert (value, problems) == (given, [])
    assert type(value[0] if isinstance(value, list) else value) is becomes


def test_alternatives_keep_a_value_that_already_fits():
    schema = {"anyOf": [{"type": "number"}, {"type": "string"}]}
    assert check(schema, "5") == ("5", [])


def test_a_schema_that_nests_for_ever_ends():
    loop: dict = {"type": "object"}
    loop["properties"] = {"a": loop}
    value: dict = {}
    at = value
    for _ in range(500):
        at["a"] = {}
        at = at["a"]
    assert check(loop, value)[1] == []


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "boolean"),
        (1, "number"),
        (None, "null"),
        ("", "string"),
        ([], "array"),
        ({}, "object"),
    ],
)
def test_type_names(value, name):
    assert type_name(value) == name
