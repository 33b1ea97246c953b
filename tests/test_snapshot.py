"""A conversation as JSON: there and back, what is left out, what is refused."""

from __future__ import annotations

import json

import pytest

from pi.messages import image, system_message, text, user_message
from pi.providers.demo import MODEL
from pi.providers.handover import prepare
from pi.snapshot import Snapshot, SnapshotError, snapshot_of
from pi.transcript import replay

TOOL = {"name": "read", "description": "Read.", "parameters": {"type": "object"}}
SECTIONS = {"preamble": "You are.", "cwd": "<cwd>\n/a\n</cwd>"}
CALL = {"type": "toolCall", "id": "c", "name": "read", "arguments": {"path": "é\u2028"}}
MESSAGES = [
    user_message([text("hi"), image("aGk=", "image/png")], 5),
    {"role": "assistant", "content": [CALL], "stopReason": "toolUse", "madeUp": {"kept": [1]}},
    {"role": "toolResult", "toolCallId": "c", "toolName": "read", "content": [text("x")]},
    system_message({"cwd": None}, 6, tools_removed=[{"name": "read"}]),
]
WHOLE = Snapshot(MESSAGES, SECTIONS, [TOOL], MODEL, "high", "Plain.")


def test_there_and_back():
    line = WHOLE.to_json()
    assert "\n" not in line
    assert Snapshot.from_json(line) == WHOLE
    assert Snapshot.from_json(line.encode()) == WHOLE
    value = json.loads(line)
    assert value["messages"] == MESSAGES
    assert value["sections"] == SECTIONS
    assert value["tools"] == [TOOL]


def test_history_begins_with_the_prompt_and_says_the_same_to_a_model():
    opening = system_message(SECTIONS, 1, [TOOL])
    history = [opening, *MESSAGES]
    moved = Snapshot.from_json(snapshot_of(history, MODEL, "low").to_json())
    assert moved.messages == MESSAGES
    assert (moved.thinking, moved.model, moved.system) == ("low", MODEL, "")
    assert replay(moved.history()) == replay(history)
    assert prepare(moved.history(), MODEL) == prepare(history, MODEL)


def test_plain_system_text_and_several_opening_messages_are_one_prompt():
    opening = [
        {"role": "system", "content": "Plain."},
        system_message({"preamble": "A", "docs": "D"}, 1, [TOOL]),
        system_message({"docs": None}, 2),
    ]
    snapshot = snapshot_of([*opening, *MESSAGES], None, "off")
    assert (snapshot.system, snapshot.sections) == ("Plain.", {"preamble": "A"})
    assert replay(snapshot.history()[:1]) == replay(opening)


def test_without_a_prompt_nothing_is_put_before_the_messages():
    assert Snapshot(MESSAGES, {}).history() == MESSAGES
    assert snapshot_of([], None, None) == Snapshot([], {}, [], None, None, "")


def test_credentials_and_scripts_stay_here():
    model = {**MODEL, "headers": {"Authorization": "Bearer SECRET"}, "script": object()}
    line = Snapshot([], {}, [], model).to_json()
    assert "SECRET" not in line
    assert Snapshot.from_json(line).model == MODEL
    assert "headers" in model
    hostile = json.dumps({**GOOD, "model": {**MODEL, "headers": {"X": "!run this"}}})
    assert Snapshot.from_json(hostile).model == MODEL


GOOD = {"format": "pi-snapshot", "version": 1, "messages": []}


def test_the_least_that_is_a_snapshot():
    assert Snapshot.from_json(json.dumps({**GOOD, "later": 1})) == Snapshot([], {}, [])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "this is no snapshot: Expecting value"),
        (b"\xff\xfe", "this is no snapshot"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", 'no object with "format"'),
        ("{}", 'no object with "format"'),
        ('{"format": "pi-snapshot", "x": NaN}', "NaN is no JSON number"),
        ({**GOOD, "version": 2}, "version 2; this pi reads version 1"),
        ({**GOOD, "messages": None}, "messages is wrong: it must be a list of messages"),
        ({**GOOD, "messages": [{}]}, "messages is wrong"),
        ({**GOOD, "messages": [1]}, "messages is wrong"),
        ({**GOOD, "sections": {"a": 1}}, "sections is wrong: it must be an object of texts"),
        ({**GOOD, "sections": []}, "sections is wrong"),
        ({**GOOD, "tools": [{"name": 1}]}, "tools is wrong"),
        ({**GOOD, "model": {"id": "x"}}, "model is wrong"),
        ({**GOOD, "thinkingLevel": 5}, "thinkingLevel is wrong"),
        ({**GOOD, "system": []}, "system is wrong"),
    ],
)
def test_what_is_refused(data, words):
    with pytest.raises(SnapshotError, match=words) as caught:
        Snapshot.from_json(json.dumps(data) if isinstance(data, dict) else data)
    assert "\n" not in str(caught.value)


def test_half_characters_are_mended():
    line = json.dumps({**GOOD, "messages": [{"role": "user", "content": "a\ud83c"}]})
    assert Snapshot.from_json(line).messages[0]["content"] == "a\ufffd"
    assert Snapshot([user_message("a\ud83c", 1)], {}).to_json().encode()
