"""What is not a case in `tests/wire/openai-responses/requests`: odd histories."""

from __future__ import annotations

import json

import pytest

from pi.messages import image, text
from tests import wirekit

API = "openai-responses"
SEALED = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VhbGVk"}
UNSEALED = {"type": "reasoning", "id": "rs_2", "summary": []}
USER = {"role": "user", "content": [text("hi")], "timestamp": 1}
CALC = {
    "name": "calc",
    "description": "",
    "parameters": {
        "type": "object",
        "properties": {"code": {"type": "string"}},
        "required": ["code"],
    },
    "constrainedSampling": {"type": "grammar", "variants": {"openai_regex": "[0-9]+"}},
}
GRAMMARS = {"supportsOpenAIGrammarTools": True}
ON_THE_WAY = {"supportsMidConvoSystemMessages": True, "supportsAdditionalTools": True}


def thought(item, words=""):
    return {"type": "thinking", "thinking": words, "thinkingSignature": json.dumps(item)}


def call(call_id="call_1|fc_1", name="read", **arguments):
    return {"type": "toolCall", "id": call_id, "name": name, "arguments": arguments}


def answer(*blocks, **more):
    return {"role": "assistant", "content": list(blocks), "timestamp": 2, **more}


def result(*blocks, call_id="call_1|fc_1"):
    return {
        "role": "toolResult",
        "toolCallId": call_id,
        "toolName": "read",
        "content": list(blocks),
        "isError": False,
        "timestamp": 3,
    }


def items(*messages, tools=(), compat=None, system=""):
    """The input of a request, for messages."""
    model = wirekit.model(API, {"compat": compat or {}})
    context = {"system": system, "tools": list(tools), "messages": list(messages)}
    return wirekit.body_of(wirekit.encode(model, context))["input"]


def kinds(found):
    return [item.get("type") or item["role"] for item in found]


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([thought(SEALED), text("a")], ["reasoning", "message"]),
        ([thought(SEALED), call()], ["reasoning", "function_call"]),
        ([thought(SEALED), thought(SEALED), text("a")], ["reasoning", "reasoning", "message"]),
        ([text("a"), thought(SEALED)], ["message"]),
        ([thought(SEALED)], []),
        ([thought(SEALED), text(" \n")], []),
        ([thought(UNSEALED), text("a")], ["message"]),
        ([text(""), call()], ["function_call"]),
    ],
)
def test_reasoning_is_sent_only_with_what_it_led_to(blocks, expected):
    assert kinds(items(USER, answer(*blocks), USER))[1:-1] == expected


def test_a_call_whose_reasoning_cannot_be_sent_goes_without_its_item_id():
    with_reasoning = items(USER, answer(thought(SEALED), call()), result(text("x")))
    assert [item.get("id") for item in with_reasoning[1:3]] == ["rs_1", "fc_1"]
    without = items(USER, answer(thought(UNSEALED), text("a"), call()), result(text("x")))
    assert kinds(without)[1:] == ["message", "function_call", "function_call_output"]
    assert "id" not in without[2]
    assert without[2]["call_id"] == without[3]["call_id"] == "call_1"


def test_messages_without_an_id_get_one_that_stays():
    short = items(USER, answer(text("a"), text("b")), USER)
    assert [item.get("id") for item in short[1:3]] == ["msg_pi_1", "msg_pi_1_1"]
    longer = items(USER, answer(text("a"), text("b")), USER, answer(text("c")), USER)
    assert longer[:4] == short
    assert longer[4]["id"] == "msg_pi_3"


@pytest.mark.parametrize(
    ("blocks", "output"),
    [
        ([], "(no output)"),
        ([text(" \n")], "(no output)"),
        ([text("a"), text("b")], "a\nb"),
        ([image("QQ==", "image/png")], ["input_image"]),
        ([text("a"), image("QQ==", "image/png"), text("b")], ["input_text", "input_image"]),
    ],
)
def test_results(blocks, output):
    found = items(USER, answer(call()), result(*blocks))[-1]["output"]
    if isinstance(output, list):
        assert [part["type"] for part in found] == output
        assert "a\nb" in [part.get("text") for part in found] or len(found) == 1
    else:
        assert found == output


def test_a_namespace_goes_back_with_its_call():
    found = items(USER, answer({**call(), "namespace": "ns"}), result(text("x")))
    assert found[1]["namespace"] == "ns"


@pytest.mark.parametrize(
    ("arguments", "text_sent"), [({"code": "1+1"}, "1+1"), ({"code": 5}, '{"code":5}')]
)
def test_a_grammar_call_is_its_text(arguments, text_sent):
    ids = {"call_id": "call_1|ctc_1"}
    history = [USER, answer(call("call_1|ctc_1", "calc", **arguments)), result(text("2"), **ids)]
    found = items(*history, tools=[CALC], compat=GRAMMARS)
    assert kinds(found)[1:] == ["custom_tool_call", "custom_tool_call_output"]
    assert (found[1]["input"], found[1]["id"]) == (text_sent, "ctc_1")
    as_function = items(*history, tools=[CALC])
    assert kinds(as_function)[1:] == ["function_call", "function_call_output"]
    assert json.loads(as_function[1]["arguments"]) == arguments
    assert "id" not in as_function[1]


def test_a_grammar_tool_that_was_added_on_the_way_is_one_too():
    added = {"role": "system", "content": "", "toolsAdded": [CALC], "timestamp": 2}
    ids = {"call_id": "call_1|ctc_1"}
    history = [USER, added, answer(call("call_1|ctc_1", "calc", code="1")), result(**ids)]
    found = items(*history, compat={**GRAMMARS, **ON_THE_WAY})
    assert kinds(found) == ["user", "additional_tools", "custom_tool_call", *kinds(found)[-1:]]
    assert found[1]["tools"][0]["format"]["syntax"] == "regex"
    assert found[-1]["type"] == "custom_tool_call_output"


def test_nothing_to_say_is_not_said():
    empty = {"role": "user", "content": [text("")], "timestamp": 1}
    assert items(empty, answer(text("")), {"role": "robot", "content": "x"}, USER) == items(USER)
