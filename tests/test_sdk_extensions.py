"""Extensions in conversations from Python."""

from __future__ import annotations

import os

import pytest

import pi
from pi.errors import PiError, UsageError
from pi.events import ExtensionFault

SCRIPT = [pi.Reply("one"), pi.Reply("two"), pi.Reply("three")]


@pytest.fixture
def wishes(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PI_OFFLINE": "1"}
    return {"cwd": str(project), "environ": environ, "model": pi.Script(SCRIPT), "keep": False}


def shouting(api):
    @api.on("input")
    def shout(event):
        return {"action": "transform", "text": event.text.upper()}


def test_functions_are_extensions(wishes):
    seen = []

    def watch(api):
        api.on("session_start", lambda event, ctx: seen.append((event.reason, ctx.mode)))
        api.on("session_shutdown", lambda event: seen.append(event.reason))

    with pi.create(**wishes, extensions=[shouting, watch]) as conversation:
        assert str(conversation.ask("hi")) == "one"
        assert conversation.messages[1]["content"][0]["text"] == "HI"
        assert seen == [("startup", "print")]
    assert seen[1:] == ["quit"]


def test_there_are_none_unless_asked_for(wishes, tmp_path):
    folder = tmp_path / ".pi/agent/extensions"
    folder.mkdir(parents=True)
    (folder / "shout.py").write_text(
        "def extend(pi):\n"
        "    pi.on('input', lambda e: {'action': 'transform', 'text': e.text.upper()})\n"
    )
    for more, said in (
        ({}, "hi"),
        ({"extensions": [lambda api: None]}, "hi"),
        ({"found_extensions": True}, "HI"),
        ({"extensions": [str(folder / "shout.py")]}, "HI"),
    ):
        with pi.create(**wishes, **more) as conversation:
            conversation.ask("hi")
            assert conversation.messages[1]["content"][0]["text"] == said, more
            assert conversation.warnings == []


def test_what_cannot_be_an_extension(wishes, tmp_path):
    with pytest.raises(UsageError, match="list"):
        pi.create(**wishes, extensions="x.py")
    with pytest.raises(PiError, match=r"nope\.py"):
        pi.create(**wishes, extensions=[str(tmp_path / "nope.py")])
    (tmp_path / "bad.py").write_text("def extend(pi):\n    1 / 0\n")
    with pi.create(**wishes, extensions=[str(tmp_path / "bad.py")]) as conversation:
        assert len(conversation.warnings) == 1
        assert "bad.py:2" in conversation.warnings[0]


def test_a_function_that_fails_is_the_programs_own(wishes):
    def broken(api):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        pi.create(**wishes, extensions=[broken])


def test_a_command_has_no_answer(wishes):
    def commands(api):
        api.register_command("name", lambda args: api.set_session_name(args))

    with pi.create(**wishes, extensions=[commands]) as conversation:
        answer = conversation.ask("/name spring")
        assert (answer.text, answer.messages, answer.usage["totalTokens"]) == ("", [], 0)
        assert list(conversation.prompt("/name summer")) == []
        assert conversation.session.name() == "summer"
        assert str(conversation.ask("hi")) == "one"


def test_a_handler_that_fails_is_an_event(wishes):
    def failing(api):
        api.on("turn_start", lambda event: 1 / 0)

    with pi.create(**wishes, extensions=[failing]) as conversation:
        faults = [e for e in conversation.prompt("hi") if type(e) is ExtensionFault]
        assert [(fault.event, "ZeroDivisionError" in fault.error) for fault in faults] == [
            ("turn_start", True)
        ]


def test_a_fork_has_extensions_of_its_own(wishes):
    begun = []

    def watch(api):
        api.on("session_start", lambda event, ctx: begun.append((event.reason, ctx.session.id)))

    with pi.create(**wishes, extensions=[watch, shouting]) as one:
        one.ask("a")
        with one.fork() as other:
            other.ask("b")
            assert begun == [("startup", one.session.id), ("fork", other.session.id)]
            assert other.messages[-2]["content"][0]["text"] == "B"
        one.ask("c")  # it goes on after the other was closed
        assert one.messages[-2]["content"][0]["text"] == "C"


def test_tools_of_both(wishes):
    def greeting(api):
        @api.tool
        def greet(who: str) -> str:
            """Greets."""
            return f"hello {who}"

    def count(text: str) -> int:
        """Counts."""
        return len(text)

    with pi.create(**wishes, extensions=[greeting], functions=[count]) as conversation:
        assert {"greet", "count"} <= set(conversation.tools)
        conversation.set_tools(["greet"])
        assert conversation.tools == ["greet"]
    with pi.create(**wishes, extensions=[greeting], tools=["read"]) as conversation:
        assert conversation.tools == ["read"]


def test_a_session_that_a_command_begins_has_the_programs_tools(wishes):
    def moving(api):
        api.register_command("go", lambda args, ctx: ctx.new_session())

    def count(text: str) -> int:
        """Counts."""
        return len(text)

    with pi.create(**wishes, extensions=[moving], functions=[count]) as conversation:
        before = conversation.session.id
        conversation.ask("/go")
        assert conversation.session.id != before
        assert "count" in conversation.tools
        assert str(conversation.ask("hi")) == "one"
