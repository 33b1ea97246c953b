from __future__ import annotations

import pytest

from pi.providers.anthropic_compat import DEFAULTS
from pi.providers.anthropic_updates import script_of
from pi.request import Context

WORDS = {**DEFAULTS, "supportsMidConvoSystemMessages": True}
TOOLS = {**WORDS, "supportsMidConvoToolChanges": True}


def tool(name, description="d"):
    return {"name": name, "description": description, "parameters": {"type": "object"}}


def system(content="", **more):
    return {"role": "system", "content": content, **more}


def script(switches, tools, *messages):
    return script_of(Context("S", tools, [{"role": "user"}, *messages]), switches)


def names(tools):
    return [tool["name"] for tool in tools]


def story(blocks):
    """A reading of blocks: words as they are, -name removed, +name added."""
    told = []
    for block in blocks:
        if block["type"] == "text":
            told.append(block["text"])
        elif block["type"] == "tool_removal":
            assert block["tool"]["type"] == "tool_reference"
            told.append(f"-{block['tool']['name']}")
        else:
            definition = block["tool"]["definition"]
            assert block["tool"]["type"] == "tool_definition"
            assert "input_schema" in definition
            told.append(f"+{definition['name']}")
    return told


def test_nothing_changes():
    result = script(TOOLS, [tool("a")])
    assert (result.system, names(result.tools), result.updates) == ("S", ["a"], {})
    assert result.changes_tools
    assert not script(TOOLS, []).changes_tools


def test_what_a_system_message_says():
    message = system("Words.", sections={"rules": "New.", "cwd": None, "empty": ""})
    (block,) = script(WORDS, [], message).updates[1]
    assert block["text"].split("\n\n") == [
        "Words.",
        'The section "rules" of the system prompt is now:',
        "New.",
        'The section "cwd" of the system prompt no longer applies.',
        'The section "empty" of the system prompt is now:',
        "",
    ]


def test_a_model_that_takes_no_system_messages_is_told_at_the_start():
    changes = system("More.", toolsAdded=[tool("b")], toolsRemoved=[{"name": "a"}])
    result = script(DEFAULTS, [tool("a")], changes, system(" "), system("Last."))
    assert result.system == "S\n\nMore.\n\nLast."
    assert (names(result.tools), result.updates, result.changes_tools) == (["b"], {}, False)


def test_a_model_that_takes_only_words_on_the_way():
    result = script(WORDS, [tool("a")], system("More.", toolsAdded=[tool("b")]))
    assert result.system == "S"
    assert names(result.tools) == ["a", "b"]
    assert {at: story(blocks) for at, blocks in result.updates.items()} == {1: ["More."]}


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([system("W", toolsAdded=[tool("b")])], ["W", "+b"]),
        ([system(toolsRemoved=[{"name": "a"}])], ["-a"]),
        ([system(toolsRemoved=[{"name": "z"}, None, {}, {"name": 5}])], []),
        ([system(toolsRemoved=[{"name": "a"}], toolsAdded=[tool("a", "new")])], ["+a"]),
        ([system(toolsRemoved=[{"name": "a"}]), system(toolsRemoved=[{"name": "a"}])], ["-a"]),
        (
            [
                system(toolsAdded=[tool("b")]),
                system(toolsRemoved=[{"name": "b"}]),
                system(toolsAdded=[tool("b", "new")]),
            ],
            ["+b", "-b", "+b"],
        ),
        ([system(toolsAdded=[None, {}, {"name": 5}], toolsRemoved="x")], []),
        ([system(toolsAdded={"name": "b"})], []),
    ],
)
def test_tools_change_on_the_way(messages, told):
    result = script(TOOLS, [tool("a"), tool("k")], *messages)
    blocks = [block for at in sorted(result.updates) for block in result.updates[at]]
    assert story(blocks) == told
    assert names(result.tools) == ["a", "k"]


def test_tools_added_later_are_not_declared_at_the_start_too():
    """Whether the context lists the tools of the start or those of the end."""
    later = system(toolsAdded=[tool("b")])
    for tools in ([tool("a")], [tool("a"), tool("b")]):
        result = script(TOOLS, tools, later)
        assert names(result.tools) == ["a"]
        assert story(result.updates[1]) == ["+b"]


def test_without_tools_at_the_start_none_are_added_later():
    result = script(TOOLS, [], system("W", toolsAdded=[tool("b")]))
    assert names(result.tools) == ["b"]
    assert story(result.updates[1]) == ["W"]
    assert not result.changes_tools


def test_definitions_belong_to_their_names():
    first = system(toolsAdded=[tool("b", "one"), tool("c", "two"), tool("b", "three")])
    second = system(toolsAdded=[tool("d", "four")])
    result = script(TOOLS, [tool("a")], first, second)
    told = {
        block["tool"]["definition"]["name"]: block["tool"]["definition"]["description"]
        for blocks in result.updates.values()
        for block in blocks
    }
    assert told == {"b": "three", "c": "two", "d": "four"}
