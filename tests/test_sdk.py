"""Making conversations from Python: what the wishes mean, and what is refused."""

from __future__ import annotations

import os

import pytest

import pi
from pi.messages import text_of, user_message
from pi.providers.faux import faux_model
from pi.sdk import Wishes
from tests import launch
from tests.fakeprovider import models_config
from tests.fakeprovider.client_config import COST, KEY

WISH_COUNT = 19


@pytest.fixture
def home(tmp_path):
    return launch.make_home(tmp_path)


@pytest.fixture
def environ(home):
    return {"HOME": str(home.home), "PATH": os.environ["PATH"], "PI_OFFLINE": "1"}


@pytest.fixture
def wishes(home, environ):
    """The wishes of all tests: a folder and an environment of their own, the demo model."""
    return {"cwd": str(home.project), "environ": environ, "model": "demo"}


def words_of(conversation):
    return [text_of(m) for m in conversation.messages if m["role"] == "user"]


def prompt_of(conversation):
    """The system messages of a conversation, as one text."""
    return str([m for m in conversation.messages if m["role"] == "system"])


def test_a_conversation_is_kept_and_taken_up_again(wishes, home):
    with pi.create(**wishes, name="mine", thinking="low") as conversation:
        assert str(conversation.ask("run `echo hello`")).endswith("hello")
        session_id, path = conversation.session.id, conversation.session.path
        assert conversation.session.name() == "mine"
    assert [str(file) for file in home.session_files()] == [path]
    rest = {key: wishes[key] for key in ("cwd", "environ")}
    for take_up in (
        lambda: pi.open(path, **rest),
        lambda: pi.open(session_id[:20], **rest),
        lambda: pi.resume(**rest),
        lambda: pi.create(session_id=session_id, **rest),
    ):
        with take_up() as conversation:
            assert conversation.session.path == path
            assert (conversation.model["id"], conversation.thinking) == ("demo", "low")
            assert words_of(conversation) == ["run `echo hello`"]
    with pi.fork(path, **rest) as conversation:
        assert conversation.session.path != path
        assert words_of(conversation) == ["run `echo hello`"]
    assert len(home.session_files()) == 2


def test_nothing_is_kept_where_that_is_wished(wishes, home):
    with pi.create(**wishes, keep=False) as conversation:
        conversation.ask("hi")
        assert conversation.session.path is None
    assert home.session_files() == []


def test_sessions_may_have_a_folder_of_their_own(wishes, tmp_path):
    folder = str(tmp_path / "own")
    with pi.create(**wishes, session_dir=folder) as conversation:
        conversation.ask("hi")
        assert conversation.session.path.startswith(folder)
    with pi.resume(**wishes, session_dir=folder) as conversation:
        assert words_of(conversation) == ["hi"]


def test_the_process_is_left_alone(wishes, monkeypatch, capfd):
    monkeypatch.setenv("HOME", wishes["environ"]["HOME"])
    monkeypatch.chdir(wishes["cwd"])
    before = dict(os.environ)
    with pi.create(model="demo") as conversation:
        conversation.ask("run `echo $AI_AGENT`")
        assert "    pi" in text_of(conversation.messages[-1])
        assert conversation.cwd == wishes["cwd"]
    assert dict(os.environ) == before
    assert capfd.readouterr() == ("", "")


def test_prompt_and_tools_are_those_that_were_wished_for(wishes, home):
    (home.project / "AGENTS.md").write_text("Whisper.\n")
    with pi.create(**wishes) as conversation:
        conversation.ask("hi")
        assert "Whisper." in prompt_of(conversation)
    with pi.create(
        **wishes,
        tools=["ls", "read"],
        system_prompt="You sing.",
        instructions="Softly.",
        context_files=False,
    ) as conversation:
        conversation.ask("hi")
        assert conversation.tools == ["read", "ls"]
        prompt = prompt_of(conversation)
        assert "You sing." in prompt
        assert "Softly." in prompt
        assert "Whisper." not in prompt
    with pi.create(**wishes, tools=[]) as conversation:
        assert conversation.tools == []
        assert "no tool to look around with" in conversation.ask("hi").text


@pytest.mark.parametrize(("trust", "level"), [(None, "low"), (False, "low"), (True, "high")])
def test_a_projects_settings_count_where_it_is_trusted(wishes, home, trust, level):
    home.write("settings.json", {"defaultThinkingLevel": "low"})
    (home.project / ".pi").mkdir()
    (home.project / ".pi/settings.json").write_text('{"defaultThinkingLevel": "high"}')
    with pi.create(**wishes, trust=trust, keep=False) as conversation:
        assert conversation.thinking == level


def double(number: int) -> int:
    """Double a number."""
    return 2 * number


