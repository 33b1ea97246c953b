"""A conversation in the hands of a program: prompting, steering, changing, forking."""

from __future__ import annotations

import os
import threading
from binascii import b2a_base64

import pytest

import pi
from pi.events import AgentEnd, AgentSettled, AgentStart, MessageEnd, QueueUpdate, ToolStart
from pi.messages import blocks_of, text_of
from tests import launch
from tests.filekit import plain_png

WAIT_S = 10


@pytest.fixture
def create(tmp_path):
    """Makes conversations in a home of their own; closes them in the end."""
    home = launch.make_home(tmp_path)
    environ = {"HOME": str(home.home), "PATH": os.environ["PATH"], "PI_OFFLINE": "1"}
    made = []

    def create_one(model="demo", **wishes):
        base = {"cwd": str(home.project), "environ": environ, "keep": False}
        made.append(pi.create(model=model, **{**base, **wishes}))
        return made[-1]

    yield create_one
    for conversation in made:
        conversation.close()


@pytest.fixture
def demo(create):
    return create()


def answers(*replies):
    return pi.Script([pi.Reply(reply) for reply in replies])


def said(conversation):
    return [text_of(m) for m in conversation.messages if m["role"] == "user"]


def test_events_are_typed_and_in_order(demo):
    run = demo.prompt("run `echo hello`")
    events = list(run)
    assert isinstance(events[0], AgentStart)
    assert isinstance(events[-2], AgentEnd)
    assert events[-1] == AgentSettled(False)
    assert [e.name for e in events if isinstance(e, ToolStart)] == ["bash"]
    answer = run.answer()
    assert answer.messages == [e.message for e in events if isinstance(e, MessageEnd)]
    assert answer.messages[1:] == demo.messages[1:]  # but the one of the system
    assert not demo.is_running


def test_two_prompts_at_a_time_are_refused_and_the_first_goes_on(create):
    gate = threading.Event()

    def wait():
        """Wait."""
        gate.wait(WAIT_S)

    script = pi.Script([pi.Reply([pi.tool_call("wait")]), pi.Reply("done")])
    conversation = create(script, functions=[wait])
    run = conversation.prompt("one")
    assert conversation.is_running
    with pytest.raises(pi.PiError, match="working"):
        conversation.prompt("two")
    gate.set()
    assert run.answer().text == "done"
    assert conversation.ask("three").text == "done"
    assert said(conversation) == ["one", "three"]


def test_a_run_nobody_looks_at_does_its_work(create):
    conversation = create(answers("one", "two"))
    first = conversation.prompt("1")
    conversation.wait()
    second = conversation.prompt("2")
    assert second.answer().text == "two"
    first.close()  # it has ended, so the second would not be aborted
    assert first.answer().text == "one"


def test_steering_and_following_up(create):
    gate = threading.Event()

    def wait():
        """Wait."""
        gate.wait(WAIT_S)

    calls = [pi.Reply([pi.tool_call("wait")]), pi.Reply("b"), pi.Reply("c")]
    conversation = create(pi.Script(calls), functions=[wait])
    queued = []
    for event in conversation.prompt("one"):
        if isinstance(event, ToolStart):
            conversation.follow_up("three")
            conversation.steer("two")
            gate.set()
        elif isinstance(event, QueueUpdate):
            queued.append((event.steering, event.follow_up))
    assert said(conversation) == ["one", "two", "three"]
    assert queued[0] == ([], ["three"])
    assert queued[-1] == ([], [])


def test_aborting_from_the_loop_and_by_leaving_it(demo):
    for leave in (False, True):
        run = demo.prompt("run `sleep 30`")
        for event in run:
            if isinstance(event, ToolStart):
                if leave:
                    break
                demo.abort()
        assert not demo.is_running
        assert demo.messages[-1]["stopReason"] == "aborted"
        with pytest.raises(pi.AbortedError):
            run.answer()
    assert "hello" in demo.ask("run `echo hello`").text


def test_failures_of_the_model_are_told_and_raised(create):
    error = pi.ProviderError("no credit left", "quota")
    conversation = create(pi.Script([pi.Reply(error=error), pi.Reply("fine")]))
    run = conversation.prompt("hi")
    ends = [e for e in run if isinstance(e, MessageEnd) and e.message["role"] == "assistant"]
    assert [e.error.kind for e in ends] == ["quota"]
    with pytest.raises(pi.ProviderError, match="no credit left"):
        run.answer()
    assert conversation.ask("again").text == "fine"


def test_failures_of_a_function_are_told_to_the_model(create):
    def fail(kind: str):
        """Fail."""
        raise pi.ToolError("not that one") if kind == "told" else KeyError("x")

    script = pi.Script(
        [
            pi.Reply([pi.tool_call("fail", kind=kind) for kind in ("told", "other")]),
            pi.Reply([pi.tool_call("fail", sort="x")]),
            pi.Reply("I see."),
        ]
    )
    conversation = create(script, functions=[fail])
    assert conversation.ask("hi").text == "I see."
    results = [m for m in conversation.messages if m["role"] == "toolResult"]
    assert [m["isError"] for m in results] == [True, True, True]
    assert [text_of(m) for m in results[:2]] == ["not that one", "KeyError: 'x'"]
    assert "kind: required" in text_of(results[2])


def test_closing_takes_no_more_prompts_and_ends_the_run(create):
    conversation = create()
    run = conversation.prompt("run `sleep 30`")
    conversation.close()
    with pytest.raises(pi.AbortedError):
        run.answer()
    with pytest.raises(pi.PiError, match="shutting down"):
        conversation.prompt("more")
    conversation.close()


