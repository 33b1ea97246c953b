"""What extensions reach the program by: each verb, used from a command of a conversation."""

from __future__ import annotations

import os
import threading

import pytest

import pi
from pi.events import CompactionEnd, EntryAppended, ExtensionFault, SessionInfoChanged


class Play:
    """A conversation with one extension; `play(do)` calls `do(api, ctx)` in a command."""

    def __init__(self, tmp_path, replies=()):
        project = tmp_path / "project"
        project.mkdir()
        self.result = self.error = self.do = None
        self.told = []
        self.apis = []
        script = pi.Script([pi.Reply(text) for text in replies or ["one", "two", "three"]])
        environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PI_OFFLINE": "1"}
        self.conversation = pi.create(
            cwd=str(project), environ=environ, model=script, extensions=[self.extend]
        )
        self.conversation.subscribe(self.told.append)

    def extend(self, api):
        self.apis.append(api)
        api.register_command("play", self._command)

    def _command(self, args, ctx):
        try:
            self.result = self.do(self.apis[-1], ctx)
        except Exception as error:  # noqa: BLE001 - raised again where it was asked for
            self.error = error

    def __call__(self, do):
        self.do, self.result, self.error = do, None, None
        self.conversation.ask("/play")
        if self.error is not None:
            raise self.error
        return self.result

    def events(self, kind):
        return [event for event in self.told if type(event) is kind]


@pytest.fixture
def play(tmp_path):
    made = Play(tmp_path)
    yield made
    made.conversation.close()


def test_what_may_be_known(play):
    play.conversation.ask("hi")
    session = play.conversation.session

    def look(api, ctx):
        return {
            "mode": ctx.mode,
            "ui": ctx.has_ui,
            "cwd": ctx.cwd,
            "trusted": ctx.is_project_trusted(),
            "id": ctx.session.get_session_id(),
            "file": ctx.sessionManager.getSessionFile(),
            "leaf": ctx.session.get_leaf_id(),
            "entries": len(ctx.session.get_entries()),
            "model": ctx.model["id"],
            "level": ctx.thinking_level,
            "idle": ctx.is_idle(),
            "pending": ctx.has_pending_messages(),
            "scoped": ctx.scoped_models,
            "settings": isinstance(api.get_settings(), dict),
        }

    assert play(look) == {
        "mode": "print",
        "ui": False,
        "cwd": play.conversation.cwd,
        "trusted": True,
        "id": session.id,
        "file": session.path,
        "leaf": session.leaf_id,
        "entries": len(session.entries()),
        "model": "faux",
        "level": "medium",
        "idle": True,
        "pending": False,
        "scoped": [],
        "settings": True,
    }


def test_notes_in_the_session(play):
    play.conversation.ask("hi")
    target = play.conversation.session.user_messages()[0][0]

    def note(api, ctx):
        entry_id = api.append_entry("state", {"n": 1})
        api.set_session_name("  Spring ")
        api.set_label(target, "here")
        return entry_id, api.get_session_name(), ctx.session.get_label(target)

    entry_id, name, label = play(note)
    assert (name, label) == ("Spring", "here")
    assert play.conversation.session.tree.get(entry_id)["data"] == {"n": 1}
    assert [event.entry["id"] for event in play.events(EntryAppended)] == [entry_id]
    assert play.events(SessionInfoChanged) == [SessionInfoChanged("Spring")]
    play(lambda api, ctx: api.set_label(target, None))
    assert play(lambda api, ctx: ctx.session.get_label(target)) is None


def test_the_prompt(play):
    text = play(lambda api, ctx: ctx.get_system_prompt())
    assert f"<cwd>\n{play.conversation.cwd}\n</cwd>" in text
    options = play(lambda api, ctx: ctx.get_system_prompt_options())
    assert options["selectedTools"] == play.conversation.tools
    assert options["cwd"] == play.conversation.cwd


def test_models_and_levels(play):
    demo = play(lambda api, ctx: ctx.models.find("demo", "demo"))
    assert demo["id"] == "demo"
    assert play(lambda api, ctx: ctx.models.find("demo", "other")) is None
    assert play(lambda api, ctx: api.get_thinking_level()) == "medium"
    with pytest.raises(pi.PiError, match="no thinking level"):
        play(lambda api, ctx: api.set_thinking_level("huge"))
    with pytest.raises(pi.PiError, match="no model x/y"):
        play(lambda api, ctx: api.set_model("x/y"))
    assert play(lambda api, ctx: api.set_model("openai/gpt-4o")) is False  # no key
    names = play(lambda api, ctx: {model["provider"] for model in ctx.models.get_all()})
    assert {"anthropic", "openai"} <= names


def test_tools(play):
    def use(api, ctx):
        before = api.get_active_tools()
        api.set_active_tools(["read", "no such tool"])
        return before, api.get_active_tools(), {row["name"] for row in api.get_all_tools()}

    before, after, known = play(use)
    assert before == ["read", "bash", "edit", "write"]
    assert after == play.conversation.tools == ["read"]
    assert {"read", "grep", "find", "ls"} <= known
    tool = play(lambda api, ctx: api.builtin_tool("ls"))
    assert tool.name == "ls"
    with pytest.raises(pi.PiError, match="no built-in tool"):
        play(lambda api, ctx: api.builtin_tool("nope"))


def test_commands_are_listed(play):
    commands = play(lambda api, ctx: api.get_commands())
    assert [(each["name"], each["source"]) for each in commands] == [("play", "extension")]


