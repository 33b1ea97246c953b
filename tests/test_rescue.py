"""Recovery of calls that came as text: what is one, what is not, and what is shown when."""

from __future__ import annotations

import json
import random

import pytest

from pi.events import BlockDelta
from pi.providers import openai_completions
from pi.providers.draft import Draft
from pi.providers.openai_compat import switches_of
from pi.providers.rescue import NAME_WITHIN, Rescue
from tests import wirekit
from tests.test_textcall import CALLS

API = "openai-completions"


def tool(name, required=(), **properties):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"name": name, "description": name, "parameters": schema}


TEXT, NUMBER = {"type": "string"}, {"type": "number"}
TOOLS = [
    tool("read", ["path"], path=TEXT, limit=NUMBER, deep={"type": "array", "items": NUMBER}),
    tool("ls", path=TEXT),
    tool("bash", ["command"], command=TEXT, quiet={"type": "boolean"}),
]
JSON = '{"name": "read", "arguments": {"path": "a.txt"}}'
CALL = f"<tool_call>\n{JSON}\n</tool_call>"


def run(pieces, *, whole=True):
    """(what was shown in the end, the calls, whether anything was shown too early)."""
    rescue = Rescue(TOOLS)
    shown = "".join(map(rescue.feed, pieces))
    left, calls = rescue.settle(whole=whole)
    return shown + left, calls