def fake(provider, **fields):
    """A model of the fake provider, as a dict."""
    model = {"provider": "own", "id": "fake-1", "name": "Own", "api": "openai-completions"}
    more = {"baseUrl": provider.base_url("openai-completions"), "input": ["text"], "cost": COST}
    return {**model, **more, "contextWindow": 9000, "maxTokens": 900, **fields}


def test_a_model_may_be_described_and_given_a_key(wishes, provider, home):
    provider.reply("Hello.")
    wishes = {**wishes, "model": fake(provider), "keep": False}
    with pi.create(**wishes, api_key=KEY, functions=[double]) as conversation:
        assert str(conversation.ask("hi")) == "Hello."
    request = provider.last
    assert request.has_key(KEY)
    assert "double" in request.conversation.tools
    assert KEY not in str([path.read_text() for path in home.agent.rglob("*.json")])
    with pytest.raises(pi.NoModelError, match="No key for own"):
        pi.create(**wishes)


def test_a_function_in_place_of_a_built_in_tool(wishes):
    def bash(command: str) -> str:
        """Run nothing."""
        return f"not run: {command}"

    with pi.create(**wishes, functions=[bash], keep=False) as conversation:
        assert "not run: rm -rf /" in conversation.ask("run `rm -rf /`").text
        assert conversation.tools == ["read", "bash", "edit", "write"]


class Everything:
    """No `Session`, but something with its methods."""

    def __init__(self, session):
        self._session = session
        self.asked = set()

    def __getattr__(self, name):
        self.asked.add(name)
        return getattr(self._session, name)


def test_an_object_with_the_methods_of_a_session_is_one(wishes):
    store = Everything(pi.Session.in_memory(wishes["cwd"]))
    store.append_message(user_message("Before.", 1))
    with pi.create(**wishes, session=store) as conversation:
        assert conversation.session is store
        conversation.ask("hi")
        assert words_of(conversation) == ["Before.", "hi"]
    assert {"append", "append_message", "context", "sync", "close"} <= store.asked


def test_what_the_store_cannot_keep_ends_the_run(wishes):
    rows = []

    def keep(entry):
        if entry.get("message", {}).get("role") == "assistant":
            raise OSError(28, "No space left on device")
        rows.append(entry)

    session = pi.HostedSession.of(".", keep=keep)
    with (
        pi.create(**wishes, session=session) as conversation,
        pytest.raises(pi.PiError, match=r"could not be kept.*No space left"),
    ):
        conversation.ask("hi")
    assert [row["message"]["role"] for row in rows if row["type"] == "message"][-1] == "user"


# --- snapshots -----------------------------------------------------------------------------------


@pytest.fixture
def moved(wishes):
    """The JSON of a conversation with a prompt, a tool and answers of its own."""
    wishes = {**wishes, "model": pi.Script([pi.Reply("One."), pi.Reply("Two.")])}
    with pi.create(
        **wishes, system_prompt="You sing.", tools=["read"], functions=[double], keep=False
    ) as conversation:
        conversation.ask("First")
        conversation.ask("Second")
        return conversation.snapshot().to_json()


def test_a_snapshot_goes_on_with_its_prompt_and_tools(wishes, moved, tmp_path, home):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    snapshot = pi.Snapshot.from_json(moved)
    script = pi.Script([pi.Reply("Three.")])
    there = {**wishes, "cwd": str(elsewhere), "model": script}
    with pi.create(**there, snapshot=snapshot, functions=[double]) as conversation:
        assert (conversation.tools, conversation.warnings) == (["read", "double"], [])
        assert str(conversation.ask("Third")) == "Three."
        path = conversation.session.path
    ((context, _),) = script.requests
    assert "You sing." in context.system
    assert str(elsewhere) in context.system
    assert wishes["cwd"] not in context.system
    assert [tool["name"] for tool in context.tools] == ["read", "double"]
    assert [m["role"] for m in context.messages] == ["user", "assistant"] * 2 + ["user"]
    with pi.open(path, cwd=str(elsewhere), environ=wishes["environ"]) as conversation:
        assert words_of(conversation) == ["First", "Second", "Third"]


def test_a_tool_that_did_not_come_along_is_told(wishes, moved):
    snapshot = pi.Snapshot.from_json(moved)
    with pi.create(**wishes, snapshot=snapshot, keep=False) as conversation:
        assert conversation.tools == ["read"]
        assert conversation.warnings == [
            'the snapshot\'s tool "double" is not here: give it as a function'
        ]
    with pi.create(**wishes, snapshot=snapshot, tools=["ls"], keep=False) as conversation:
        assert (conversation.tools, conversation.warnings) == (["ls"], [])


