"""What extensions do to a session, and what they read of it."""

from __future__ import annotations

import re
import sys

import pytest

from pi import __version__
from pi.cancel import CancelToken
from pi.extensions.action import Ran
from pi.extensions.naming import camel
from pi.extensions.runner import Runner
from pi.extensions.view import SESSION_METHODS, SessionView
from pi.messages import user_message
from pi.session import Session
from tests.hookkit import FakeHost, running

ACTS = [
    # what is called, the verb of the port, its arguments
    ("pi.send_message({'customType': 'a', 'content': 'b'})", "send_message",
     (({"customType": "a", "content": "b", "display": True},),
      {"deliver_as": None, "trigger_turn": None})),
    ("pi.sendMessage({'custom_type': 'a', 'content': [], 'display': 0}, {'deliverAs': 'nextTurn'})",
     "send_message", (({"customType": "a", "content": [], "display": False},),
                      {"deliver_as": "nextTurn", "trigger_turn": None})),
    ("pi.send_user_message('x', deliver_as='follow_up', expand_prompt_templates=True)",
     "send_user_message", (("x",), {"deliver_as": "followUp", "expand": True})),
    ("ctx.sendUserMessage('x', {'deliverAs': 'steer'})", "send_user_message",
     (("x",), {"deliver_as": "steer", "expand": False})),
    ("pi.append_entry('a', {'b': 1})", "append_entry", (("a", {"b": 1}), {})),
    ("pi.set_session_name('n')", "set_session_name", (("n",), {})),
    ("pi.set_label('id')", "set_label", (("id", None), {})),
    ("pi.set_active_tools(('a', 'b'))", "set_active_tools", ((["a", "b"],), {})),
    ("pi.setThinkingLevel('high')", "set_thinking_level", (("high",), {})),
    ("pi.exec('git', ['status'], {'timeout': 5, 'cwd': '/'})", "exec",
     (("git", ["status"]), {"cwd": "/", "timeout_ms": 5, "token": None, "max_buffer": None})),
    ("ctx.exec('git')", "exec",
     (("git", []), {"cwd": None, "timeout_ms": None, "token": None, "max_buffer": None})),
    ("ctx.compact(customInstructions='x')", "compact",
     ((), {"custom_instructions": "x", "on_complete": None, "on_error": None})),
    ("ctx.fork('id', {'position': 'at', 'withSession': None})", "fork",
     (("id",), {"position": "at", "with_session": None})),
    ("ctx.newSession()", "new_session", ((), {})),
    ("ctx.navigate_tree('id', summarize=True)", "navigate_tree", (("id",), {"summarize": True})),
    ("ctx.switchSession('/p')", "switch_session", (("/p",), {})),
    ("ctx.waitForIdle()", "wait_for_idle", ((), {})),
    ("ctx.reload()", "reload", ((), {})),
    ("ctx.shutdown()", "shutdown", ((), {})),
    ("ctx.getContextUsage()", "get_context_usage", ((), {})),
]  # fmt: skip


@pytest.mark.parametrize(("line", "verb", "given"), ACTS, ids=[each[0] for each in ACTS])
def test_acting_reaches_the_port(tmp_path, line, verb, given):
    host = FakeHost(**{verb: {"code": 0}})
    text_ = f"def extend(pi):\n    pi.register_command('go', lambda args, ctx: {line})\n"
    runner, host = running(tmp_path, text_, host=host)
    runner.run_command(runner.command("go"), "")
    assert host.faults == []
    assert host.calls == [(verb, *given)]


REFUSED = [
    ("pi.send_message('x')", "message must be a dict, not str"),
    ("pi.send_message({'content': 'x'})", "customType must be a text"),
    ("pi.send_message({'customType': 'x', 'content': 3})", "content must be a list of dicts"),
    ("pi.send_message({'customType': 'x', 'content': ''}, now=1)", "there is no option now"),
    (
        "pi.send_message({'customType': 'x', 'content': '', 'details': {1}})",
        "send_message: the message has something that JSON cannot hold",
    ),
    (
        "pi.send_message({'customType': 'x', 'content': [{'type': 'video'}]})",
        "content must be a text, or a list of text and image blocks",
    ),
    (
        "pi.send_user_message('x', deliver_as='later')",
        "deliver_as must be steer, followUp or nextTurn",
    ),
    ("pi.send_user_message(None)", "content must be a list of dicts, not NoneType"),
    ("pi.set_active_tools('bash')", "names must be a list of texts, not str"),
    ("pi.exec('git status', 'x')", "exec takes a name and a list of texts"),
    ("pi.exec('git', [1])", "exec takes a name and a list of texts"),
    ("ctx.compact('x')", "options must be a dict"),
    ("ctx.fork('id', at=1)", "there is no option at; there are position, with_session"),
    ("ctx.execute_tool('x')", "execute_tool is there in a tool only"),
    ("ctx.nothing", "ctx has no nothing"),
    ("ctx.ui.nothing()", "ctx.ui has no nothing"),
    ("ctx.ui.select('x')", "ui.select: options must be a list of texts"),
    ("ctx.ui.select('x', 'abc')", "ui.select: options must be a list of texts"),
    ("ctx.ui.confirm(3)", "ui.confirm: title must be a text"),
    ("ctx.ui.confirm('a', 'b', color=1)", r"call it as ui.confirm\(title, message"),
    ("ctx.ui.input('a', 'b', None, None, 1)", r"call it as ui.input\("),
    ("ctx.ui.confirm('a', timeout=-1)", "timeout_ms must be a number of milliseconds"),
    ("ctx.ui.set_status(1, 'a')", "ui.set_status: key must be a text"),
]


