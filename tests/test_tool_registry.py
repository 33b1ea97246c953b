"""The set of built-in tools."""

from __future__ import annotations

import pytest

from pi import schema
from pi.tools.base import declaration
from pi.tools.registry import builtin
from pi.tools.workspace import Workspace


@pytest.fixture
def tools(tmp_path):
    return builtin(Workspace(str(tmp_path)))


def test_names_and_order(tools):
    assert list(tools) == ["read", "bash", "edit", "write", "grep", "find", "ls"]
    assert all(name == tool.name for name, tool in tools.items())


def test_every_tool_explains_itself(tools):
    for tool in tools.values():
        assert tool.snippet
        assert "\n" not in tool.snippet
        assert tool.description.endswith((".", ")"))
        assert all(line.endswith(".") for line in tool.guidelines)


def test_schemas_are_such_as_models_take(tools):
    for tool in tools.values():
        parameters = declaration(tool)["parameters"]
        assert parameters["type"] == "object"
        assert set(parameters.get("required", ())) <= set(parameters["properties"])
        for rule in parameters["properties"].values():
            assert rule["type"] in ("string", "number", "boolean", "array")
            assert rule["description"]
        problems = schema.check(parameters, {})[1]
        assert len(problems) == len(parameters.get("required", ()))


def test_the_parameters_of_the_contract(tools):
    names = {name: list(tool.parameters["properties"]) for name, tool in tools.items()}
    assert names == {
        "read": ["path", "offset", "limit"],
        "bash": ["command", "timeout"],
        "edit": ["path", "edits"],
        "write": ["path", "content"],
        "grep": ["pattern", "path", "glob", "ignoreCase", "literal", "context", "limit"],
        "find": ["pattern", "path", "limit"],
        "ls": ["path", "limit"],
    }