def test_a_wished_prompt_goes_before_that_of_the_snapshot(wishes, moved):
    snapshot = pi.Snapshot.from_json(moved)
    script = pi.Script([pi.Reply("x")])
    wishes = {**wishes, "model": script, "keep": False}
    with pi.create(**wishes, snapshot=snapshot, system_prompt="You dance.") as conversation:
        conversation.ask("Third")
    assert "You dance." in script.requests[0][0].system
    assert "You sing." not in script.requests[0][0].system


def test_a_snapshots_model_is_looked_up_here_and_its_address_is_not_believed(
    wishes, provider, home
):
    provider.reply("Hello.")
    home.write("models.json", models_config(provider))
    wishes = {"cwd": wishes["cwd"], "environ": wishes["environ"], "keep": False}
    model = {**fake(provider), "provider": "fake-openai", "baseUrl": "http://127.0.0.1:9/{HOME}"}
    snapshot = pi.Snapshot([user_message("hi", 1)], {}, model=model, thinking="high")
    moved = pi.Snapshot.from_json(snapshot.to_json())
    with pi.create(**wishes, snapshot=moved) as conversation:
        assert str(conversation.ask("again")) == "Hello."
    assert provider.last.conversation.user_texts == ["hi", "again"]
    assert provider.last.has_key(KEY)
    stranger = pi.Snapshot([], {}, model={**model, "provider": "own"})
    with pytest.raises(pi.NoModelError, match='no model matches "own/fake-1"'):
        pi.create(**wishes, snapshot=stranger)


def test_a_snapshots_model_may_be_wished_for_as_it_is(wishes, provider):
    provider.reply("Hello.")
    snapshot = pi.Snapshot([user_message("hi", 1)], {}, model=fake(provider))
    wishes = {**wishes, "model": snapshot.model, "keep": False}
    with pi.create(**wishes, snapshot=snapshot, api_key=KEY) as conversation:
        assert str(conversation.ask("again")) == "Hello."


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cwd": "/no/such/folder"}, "there is no folder /no/such/folder"),
        ({"model": 5}, "a model is a name, a dict with"),
        ({"model": {"id": "x"}}, "a model is a name, a dict with"),
        ({"tools": "read"}, r'tools is a list of names, not a text: \["read"\]'),
        ({"tools": ["read", "fly"]}, 'there is no tool "fly"; there are read, bash'),
        ({"functions": [double, double]}, 'two functions are called "double"'),
        ({"functions": [5]}, "a tool must be a function"),
        ({"session_id": "../x"}, "Invalid session id"),
        ({"name": " "}, "--name requires a value"),
    ],
)
def test_wishes_that_cannot_be_granted(wishes, home, changes, words):
    with pytest.raises((pi.UsageError, pi.NoModelError), match=words):
        pi.create(**{**wishes, **changes})
    assert home.session_files() == []


def test_a_wish_that_does_not_exist(wishes):
    with pytest.raises(TypeError, match="modell"):
        pi.create(**wishes, modell="demo")
    assert len(Wishes.__match_args__) == WISH_COUNT


@pytest.mark.parametrize("verb", [pi.resume, lambda **w: pi.open("x", **w)])
def test_own_stores_and_snapshots_are_for_new_conversations(wishes, verb):
    with pytest.raises(pi.UsageError, match=r"takes no snapshot: pi\.create does"):
        verb(**wishes, snapshot=pi.Snapshot([], {}))


def test_sessions_that_cannot_be_opened(wishes, tmp_path):
    with pytest.raises(pi.SessionError, match="No session found"):
        pi.open("01a2", **wishes)
    with pi.create(**wishes) as conversation:
        conversation.ask("hi")
        session_id = conversation.session.id
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(pi.UsageError, match=r"belongs to another folder.*pi\.fork") as caught:
        pi.open(session_id, **{**wishes, "cwd": str(elsewhere)})
    assert "\n" not in str(caught.value)
    with pytest.raises(pi.UsageError, match="has messages already"):
        pi.create(**wishes, session_id=session_id, snapshot=pi.Snapshot([], {}))


def test_no_model_at_all(wishes):
    with pytest.raises(pi.NoModelError):
        pi.create(cwd=wishes["cwd"], environ=wishes["environ"])
    with pytest.raises(pi.NoModelError, match='no model matches "no-such-model"'):
        pi.create(**{**wishes, "model": "no-such-model"})


def test_a_catalogue_entry_is_not_changed(wishes):
    model = faux_model(pi.Script([pi.Reply("x")]))
    before = dict(model)
    with pi.create(**{**wishes, "model": model}, keep=False) as conversation:
        conversation.ask("hi")
    assert model == before