def cuts(text):
    """The text whole, by characters, and cut at random."""
    yield [text]
    yield list(text)
    chance = random.Random(len(text))
    for _ in range(4):
        places = sorted(chance.sample(range(len(text) + 1), min(len(text), 7)))
        yield [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


# --- calls ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS)
def test_a_call_that_is_the_whole_answer_is_recovered(text):
    for pieces in cuts(text):
        assert run(pieces) == ("", [("read", {"path": "a.txt"})])


BEFORE = [
    "I'll read it.\n",
    "I'll read it:\n\n",
    "> quoted\n\n",
    "```py\nx = 1\n```\n",
    "~~~\n```\n~~~\n",
    "a <tool_call> is what I will make now\n",
]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("name", ["hermes", "qwen coder", "glm", "mistral", "deepseek", "kimi"])
def test_words_before_a_call_are_shown(before, name):
    for pieces in cuts(before + CALLS[name]):
        shown, calls = run(pieces)
        assert (shown.rstrip(), calls) == (before.rstrip(), [("read", {"path": "a.txt"})])


def test_several_calls_are_recovered_or_none():
    other = CALL.replace("read", "ls")
    assert [name for name, _ in run([f"{CALL}\n{other}"])[1]] == ["read", "ls"]
    text = f"{CALL}\n{CALL.replace('read', 'rm')}"
    assert run([text]) == (text, [])


def test_texts_in_tags_become_what_the_schema_wants():
    parameters = {"path": "5", "limit": "10", "deep": "[1, 2]"}
    tags = "".join(f"<parameter={name}>\n{text}\n</parameter>" for name, text in parameters.items())
    assert run([f"<function=read>{tags}</function>"])[1] == [
        ("read", {"path": "5", "limit": 10, "deep": [1, 2]})
    ]


# --- what is none --------------------------------------------------------------------------------

NONE = {
    "undeclared tool": CALL.replace("read", "rm"),
    "argument missing": CALL.replace("path", "limit"),
    "argument of a wrong type": CALL.replace('"a.txt"', '{"x": 1}'),
    "argument nobody knows": CALL.replace('"path": "a.txt"', '"path": "a", "force": true'),
    "words after it": f"{CALL}\nThat is how it is done.",
    "fenced": f"```\n{CALL}\n```",
    "fenced json": f"```json\n{JSON}\n```",
    "fence never closed": f"Here:\n```xml\n{CALL}",
    "other fence inside": f"````\n```\n{CALL}",
    "indented": f"Write this:\n\n    {CALL}",
    "list item": f"- {CALL}",
    "block quote": f"> {CALL}",
    "inline": f"The answer is {CALL}",
    "inline code": f"`{CALL}`",
    "an example": f"For example:\n{CALL}",
    "a format": f"The format looks like this:\n\n{CALL}",
    "bare json after words": f"Sure.\n{JSON}",
    "bare json with more keys": '{"name": "read", "arguments": {"path": "a"}, "done": true}',
    "json that was asked for": '{"name": "read", "version": "1.0", "dependencies": {}}',
    "a list that was asked for": '["read", "ls", "bash"]',
    "an opener that opens nothing, then a call": f"<tool_call> comes now\n{CALL}",
    "half a call, then a call": f"{CALL[:30]}\n{CALL}",
    "only an opener": "<tool_call>",
    "half an opener": "<tool_c",
    "half a call": CALL[:40],
    "html": "<table><tr><td>read</td></tr></table>",
    "nothing": "",
    "spaces": " \n\n ",
    "a sentence": "[TOOL_CALLS] is a token that Mistral models use to read a call.",
}


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_anything_else_stays_text_to_the_letter(text):
    for pieces in cuts(text):
        assert run(pieces) == (text, [])


def test_an_answer_that_is_not_complete_has_no_call():
    assert run([CALL], whole=False) == (CALL, [])


def test_random_prose_with_pieces_of_calls_never_loses_a_letter():
    chance = random.Random(7)
    parts = [
        CALL,
        JSON,
        "<tool_call>",
        "</tool_call>",
        "\n",
        "\n\n",
        "```\n",
        "read ",
        "{",
        " a",
        ">",
    ]
    for _ in range(600):
        text = "".join(chance.choices(parts, k=chance.randint(1, 8)))
        outcomes = [run(pieces) for pieces in cuts(text)]
        assert all(outcome == outcomes[0] for outcome in outcomes), text
        shown, calls = outcomes[0]
        assert text.startswith(shown)
        assert (shown == text) == (not calls), text


# --- when it is shown ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pieces", "shown"),
    [
        (["Hello", " world"], ["Hello", " world"]),
        (["Hi\n", "<", "b>"], ["Hi\n", "", "<b>"]),
        (["Hi\n<tool", "_calls", "> it"], ["Hi\n", "", ""]),
        (["Hi <tool_call>"], ["Hi <tool_call>"]),
        (["\n", "\n", "Hi"], ["", "", "\n\nHi"]),
        (["[1, ", "2]"], ["", ""]),
        (["Hi\n[1, ", "2]"], ["Hi\n[1, ", "2]"]),
    ],
)
def test_text_is_held_only_from_where_a_call_may_begin(pieces, shown):
    rescue = Rescue(TOOLS)
    assert [rescue.feed(piece) for piece in pieces] == shown


def test_text_that_names_no_tool_soon_is_let_go():
    rescue = Rescue(TOOLS)
    text = '{"rows": [' + "1, " * NAME_WITHIN
    shown = "".join(map(rescue.feed, text))
    assert shown == text
    assert rescue.feed("\nmore") == "\nmore"


def test_a_call_may_follow_what_was_let_go():
    before = '{"rows": [' + "1, " * NAME_WITHIN + "]}\n"
    for pieces in cuts(before + CALL):
        assert run(pieces) == (before, [("read", {"path": "a.txt"})])


def test_a_proper_call_ends_the_watch():
    rescue = Rescue(TOOLS)
    assert rescue.feed("<tool_call>") == ""
    assert rescue.give_up() == "<tool_call>"
    assert rescue.feed(CALL) == CALL
    assert rescue.settle(whole=True) == ("", [])


# --- in an answer --------------------------------------------------------------------------------

LOCAL = {"baseUrl": "http://127.0.0.1:8080/v1"}


def chunk(reason=None, **delta):
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "c1", "model": "m1", "choices": [choice]}


