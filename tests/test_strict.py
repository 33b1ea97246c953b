from __future__ import annotations

from copy import deepcopy

import pytest

from pi.providers.strict import UnsupportedSchemaError, insists, strict_schema, wants_strict
from pi.schema import check

TEXT = {"type": "string"}
NULL = {"type": "null"}


def obj(required=None, **properties):
    schema = {"type": "object", "properties": properties}
    return schema if required is None else {**schema, "required": required}


@pytest.mark.parametrize(
    ("schema", "properties"),
    [
        (obj(["a"], a=TEXT), {"a": TEXT}),
        (obj(a=TEXT), {"a": {"anyOf": [TEXT, NULL]}}),
        (obj(a={"type": ["string", "null"]}), {"a": {"type": ["string", "null"]}}),
        (obj(a={"anyOf": [TEXT, NULL]}), {"a": {"anyOf": [TEXT, NULL]}}),
        (obj(a={"enum": ["x", None]}), {"a": {"enum": ["x", None]}}),
        (obj(a={"const": None}), {"a": {"const": None}}),
        (obj(["a"], a={"type": "array", "items": TEXT}), {"a": {"type": "array", "items": TEXT}}),
        (
            obj(["a"], a={"type": "string", "minLength": 2}),
            {"a": {"type": "string", "minLength": 2}},
        ),
    ],
)
def test_properties(schema, properties):
    before = deepcopy(schema)
    strict = strict_schema(schema)
    assert strict["properties"] == properties
    assert strict["required"] == list(properties)
    assert strict["additionalProperties"] is False
    assert schema == before


def test_objects_inside_are_closed_too():
    schema = obj(["list"], list={"type": "array", "items": obj(a=TEXT)})
    inner = strict_schema(schema)["properties"]["list"]["items"]
    assert inner == {
        "type": "object",
        "properties": {"a": {"anyOf": [TEXT, NULL]}},
        "required": ["a"],
        "additionalProperties": False,
    }
    assert strict_schema(strict_schema(schema)) == strict_schema(schema)


def test_an_object_without_properties():
    assert strict_schema({"type": "object"}) == {
        "type": "object",
        "required": [],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (None, "not an object schema"),
        ({"type": "string"}, "not an object schema"),
        (obj(a={"$ref": "#/x"}), r'parameters\.a uses "\$ref"'),
        (obj(a={"oneOf": [TEXT]}), '"oneOf"'),
        ({**obj(), "$defs": {}}, r'"\$defs"'),
        ({**obj(), "additionalProperties": True}, "further properties"),
        (obj(a={"type": "object", "additionalProperties": TEXT}), r"parameters\.a allows further"),
        (obj(["b"], a=TEXT), "requires a property"),
        (obj(a=True), "not a plain schema"),
        (obj(a={"type": "array", "items": [TEXT]}), r"parameters\.a\[\] is not a plain"),
        (obj(a={"anyOf": [obj(b=TEXT), TEXT]}), "objects as alternatives"),
        (obj(a={"anyOf": "x"}), "no list"),
        ({"type": "object", "properties": []}, "malformed"),
        ({"type": "object", "properties": {"a": {"properties": {}}}}, 'not of type "object"'),
    ],
)
def test_what_cannot_be_said(schema, says):
    with pytest.raises(UnsupportedSchemaError, match=says):
        strict_schema(schema)


def test_endless_nesting_is_refused():
    schema = TEXT
    for _ in range(200):
        schema = {"type": "array", "items": schema}
    with pytest.raises(UnsupportedSchemaError):
        strict_schema(obj(a=schema))


def test_null_for_an_optional_argument_means_left_out():
    """What strict mode makes of an optional argument is accepted by the tool's own schema."""
    schema = obj(["a"], a=TEXT, b={"type": "number"})
    sent = {"a": "x", "b": None}
    assert check(strict_schema(schema), sent) == (sent, [])
    assert check(schema, sent) == ({"a": "x"}, [])


@pytest.mark.parametrize(
    ("wish", "wants", "must"),
    [
        (None, False, False),
        ({"type": "grammar"}, False, False),
        ({"type": "json_schema", "strict": "prefer"}, True, False),
        ({"type": "json_schema"}, True, False),
        ({"type": "json_schema", "strict": "require"}, True, True),
        ("json_schema", False, False),
    ],
)
def test_wishes(wish, wants, must):
    tool = {"name": "t", "constrainedSampling": wish}
    assert (wants_strict(tool), insists(tool)) == (wants, must)