@pytest.mark.parametrize(("line", "expected"), REFUSED, ids=[each[0] for each in REFUSED])
def test_what_is_asked_wrongly_is_refused_with_the_line(tmp_path, line, expected):
    text_ = f"def extend(pi):\n    pi.register_command('go', lambda args, ctx: {line})\n"
    runner, host = running(tmp_path, text_)
    runner.run_command(runner.command("go"), "")
    assert len(host.errors) == 1
    assert re.search(expected, host.errors[0])
    assert host.errors[0].endswith("(e0.py:2)")
    assert host.calls == []


def test_a_command_of_an_event_handler_says_where_it_belongs(tmp_path):
    runner, host = running(
        tmp_path, "def extend(pi):\n    pi.on('turn_end', lambda event, ctx: ctx.reload())\n"
    )
    runner.fire("turn_end")
    assert "reload is there in a command only" in host.errors[0]


def test_a_context_reads_what_the_port_says_when_it_is_asked(tmp_path):
    token = CancelToken()
    host = FakeHost(
        cwd="/w", model={"id": "m"}, thinking_level="high", scoped_models=[], models="M",
        session="S", is_idle=False, is_project_trusted=True, get_system_prompt="P", token=token,
        has_pending_messages=True,
    )  # fmt: skip
    host.mode = "rpc"
    host.has_ui = True
    runner, host = running(
        tmp_path,
        """
        def extend(pi):
            pi.on("session_start", lambda event, ctx: SEEN.append(ctx))
            pi.on("before_agent_start", lambda event, ctx: with_(ctx.getSystemPrompt() + "1"))
            pi.on("before_agent_start", lambda event, ctx: with_(ctx.get_system_prompt() + "2"))

        def with_(prompt):
            return {"systemPrompt": prompt}
        SEEN = []
        """,
        host=host,
    )
    runner.fire("session_start")
    ctx = sys.modules[runner.extensions[0].module].SEEN[0]
    assert (ctx.mode, ctx.hasUI, ctx.cwd, ctx.model["id"]) == ("rpc", True, "/w", "m")
    assert (ctx.thinkingLevel, ctx.scopedModels, ctx.modelRegistry) == ("high", [], "M")
    assert ctx.session == ctx.sessionManager == "S"
    assert ctx.signal is ctx.token is token
    assert (ctx.isIdle(), ctx.isProjectTrusted(), ctx.hasPendingMessages()) == (False, True, True)
    assert ctx.getSystemPrompt() == "P"
    assert {"ui", "model", "abort"} <= set(dir(ctx))
    assert "reload" not in dir(ctx)
    assert runner.fire("before_agent_start", None, system_prompt="P").system_prompt == "P12"
    assert host.faults == []


def test_how_a_program_ended_reads_both_ways():
    ran = Ran({"stdout": "x", "code": 0})
    assert ran.stdout == ran["stdout"] == "x"
    with pytest.raises(AttributeError):
        _ = ran.nothing


def test_a_session_to_read():
    session = Session.in_memory("/w")
    session.append_message(user_message("hi", 1))
    entry = session.append_custom("todo", {"a": [1]})
    session.set_label(entry["id"], "here")
    view = SessionView(session)
    for name, row in SESSION_METHODS.items():
        arguments = [entry["id"]] if "(entry_id)" in row.call else []
        assert getattr(view, name)(*arguments) == getattr(view, camel(name))(*arguments)
        assert row.help
    assert view.get_label(entry["id"]) == "here"
    assert view.getEntry("nothing") is None
    assert view.get_leaf_entry()["type"] == "label"
    assert [each["type"] for each in view.entries()] == ["message", "custom", "label"]
    assert view.get_tree()[0]["children"][0]["label"] == "here"
    assert view.build_session_projection()[0]["messages"][0]["role"] == "user"
    assert (view.cwd, view.id, view.path, view.name) == ("/w", session.id, None, None)
    view.get_entry(entry["id"])["data"]["a"].append(2)
    assert session.tree.get(entry["id"])["data"] == {"a": [1]}
    with pytest.raises(AttributeError, match="it can only be read"):
        view.append_message({})


def test_the_tree_of_a_long_session_can_be_copied():
    session = Session.in_memory("/w")
    for number in range(3000):
        session.append_custom("n", number)
    node, depth = SessionView(session).get_tree()[0], 1
    while node["children"]:
        node, depth = node["children"][0], depth + 1
    assert depth == 3000


def test_the_version_is_pis_own(tmp_path):
    runner, _ = running(tmp_path, "def extend(pi):\n    pi.register_flag(pi.version)\n")
    assert list(runner.flags()) == [__version__]
    assert isinstance(runner, Runner)
