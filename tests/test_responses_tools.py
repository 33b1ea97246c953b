"""Where tools are declared: in the list, in items, or found by a search."""

from __future__ import annotations

import pytest

from pi.errors import ProviderError
from pi.providers.responses_compat import switches_of
from pi.providers.responses_tools import MORE_TOOLS, WITHDRAWN, Declarer, placed
from pi.request import Context

MODEL = {"provider": "p", "id": "m", "api": "openai-responses", "baseUrl": "https://x/v1"}
ITEMS = {"supportsMidConvoSystemMessages": True, "supportsAdditionalTools": True}
SEARCH = {"supportsMidConvoSystemMessages": True, "supportsToolSearch": True}
USER = {"role": "user", "content": "hi", "timestamp": 1}


def tool(name, description="d", **more):
    parameters = {"type": "object", "properties": {"n": {"type": "number"}}}
    return {"name": name, "description": description, "parameters": parameters, **more}


def change(*added, removed=()):
    gone = [{"name": name} for name in removed]
    tools = [tool(each) if isinstance(each, str) else each for each in added]
    return {"role": "system", "content": "", "toolsAdded": tools, "toolsRemoved": gone}


def placement(compat, *messages, tools=("a", "b")):
    switches = switches_of({**MODEL, "compat": compat})
    context = Context("", [tool(name) for name in tools], [USER, *messages])
    return placed(context, switches, Declarer(switches))


def names(tools):
    return [each["name"] for each in tools]


def test_without_switches_all_are_in_the_list():
    found = placement({"supportsMidConvoSystemMessages": True}, change("c", removed=["a"]))
    assert (names(found.tools), found.opening, found.changes, found.notes) == (
        ["b", "c"],
        [],
        {},
        {},
    )


def test_items_declare_tools_where_they_were_added():
    found = placement(
        {**ITEMS, **SEARCH}, change("c"), USER, change(tool("a", "new"), removed=["b"])
    )
    assert found.tools == []
    assert [names(item["tools"]) for item in found.opening] == [["a", "b"]]
    assert [item.get("content") for item in found.changes[1]] == [MORE_TOOLS, None]
    assert names(found.changes[1][1]["tools"]) == ["c"]
    assert found.changes[3][1]["tools"][0]["description"] == "new"
    assert found.notes == {3: f"{WITHDRAWN}\n- b"}


def test_the_first_tools_need_no_note():
    found = placement(ITEMS, change("c"), tools=())
    assert found.opening == []
    assert [item["type"] for item in found.changes[1]] == ["additional_tools"]


def test_a_search_finds_what_was_only_added():
    found = placement(SEARCH, change("c", "d"), USER, change("e"))
    assert names(found.tools) == ["a", "b"]
    call, output = found.changes[1]
    assert (call["type"], output["type"]) == ("tool_search_call", "tool_search_output")
    assert call["call_id"] == output["call_id"]
    assert call["arguments"] == {"query": "c d", "limit": 2}
    assert [each["defer_loading"] for each in output["tools"]] == [True, True]
    again = placement(SEARCH, change("c", "d"))
    assert again.changes[1] == found.changes[1], "the same whenever it is sent"
    assert found.changes[3][0]["call_id"] != call["call_id"]


@pytest.mark.parametrize(
    ("messages", "listed", "changed"),
    [
        ([change("c"), change(removed=["a"]), change("d")], ["b", "c"], [3]),
        ([change(removed=["a"]), change("c")], ["b"], [2]),
        ([change(tool("a", "new")), change("c")], ["a", "b"], [2]),
        ([change("a"), change("c")], ["a", "b"], [2]),  # nothing new in the first
        ([change(removed=["nobody"]), change("c")], ["a", "b"], [2]),
        ([change("c", removed=["c"])], ["a", "b"], [1]),
        ([change()], ["a", "b"], []),
    ],
)
def test_what_was_removed_or_changed_is_folded_into_the_list(messages, listed, changed):
    found = placement(SEARCH, *messages)
    assert names(found.tools) == listed
    assert sorted(found.changes) == changed


@pytest.mark.parametrize("compat", [{}, ITEMS, SEARCH])
def test_a_tool_that_insists_is_refused_wherever_it_is_declared(compat):
    strict = {"constrainedSampling": {"type": "json_schema", "strict": "require"}}
    with pytest.raises(ProviderError, match='"c" insists'):
        placement({"supportsMidConvoSystemMessages": True, **compat}, change(tool("c", **strict)))
