from __future__ import annotations

import pytest

from pi.errors import UsageError
from pi.tools.select import ToolFlags, select

ALL = ["read", "bash", "edit", "write", "grep", "find", "ls"]
DEFAULT = ["read", "bash", "edit", "write"]


@pytest.mark.parametrize(
    ("flags", "layers", "expected"),
    [
        ({}, [], DEFAULT),
        ({"tools": "grep,read"}, [], ["read", "grep"]),
        ({"tools": " grep , read "}, [], ["read", "grep"]),
        ({"tools": "r*"}, [], ["read"]),
        ({"tools": "*"}, [], ALL),
        ({"tools": "[r]ead,re?d"}, [], []),
        ({"tools": "nope"}, [], []),
        ({"tools": ""}, [], []),
        ({"tools": "+grep,-bash"}, [], ["read", "edit", "write", "grep"]),
        ({"tools": "+nope"}, [], DEFAULT),
        ({"exclude": "bash,w*"}, [], ["read", "edit"]),
        ({"tools": "read,bash", "exclude": "bash"}, [], ["read"]),
        ({"no_tools": True}, [], []),
        ({"no_tools": True, "tools": "read"}, [], ["read"]),
        ({"no_tools": True, "tools": "+read"}, [], ["read"]),
        ({"no_builtin": True}, [], []),
        ({"no_builtin": True, "tools": "read"}, [], ["read"]),
        ({}, [["ls"]], ["ls"]),
        ({}, [[]], []),
        ({}, [["+ls"]], [*DEFAULT, "ls"]),
        ({}, [["+ls"], ["-bash"]], ["read", "edit", "write", "ls"]),
        ({}, [["+ls"], ["grep", "-grep", "+find"]], ["find"]),
        ({"tools": "+grep"}, [["ls"]], ["grep", "ls"]),
        ({"tools": "read"}, [["ls"]], ["read"]),
    ],
)
def test_selection(flags, layers, expected):
    assert select(ALL, ToolFlags(**flags), layers) == expected


@pytest.mark.parametrize(
    ("flags", "before", "expected"),
    [
        ({}, ["read", "grep"], ["read", "grep"]),
        ({}, [], []),
        ({"tools": "ls"}, ["read"], ["ls"]),
        ({"tools": "+ls"}, ["read"], ["ls", "read"]),
        ({"exclude": "read"}, ["read", "grep"], ["grep"]),
        ({"no_builtin": True}, ["read"], []),
    ],
)
def test_a_session_that_goes_on_keeps_its_tools(flags, before, expected):
    found = select(ALL, ToolFlags(**flags), [["bash"]], before)
    assert sorted(found) == sorted(expected)
    assert found == [name for name in ALL if name in expected]


@pytest.mark.parametrize(
    ("flags", "before", "expected"),
    [
        ({}, None, [*DEFAULT, "ls"]),
        ({}, ["read"], ["read", "ls"]),
        ({"no_builtin": True}, None, ["ls"]),
        ({"no_tools": True}, None, []),
        ({"tools": "read"}, None, ["read"]),
        ({"tools": "-ls"}, None, DEFAULT),
        ({"exclude": "l*"}, ["read"], ["read"]),
    ],
)
def test_tools_of_extensions_are_active_unless_flags_say_otherwise(flags, before, expected):
    assert select(ALL, ToolFlags(**flags), [], before, ["ls"]) == expected


def test_mixed_entries_are_refused():
    with pytest.raises(UsageError, match="cannot be mixed"):
        select(ALL, ToolFlags(tools="read,-bash"))
