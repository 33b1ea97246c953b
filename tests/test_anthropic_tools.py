from __future__ import annotations

import pytest

from pi.errors import ProviderError
from pi.providers.anthropic_compat import DEFAULTS
from pi.providers.anthropic_tools import declared
from pi.providers.strict_room import MAX_NULLABLE, MAX_STRICT_TOOLS

PREFER = {"type": "json_schema", "strict": "prefer"}
REQUIRE = {"type": "json_schema", "strict": "require"}
STRICT = {**DEFAULTS, "supportsStrictTools": True}


def tool(parameters, wish=PREFER, name="t"):
    return {"name": name, "description": "d", "parameters": parameters, "constrainedSampling": wish}


def schema_of(rule, required=("a",)):
    return {"type": "object", "properties": {"a": rule}, "required": list(required)}


def test_a_declaration_in_the_order_of_its_keys():
    (sent,) = declared([tool(schema_of({"type": "string"}))], STRICT)
    assert list(sent) == ["name", "description", "eager_input_streaming", "strict", "input_schema"]
    assert sent["input_schema"] == {
        **schema_of({"type": "string"}),
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "string", "minLength": 1},
        {"type": "number", "multipleOf": 2},
        {"type": "array", "items": {"type": "string"}, "minItems": 2},
        {"type": "array", "items": {"type": "integer", "maximum": 5}},
        {"anyOf": [{"type": "string"}, {"type": "number", "exclusiveMinimum": 0}]},
        {"type": "object", "properties": {"b": {"type": "string", "maxLength": 5}}},
        {"type": "string", "format": "binary"},
        {"type": "string", "format": ["date"]},
        {"$ref": "#/$defs/x"},
        {"type": "object", "additionalProperties": True},
    ],
)
def test_what_strict_mode_cannot_say_is_sent_plainly(rule):
    (sent,) = declared([tool(schema_of(rule))], STRICT)
    assert "strict" not in sent
    assert sent["input_schema"] == schema_of(rule)
    with pytest.raises(ProviderError, match=r'tool "t" insists .* set its "strict"') as caught:
        declared([tool(schema_of(rule), REQUIRE)], STRICT)
    assert caught.value.kind == "bad_request"


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "string", "format": "date"},
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
        {"type": "string", "enum": ["a", "b"]},
        {"type": "string", "pattern": "^a+$"},
    ],
)
def test_what_strict_mode_takes(rule):
    (sent,) = declared([tool(schema_of(rule))], STRICT)
    assert sent["strict"] is True
    assert sent["input_schema"]["properties"] == {"a": rule}


def test_a_strict_tool_without_parameters_still_has_properties():
    (sent,) = declared([tool({"type": "object"})], STRICT)
    assert sent["input_schema"]["properties"] == {}
    assert sent["strict"] is True


def test_only_as_many_strict_tools_as_a_request_may_have():
    tools = [
        tool(schema_of({"type": "string"}), name=f"t{at}") for at in range(MAX_STRICT_TOOLS + 3)
    ]
    sent = declared(tools, STRICT)
    assert ["strict" in one for one in sent] == [True] * MAX_STRICT_TOOLS + [False] * 3


def test_only_as_many_nullable_parameters_as_a_request_may_have():
    """A tool that takes too much is sent plainly; a smaller one after it still fits."""
    properties = {f"p{at}": {"type": "string"} for at in range(MAX_NULLABLE - 1)}
    most = {"type": "object", "properties": properties}
    two = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": ["string", "null"]}},
    }
    one = schema_of({"type": "string"}, required=())
    sent = declared([tool(most, name="a"), tool(two, name="b"), tool(one, name="c")], STRICT)
    assert ["strict" in tool for tool in sent] == [True, False, True]


def test_a_model_without_strictness():
    (sent,) = declared([tool(schema_of({"type": "string"}))], DEFAULTS)
    assert "strict" not in sent
    with pytest.raises(ProviderError, match="this model does not offer it"):
        declared([tool(schema_of({"type": "string"}), REQUIRE)], DEFAULTS)


@pytest.mark.parametrize("parameters", [None, "x", [], {}, {"type": "string"}, {"properties": 5}])
def test_a_schema_that_is_none_takes_no_arguments(parameters):
    (sent,) = declared([{"name": "t", "parameters": parameters}], DEFAULTS)
    assert sent["input_schema"] == {"type": "object", "properties": {}, "required": []}
    assert "description" not in sent


def test_a_tool_without_a_name_is_left_out():
    assert declared([{"description": "d"}, {"name": None}], STRICT) == []
