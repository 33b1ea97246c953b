"""What all extensions together registered, and what is left when the session is replaced."""

from __future__ import annotations

import sys

import pytest

from pi.extensions.host import REPLACED, ExtensionError
from tests.hookkit import FakeHost, Talking, running


def test_after_a_replacement_nothing_of_the_session_can_be_reached(tmp_path):
    runner, _ = running(
        tmp_path,
        """
        HELD = []
        def extend(pi):
            HELD.append(pi)
            pi.events.on("x", HELD.append)
            pi.on("session_start", lambda event, ctx: HELD.append(ctx))
        """,
        host=FakeHost(is_idle=True, get_session_name="n"),
    )
    module = sys.modules[runner.extensions[0].module]
    runner.fire("session_start")
    pi, ctx = module.HELD
    assert (ctx.is_idle(), pi.get_session_name()) == (True, "n")
    runner.retire()
    for use in (
        lambda: ctx.is_idle(),
        lambda: ctx.cwd,
        lambda: ctx.ui,
        lambda: pi.get_session_name(),
        lambda: pi.on("input", print),
        lambda: pi.events.emit("x"),
        lambda: pi.register_tool(lambda: 1, name="a"),
    ):
        with pytest.raises(ExtensionError, match="this session was replaced"):
            use()
    assert runner.extensions[0].line.why == REPLACED
    assert len(module.HELD) == 2


def test_commands_of_one_name_are_numbered(tmp_path):
    text = """
        def extend(pi):
            pi.register_command("{}", lambda args, ctx: ctx.ui.notify("{} " + args))
    """
    names = ("review", "plan", "review", "review:2")
    texts = [text.format(name, number) for number, name in enumerate(names)]
    runner, host = running(tmp_path, *texts, host=FakeHost(ui=Talking()))
    assert [each.name for each in runner.commands()] == [
        "review:1",
        "plan",
        "review:2",
        "review:2:2",
    ]
    runner.run_command(runner.command("review:2"), "now")
    assert host.user.said == ["2 now"]
    assert runner.command("review") is None


def test_the_first_extension_wins_a_tool_and_a_flag(tmp_path):
    text = """
        def extend(pi):
            pi.register_flag("plan", default={})
            pi.register_tool(name="t", description="{}", execute=lambda: "")
            pi.register_tool(name="t", description="{} again", execute=lambda: "")
    """
    texts = [text.format(True, "a", "a"), text.format(False, "b", "b")]
    runner, _ = running(tmp_path, *texts)
    assert [each.tool.description for each in runner.tools()] == ["a again"]
    assert runner.flags()["plan"].default is True
    lost = runner.conflicts()
    assert [path for path, _ in lost] == [runner.extensions[1].path] * 2
    assert 'the tool "t" is already' in lost[0][1]
    assert "the flag --plan" in lost[1][1]


def test_what_fails_in_a_call_is_reported_and_gives_the_default(tmp_path):
    runner, host = running(
        tmp_path,
        """
        def extend(pi):
            pi.register_command("boom", boom, complete=lambda prefix: ["a", {"value": "b"}, 3])
            pi.register_shortcut("ctrl+x", lambda ctx: 1 / 0)

        def boom(args):
            raise KeyError(args)
        """,
    )
    command = runner.command("boom")
    runner.run_command(command, "x")
    runner.run_shortcut(runner.shortcuts()["ctrl+x"])
    assert [(fault.event, fault.error) for fault in host.faults] == [
        ("command", "KeyError: 'x' (e0.py:7)"),
        ("shortcut", "ZeroDivisionError: division by zero (e0.py:4)"),
    ]
    assert runner.completions(command, "") == [
        {"value": "a", "label": "a"},
        {"value": "b", "label": "b"},
    ]