def test_compaction_is_begun_and_told(play):
    ended = threading.Event()
    told = []

    def compact(api, ctx):
        ctx.compact(
            custom_instructions="briefly",
            on_complete=lambda result: (told.append(result), ended.set()),
            on_error=lambda error: (told.append(str(error)), ended.set()),
        )

    play(compact)
    assert ended.wait(10)
    assert len(told) == 1
    assert isinstance(told[0], str)  # there is nothing to compact yet
    assert [event.result for event in play.events(CompactionEnd)] == [None]


def test_a_function_that_is_told_of_a_compaction_may_fail(play):
    play(lambda api, ctx: ctx.compact(on_error=lambda error: 1 / 0))
    while not play.events(ExtensionFault):
        play.conversation.wait()
    assert "ZeroDivisionError" in play.events(ExtensionFault)[0].error


def test_a_fork_before_a_message_and_at_an_entry(play):
    conversation = play.conversation
    conversation.ask("first")
    conversation.ask("second")
    (_, _), (entry_id, _) = conversation.session.user_messages()
    seen = []
    moved = play(
        lambda api, ctx: ctx.fork(entry_id, with_session=lambda c: seen.append(c.session.id))
    )
    assert moved == {"cancelled": False, "text": "second"}
    assert seen == [conversation.session.id]
    assert [text for _, text in conversation.session.user_messages()] == ["first"]
    leaf = conversation.session.leaf_id
    assert play(lambda api, ctx: ctx.fork(leaf, position="at")) == {"cancelled": False}
    assert [text for _, text in conversation.session.user_messages()] == ["first"]
    with pytest.raises(pi.PiError, match="position"):
        play(lambda api, ctx: ctx.fork(leaf, position="beside"))
    with pytest.raises(pi.PiError, match="not the id"):
        play(lambda api, ctx: ctx.fork("00000000"))


def test_going_back_to_another_session(play):
    conversation = play.conversation
    conversation.ask("first")
    path = conversation.session.path
    parent = play(lambda api, ctx: ctx.new_session(parent_session=path))
    assert parent == {"cancelled": False}
    assert conversation.session.path != path
    assert conversation.session.header["parentSession"] == path
    assert play(lambda api, ctx: ctx.switch_session(path)) == {"cancelled": False}
    assert conversation.session.path == path
    assert [text for _, text in conversation.session.user_messages()] == ["first"]


def test_a_new_session_may_begin_with_something(play):
    seen = []

    def begin(api, ctx):
        def setup(session):
            session.append_message({"role": "user", "content": "from before", "timestamp": 1})

        ctx.new_session(
            setup=setup, with_session=lambda c: seen.append(len(c.session.get_entries()))
        )

    play(begin)
    assert play.conversation.session.user_messages()[0][1] == "from before"
    assert seen[0] >= 1


def test_another_place_in_the_tree(play):
    conversation = play.conversation
    conversation.ask("first")
    conversation.ask("second")
    entry_id = conversation.session.user_messages()[1][0]
    moved = play(lambda api, ctx: ctx.navigate_tree(entry_id))
    assert moved["cancelled"] is False
    assert moved["editorText"] == "second"
    assert [m["role"] for m in conversation.messages if m["role"] != "system"] == [
        "user",
        "assistant",
    ]


def test_waiting_for_a_run_that_was_begun(play):
    def begin(api, ctx):
        api.send_user_message("asked")
        ctx.wait_for_idle()
        return [m["role"] for m in play.conversation.messages][-1]

    assert play(begin) == "assistant"


def test_what_is_stale_says_so(play):
    first = play.apis[0]
    play(lambda api, ctx: ctx.new_session())
    assert len(play.apis) == 2
    with pytest.raises(pi.PiError, match="replaced"):
        first.get_session_name()
    assert play(lambda api, ctx: api.get_session_name()) is None
    play.conversation.close()
    with pytest.raises(pi.PiError, match="shutting down"):
        play.apis[-1].get_session_name()


def test_a_reload_keeps_what_was_chosen(play):
    conversation = play.conversation

    def turn(api, ctx):
        api.set_active_tools(["read"])
        ctx.reload()

    session = conversation.session
    play(turn)
    assert conversation.session is session
    assert conversation.tools == ["read"]
    assert conversation.model["id"] == "faux"
    conversation.set_thinking("low")
    play(lambda api, ctx: ctx.reload())
    assert (conversation.thinking, session.thinking_level()) == ("low", "low")
    assert str(conversation.ask("hi")) == "one"
    play(lambda api, ctx: ctx.reload())
    assert str(conversation.ask("hi again")) == "two"
    assert [m["role"] for m in conversation.messages] == [
        "system", "user", "assistant", "user", "assistant",
    ]  # fmt: skip
    with pytest.raises(pi.PiError, match="replaced"):
        play.apis[0].get_active_tools()


def test_programs(play):
    ran = play(lambda api, ctx: ctx.exec("sh", ["-c", "echo $PI_SESSION_ID; pwd; exit 3"]))
    out = ran["stdout"].splitlines()
    assert out[0] == play.conversation.session.id
    assert os.path.samefile(out[1], play.conversation.cwd)
    assert (ran["code"], ran["killed"], ran["truncated"]) == (3, False, False)
    with pytest.raises(pi.PiError, match="no-such-program"):
        play(lambda api, ctx: ctx.exec("no-such-program"))
