"""The scripted models that ship with the program."""

from __future__ import annotations

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled, ProviderError
from pi.events import Done, Start
from pi.messages import system_message, text, text_of, tool_calls, tool_result, user_message
from pi.providers import demo, faux
from pi.providers.draft import Draft
from pi.providers.handover import prepare
from pi.request import Options

TOOLS = [{"name": name, "description": "", "parameters": {}} for name in
         ("read", "bash", "edit", "write")]  # fmt: skip


def ask(messages, tools=TOOLS, thinking="off"):
    history = [system_message({"preamble": "P"}, 0, tools), *messages]
    draft = Draft(demo.MODEL, 1)
    context = prepare(history, demo.MODEL)
    events = list(
        demo.respond(demo.MODEL, context, Options(thinking=thinking), draft, CancelToken())
    )
    assert isinstance(events[0], Start)
    assert isinstance(events[-1], Done)
    return events[-1].message


@pytest.mark.parametrize(
    ("request_text", "name", "arguments"),
    [
        ("please run `ls -la`", "bash", {"command": "ls -la"}),
        ("Read notes.txt", "read", {"path": "notes.txt"}),
        ('write "hello\nyou" to a/b.txt', "write", {"content": "hello\nyou", "path": "a/b.txt"}),
        (
            'replace "a" with "b" in x.py',
            "edit",
            {"path": "x.py", "edits": [{"oldText": "a", "newText": "b"}]},
        ),
        ("what is this?", "bash", {"command": "ls -A | head -n 100"}),
    ],
)
def test_requests_become_calls(request_text, name, arguments):
    answer = ask([user_message(request_text, 0)])
    (call,) = tool_calls(answer)
    assert (call["name"], call["arguments"]) == (name, arguments)
    assert answer["stopReason"] == "toolUse"
    assert demo.LABEL in text_of(answer)


def test_looking_around_reads_telling_files_and_then_reports():
    history = [user_message("what is this?", 0)]
    history.append(ask(history))
    history.append(tool_result(tool_calls(history[-1])[0], [text("README.md\na.py\nMakefile")], 1))
    history.append(ask(history))
    calls = tool_calls(history[-1])
    assert [call["arguments"]["path"] for call in calls] == ["README.md", "Makefile"]
    history += [
        tool_result(call, [text(f"words of {call['arguments']['path']}")], 2) for call in calls
    ]
    final = ask(history)
    assert final["stopReason"] == "stop"
    assert "words of README.md" in text_of(final)
    assert "a.py" in text_of(final)
    ids = [call["id"] for message in history for call in tool_calls(message)]
    assert len(ids) == len(set(ids)) == 3


def test_without_tools_it_says_so():
    answer = ask([user_message("hello", 0)], tools=[])
    assert tool_calls(answer) == []
    assert "no tool" in text_of(answer)


def test_it_thinks_when_asked_to():
    answer = ask([user_message("hello", 0)], thinking="medium")
    assert answer["content"][0]["type"] == "thinking"


def test_answers_are_reproducible():
    assert ask([user_message("hi", 0)]) == ask([user_message("hi", 0)])


def test_faux_repeats_its_last_reply_and_records_requests():
    script = faux.Script([faux.Reply([text("a")]), lambda c, o: faux.Reply([text(o.thinking)])])
    model = faux.faux_model(script, id="other")
    said = []
    for _ in range(3):
        events = faux.respond(model, prepare([], model), Options(), Draft(model, 0), CancelToken())
        said.append(text_of(list(events)[-1].message))
    assert said == ["a", "off", "off"]
    assert len(script.requests) == 3


def test_faux_obeys_the_token_and_raises_its_error():
    token = CancelToken()
    token.cancel()
    reply = faux.Reply([text("abc")])
    with pytest.raises(Cancelled):
        list(faux.play(reply, Draft(demo.MODEL, 0), token))
    failing = faux.Reply([text("abcdef")], piece=1, error=ProviderError("cut"), error_after=2)
    draft = Draft(demo.MODEL, 0)
    with pytest.raises(ProviderError, match="cut"):
        list(faux.play(failing, draft, CancelToken()))
    assert draft.text(0) == "ab"


def test_faux_without_a_script_is_refused():
    model = {**demo.MODEL, "api": "faux"}
    with pytest.raises(ProviderError, match="no script"):
        list(faux.respond(model, prepare([], model), Options(), Draft(model, 0), CancelToken()))
