"""All tools of a conversation: built-in ones, those of extensions, the program's own."""

from __future__ import annotations

import pytest

from pi.assembly.toolbox import Toolbox
from pi.extensions.extension import RegisteredTool
from pi.tools.base import Outcome, Tool
from pi.tools.select import ToolFlags
from pi.tools.workspace import Workspace

DEFAULT = ["read", "bash", "edit", "write"]


class Owner:
    def info(self):
        return {"path": "/x.py", "source": "auto", "scope": "user", "origin": "top-level"}


class Hooks:
    """Extensions with these tools."""

    def __init__(self, *registered):
        self.registered = list(registered)

    def tools(self):
        return self.registered


def tool(name, description="It does."):
    return Tool(name, description, {"type": "object"}, lambda arguments, call: Outcome([]))


def registered(name, exposure="direct", *, active=True, **more):
    return RegisteredTool(tool(name), name, exposure, active, {}, more, Owner())


@pytest.fixture
def box(tmp_path):
    def make(*tools, own=(), **flags):
        hooks = Hooks(*tools)
        made = Toolbox(Workspace(str(tmp_path)), ToolFlags(**flags), [], hooks, own)
        made.hooks = hooks
        return made

    return make


def test_the_start(box):
    made = box(
        registered("greet"),
        registered("quiet", active=False),
        registered("late", "deferred"),
        registered("ask", "model-only"),
        registered("gone", "hidden"),
        own=[tool("mine")],
    )
    assert list(made.initial(None)) == [*DEFAULT, "greet", "ask", "mine"]
    assert list(made.initial(["read"])) == ["read", "greet", "ask", "mine"]
    assert {"greet", "quiet", "late", "ask", "mine", "grep"} <= set(made.available())
    assert "gone" not in made.available()


def test_the_same_name_twice(box):
    made = box(registered("read"), registered("bash"), own=[tool("bash", "mine")])
    active = made.initial(None)
    assert active["read"] is made.hooks.registered[0].tool
    assert list(active) == DEFAULT
    assert active["bash"].description == "mine"
    assert made.builtin("read").description != "It does."
    assert made.builtin("nothing") is None


def test_choosing(box):
    made = box(registered("greet"))
    assert list(made.chosen(["greet", "nope", "read", "greet"])) == ["greet", "read"]


def test_what_is_registered_later(box):
    made = box(registered("greet"))
    active = made.initial(None)
    del active["greet"]  # somebody turned it off
    made.hooks.registered = [registered("greet"), registered("more"), registered("x", active=False)]
    active = made.renewed(active)
    assert list(active) == [*DEFAULT, "more"]
    made.hooks.registered[1] = registered("more", "hidden")
    assert list(made.renewed(active)) == DEFAULT


@pytest.mark.parametrize("flags", [{"tools": "read"}, {"no_tools": True}, {"exclude": "mo*"}])
def test_flags_hold_for_what_is_registered_later(box, flags):
    made = box(**flags)
    active = made.initial(None)
    made.hooks.registered = [registered("more")]
    assert "more" not in made.renewed(active)


def test_reading_anew_keeps_what_was_active(box):
    before = box(registered("greet"), own=[tool("mine")])
    before.initial(None)
    after = box(registered("greet"), registered("new"))
    active = after.take_over(before, before.chosen(["read", "mine"]))
    assert list(active) == ["read", "mine", "new"]
    assert active["mine"] is before.available()["mine"]


def test_what_tools_may_call(box):
    made = box(
        registered("direct"),
        registered("ask", "model-only"),
        registered("script", "codemode"),
        registered("late", "deferred"),
    )
    assert list(made.callable(made.chosen(["read", "ask"]))) == ["read", "script", "late"]


def test_rows(box):
    made = box(registered("greet", namespace={"name": "n"}), own=[tool("mine")])
    rows = {row["name"]: row for row in made.rows()}
    assert rows["read"]["sourceInfo"] == {
        "path": "builtin:read",
        "source": "builtin",
        "scope": "temporary",
        "origin": "top-level",
    }
    assert rows["greet"]["sourceInfo"] == Owner().info()
    assert (rows["greet"]["exposure"], rows["greet"]["namespace"]) == ("direct", {"name": "n"})
    assert rows["mine"]["sourceInfo"]["source"] == "sdk"
    assert set(rows["mine"]) == {
        "name", "description", "parameters", "promptGuidelines", "exposure", "sourceInfo",
    }  # fmt: skip


def test_tools_that_a_program_brings_later(box):
    made = box()
    made.bring(tool("mine"))
    assert made.brought(["read", "mine"]) == (made.available()["mine"],)
