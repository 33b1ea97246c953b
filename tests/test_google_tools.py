"""Tool declarations: schemas without const, strictness."""

from __future__ import annotations

import pytest

from pi.errors import ProviderError
from pi.providers.google_tools import declared, without_const

NEW, OLD = {"id": "gemini-3-flash"}, {"id": "gemini-2.5-pro"}
STRICT = {"type": "json_schema", "strict": "prefer"}
INSISTS = {"type": "json_schema", "strict": "require"}


def tool(parameters, wish=None):
    made = {"name": "t", "description": "d", "parameters": parameters}
    return {**made, "constrainedSampling": wish} if wish else made


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"const": "k"}, {"enum": ["k"]}),
        ({"const": 5, "type": "integer"}, {"type": "integer", "enum": [5]}),
        ({"const": ""}, {"enum": [""]}),
        ({"const": "a", "enum": ["a"]}, {"const": "a", "enum": ["a"]}),
        ({"const": True}, {"const": True}),
        ({"const": None}, {"const": None}),
        ({"const": {"a": 1}}, {"const": {"a": 1}}),
        ({"anyOf": [{"const": "a"}, 5]}, {"anyOf": [{"enum": ["a"]}, 5]}),
        ({"items": {"const": "a"}}, {"items": {"enum": ["a"]}}),
        ({"items": [{"const": "a"}]}, {"items": [{"enum": ["a"]}]}),
        ({"not": {"const": "a"}}, {"not": {"enum": ["a"]}}),
        ({"default": {"const": "x"}, "examples": [{"const": 1}]}, None),
        ({"enum": [{"const": "y"}]}, None),
        ({"properties": {"const": {"const": "z"}}}, {"properties": {"const": {"enum": ["z"]}}}),
        ({"$defs": {"d": {"const": 1}}}, {"$defs": {"d": {"enum": [1]}}}),
        ({"properties": ["const"], "anyOf": {"const": 1}}, None),
        (True, None),
    ],
)
def test_const_becomes_enum(schema, expected):
    assert without_const(schema) == (schema if expected is None else expected)


def test_a_schema_of_absurd_depth():
    schema = {}
    for _ in range(5000):
        schema = {"items": schema}
    assert without_const(schema)["items"]


@pytest.mark.parametrize(("model", "held"), [(NEW, True), (OLD, False)])
def test_strictness_where_it_is_offered(model, held):
    schema = {"type": "object", "properties": {"a": {"const": "x"}}, "required": ["a"]}
    fields = declared([tool(schema, STRICT), tool({"type": "object"})], model)
    first = fields["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"]
    assert ("toolConfig" in fields) is held
    assert ("additionalProperties" in first) is held
    assert first["properties"] == {"a": {"enum": ["x"]}}


@pytest.mark.parametrize(
    ("model", "parameters", "says"),
    [(OLD, {"type": "object"}, "does not offer it"), (NEW, {"$ref": "#/x"}, "object schema")],
)
def test_a_tool_that_insists(model, parameters, says):
    with pytest.raises(ProviderError, match=says):
        declared([tool(parameters, INSISTS)], model)
    assert "toolConfig" not in declared([tool(parameters, STRICT)], model) or model is NEW


def test_no_tools_no_fields():
    assert declared([], NEW) == {}
    assert declared([{"name": None}], NEW) == {}