def answered(*chunks, model=LOCAL, tools=TOOLS):
    draft = Draft(wirekit.model(API, model), wirekit.TIMESTAMP)
    draft.tools = list(tools)
    texts = ((None, json.dumps(each)) for each in chunks)
    outcome = wirekit.Outcome(list(openai_completions.decode(texts, draft)), None, draft)
    wirekit.check_events(outcome)
    return outcome


def texts(words, size=3):
    return [chunk(content=words[at : at + size]) for at in range(0, len(words), size)]


def test_a_recovered_call_is_a_call_like_any_other():
    outcome = answered(*texts(f"I look.\n{CALL}\n"), chunk("stop"))
    (words, call) = outcome.message["content"]
    assert words == {"type": "text", "text": "I look.\n"}
    assert [call["name"], call["arguments"]] == ["read", {"path": "a.txt"}]
    assert call["id"]
    assert [outcome.message["stopReason"], outcome.message["rawStopReason"]] == ["toolUse", "stop"]
    shown = "".join(e.text for e in outcome.events if type(e) is BlockDelta and e.kind == "text")
    assert shown == "I look.\n"
    assert answered(*texts(f"I look.\n{CALL}\n"), chunk("stop")).message == outcome.message


def test_thinking_before_it_stays():
    outcome = answered(chunk(reasoning_content="Hm."), *texts(CALL), chunk("stop"))
    assert [block["type"] for block in outcome.message["content"]] == ["thinking", "toolCall"]


@pytest.mark.parametrize("reason", ["length", "max_tokens"])
def test_a_cut_answer_keeps_its_text(reason):
    message = answered(*texts(CALL), chunk(reason)).message
    assert message["content"] == [{"type": "text", "text": CALL}]
    assert message["stopReason"] == "length"


def test_a_proper_call_beside_it_leaves_it_text():
    proper = {"index": 0, "id": "x1", "function": {"name": "ls", "arguments": "{}"}}
    for chunks in (
        [*texts(CALL), chunk(tool_calls=[proper])],
        [chunk(tool_calls=[proper]), *texts(CALL)],
    ):
        message = answered(*chunks, chunk("tool_calls")).message
        found = {block["type"]: block for block in message["content"]}
        assert found["text"]["text"] == CALL
        assert found["toolCall"]["id"] == "x1"
        assert len(message["content"]) == 2


@pytest.mark.parametrize(
    ("model", "tools", "is_recovered"),
    [
        (LOCAL, TOOLS, True),
        (LOCAL, [], False),
        ({"baseUrl": "http://localhost:1234/v1"}, TOOLS, True),
        ({"baseUrl": "http://[::1]:1234/v1"}, TOOLS, True),
        ({"baseUrl": "https://gpu.example/v1"}, TOOLS, False),
        ({"baseUrl": "https://gpu.example/v1", "provider": "vllm"}, TOOLS, True),
        (
            {"baseUrl": "https://gpu.example/v1", "compat": {"recoversTextToolCalls": True}},
            TOOLS,
            True,
        ),
        ({**LOCAL, "compat": {"recoversTextToolCalls": False}}, TOOLS, False),
    ],
)
def test_where_calls_are_looked_for(model, tools, is_recovered):
    message = answered(*texts(CALL), chunk("stop"), model=model, tools=tools).message
    assert message["stopReason"] == ("toolUse" if is_recovered else "stop")
    assert (message["content"][0]["type"] == "toolCall") == is_recovered
    if tools:
        assert switches_of(wirekit.model(API, model))["recoversTextToolCalls"] == is_recovered


def test_pi_runs_a_recovered_call(provider, agent_home, run_pi):
    (agent_home.project / "a.txt").write_text("alpha\n", "utf-8")
    provider.reply(CALL, "It says alpha.")
    done = run_pi("--model", "fake-openai/fake-1", "-p", "What is in a?")
    assert (done.code, done.stdout.strip()) == (0, "It says alpha."), done.stderr
    assistant, result = provider.model_requests[1].body["messages"][-2:]
    assert assistant["tool_calls"][0]["function"]["name"] == "read"
    assert not assistant.get("content")
    assert "alpha" in result["content"]