def test_changing_the_model(create):
    conversation = create(answers("one"), thinking="high")
    conversation.ask("hi")
    conversation.set_model("demo:low")
    assert (conversation.model["id"], conversation.thinking) == ("demo", "low")
    second = answers("two")
    conversation.set_model(second, thinking="medium")
    assert conversation.ask("and now?").text == "two"
    ((context, options),) = second.requests
    assert [text_of(m) for m in context.messages] == ["hi", "one", "and now?"]
    assert options.thinking == "medium"
    kinds = [entry["type"] for entry in conversation.session.entries()]
    assert kinds.count("model_change") == 3
    for model, kind in (
        ("no-such", pi.NoModelError),
        ("anthropic/claude-opus-5-5", pi.NoModelError),
        ({"id": "x"}, pi.UsageError),
    ):
        with pytest.raises(kind):
            conversation.set_model(model)
    assert conversation.model["id"] == "faux"


def test_changing_the_thinking_level(create):
    conversation = create(thinking="low")
    conversation.set_thinking("max")
    assert conversation.thinking == "high"  # the most this model has
    with pytest.raises(pi.UsageError, match='"hard" is no thinking level; levels are off'):
        conversation.set_thinking("hard")


def shout(words: str) -> str:
    """Shout."""
    return words.upper()


def test_changing_the_tools(create):
    script = answers("one", "two", "three")
    conversation = create(script)
    conversation.ask("1")
    tool = conversation.add_tool(shout)
    conversation.ask("2")
    conversation.set_tools(["shout", "grep"])
    conversation.ask("3")
    names = [[t["name"] for t in context.tools] for context, _ in script.requests]
    assert names[1] == ["read", "bash", "edit", "write", "shout"]
    assert sorted(names[2]) == ["grep", "shout"]
    assert tool.description == "Shout."
    with pytest.raises(pi.UsageError, match='there is no tool "fly"; there are read'):
        conversation.set_tools(["fly"])
    assert conversation.tools == ["shout", "grep"]


def test_forks_go_on_for_themselves(create):
    script = answers("one", "two", "three", "four")
    conversation = create(
        script, functions=[shout], tools=["read"], instructions="Softly.", thinking="low"
    )
    conversation.ask("1")
    with conversation.fork() as fork:
        assert (fork.tools, fork.thinking) == (["read", "shout"], "low")
        fork.ask("2")
        assert said(fork) == ["1", "2"]
        assert fork.session.path is None
    conversation.ask("3")
    assert said(conversation) == ["1", "3"]
    entry_id, words = conversation.session.user_messages()[1]
    with conversation.fork(before=entry_id) as fork:
        fork.ask("4")
        assert (said(fork), words) == (["1", "4"], "3")
    contexts = [context for context, _ in script.requests]
    assert {context.system for context in contexts} == {contexts[0].system}
    assert "Softly." in contexts[0].system


def test_forks_of_a_file_are_files_beside_it(create):
    conversation = create(keep=True)
    with pytest.raises(pi.UsageError, match="nothing to fork yet"):
        conversation.fork()
    conversation.ask("hi")
    with conversation.fork() as fork:
        first, second = conversation.session.path, fork.session.path
        assert first != second
        assert os.path.dirname(first) == os.path.dirname(second)
        assert os.path.isfile(second)
        assert fork.session.header["parentSession"] == first
    with pytest.raises(pi.SessionError):
        conversation.fork(before="nothing")


def test_images_are_paths_or_blocks(create):
    conversation = create(answers("nice", "nice", "nice"))
    data = plain_png(3, 2)
    path = os.path.join(conversation.cwd, "plan.png")
    with open(path, "wb") as file:
        file.write(data)
    block = {"data": b2a_base64(data).decode(), "mimeType": "image/png"}
    for image in ("plan.png", path, block):
        assert conversation.ask("look", images=[image]).text == "nice"
        message = [m for m in conversation.messages if m["role"] == "user"][-1]
        assert [b["type"] for b in blocks_of(message)] == ["text", "image"]


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("no.png", "ENOENT: no such file"),
        (".", "EISDIR"),
        ("notes.txt", "notes.txt is no image"),
        ({"data": "aGk="}, "an image needs data"),
    ],
)
def test_images_that_are_none(demo, image, words):
    with open(os.path.join(demo.cwd, "notes.txt"), "w") as file:
        file.write("hi")
    with pytest.raises(pi.UsageError, match=words):
        demo.prompt("look", images=[image])
    assert not demo.is_running


def test_an_image_that_is_no_base64_is_refused_before_anything_is_said(demo):
    with pytest.raises(pi.PiError, match="base64"):
        demo.ask("look", images=[{"data": "a", "mimeType": "image/png"}])
    assert demo.messages == []


def test_conversations_run_side_by_side(create):
    conversations = [create(answers(str(number))) for number in range(5)]
    runs = [conversation.prompt("hi") for conversation in conversations]
    assert [run.answer().text for run in runs] == ["0", "1", "2", "3", "4"]


def test_subscribers_see_all_runs(demo):
    seen = []
    undo = demo.subscribe(seen.append)
    demo.ask("one")
    demo.ask("two")
    undo()
    demo.ask("three")
    assert [e for e in seen if isinstance(e, AgentSettled)] == [AgentSettled(False)] * 2


def test_figures_and_compaction(create):
    conversation = create(answers("one"))
    conversation.ask("hi")
    assert conversation.stats()["assistantMessages"] == 1
    with pytest.raises(pi.PiError, match="Nothing to compact"):
        conversation.compact()
    assert conversation.ask("and?").text == "one"
