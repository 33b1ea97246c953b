"""Mistral's chat beyond the cases in `tests/wire/mistral-conversations`."""

from __future__ import annotations

import re

import pytest

from pi.errors import ProviderError
from pi.providers.handover import prepare
from pi.providers.mistral_messages import FAILED, IMAGE_BESIDE
from pi.providers.openai_messages import BRIDGE, NO_OUTPUT
from tests import wirekit

API = "mistral-conversations"
IMAGE = {"type": "image", "data": "aGk=", "mimeType": "image/png"}


def user(text):
    return {"role": "user", "content": [{"type": "text", "text": text}], "timestamp": 1}


def answer(*blocks, **more):
    return {"role": "assistant", "content": list(blocks), "stopReason": "stop", **more}


def call(call_id, name="read", **arguments):
    return {"type": "toolCall", "id": call_id, "name": name, "arguments": arguments}


def result(call_id, *blocks, is_error=False):
    return {
        "role": "toolResult",
        "toolCallId": call_id,
        "toolName": "read",
        "content": list(blocks),
        "isError": is_error,
    }


def sent(messages, patch=None, **options):
    model = wirekit.model(API, patch)
    context = prepare(messages, model)
    return wirekit.body_of(
        wirekit.encode(
            model,
            {"system": context.system, "tools": context.tools, "messages": context.messages},
            **options,
        )
    )


# --- call ids ------------------------------------------------------------------------------------

FOREIGN = [
    "call_1",
    "call_2",
    "toolu_01AbCdEfGhIjKlMnOpQrSt",
    "fc_1|item_9",
    "a-b",
    "é",
    "123456789x",
]


def test_ids_of_other_services_become_nine_letters_and_digits_and_stay_apart():
    messages = [user("go"), answer(*map(call, FOREIGN)), *map(result, FOREIGN), user("on")]
    body = sent(messages)
    ids = [made["id"] for made in body["messages"][1]["tool_calls"]]
    assert all(re.fullmatch("[A-Za-z0-9]{9}", made) for made in ids)
    assert len(set(ids)) == len(FOREIGN)
    answered = [said["tool_call_id"] for said in body["messages"] if said["role"] == "tool"]
    assert answered == ids
    assert sent(messages) == body


def test_ids_that_fit_are_sent_as_they_are():
    made = sent([user("go"), answer(call("abcDEF123")), result("abcDEF123")])["messages"]
    assert [made[1]["tool_calls"][0]["id"], made[2]["tool_call_id"]] == ["abcDEF123", "abcDEF123"]


def test_a_made_id_does_not_hit_one_that_is_there():
    taken = sent([user("go"), answer(call("call_1"))])["messages"][1]["tool_calls"][0]["id"]
    calls = sent([user("go"), answer(call(taken), call("call_1"))])["messages"][1]["tool_calls"]
    assert calls[0]["id"] == taken
    assert calls[1]["id"] != taken
    assert re.fullmatch("[A-Za-z0-9]{9}", calls[1]["id"])


def test_a_call_that_came_without_id_gets_the_same_one_at_every_replay():
    chunk = {"choices": [{"delta": {"tool_calls": [CALL, CALL]}, "finish_reason": "tool_calls"}]}
    runs = [wirekit.decode_bytes(API, [wirekit.sse(chunk)]).message for _ in range(2)]
    ids = [block["id"] for block in runs[0]["content"]]
    assert all(re.fullmatch("[A-Za-z0-9]{9}", made) for made in ids)
    assert len(set(ids)) == 2
    assert runs[0] == runs[1]


CALL = {"id": "null", "function": {"name": "read", "arguments": '{"path": "a"}'}}


# --- messages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blocks", "is_error", "text", "parts"),
    [
        ((), False, NO_OUTPUT, 1),
        ((), True, f"{FAILED} {NO_OUTPUT}", 1),
        ((IMAGE,), False, IMAGE_BESIDE, 2),
        (({"type": "text", "text": "a"}, {"type": "text", "text": "b"}), True, f"{FAILED} a\nb", 1),
    ],
)
def test_a_result_always_has_words(blocks, is_error, text, parts):
    messages = [
        user("go"),
        answer(call("abcDEF123")),
        result("abcDEF123", *blocks, is_error=is_error),
    ]
    content = sent(messages)["messages"][-1]["content"]
    assert content[0] == {"type": "text", "text": text}
    assert len(content) == parts


def test_only_the_assistant_speaks_after_a_result():
    messages = [user("go"), answer(call("abcDEF123")), result("abcDEF123"), user("a"), user("b")]
    said = sent(messages)["messages"]
    assert [message["role"] for message in said[2:]] == ["tool", "assistant", "user", "user"]
    assert said[3]["content"] == [{"type": "text", "text": BRIDGE}]


def test_a_lost_result_is_made_up_before_the_next_user():
    said = sent([user("go"), answer(call("abcDEF123")), user("on")])["messages"]
    assert [message["role"] for message in said] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]
    assert said[2]["content"][0]["text"].startswith(f"{FAILED} No result")


def test_thinking_goes_back_to_the_model_that_thought_it_only():
    thought = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "One."}]
    model = wirekit.model(API)
    own = {"api": API, "provider": model["provider"], "model": model["id"]}
    parts = sent([user("a"), answer(*thought, **own), user("b")])["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["thinking", "text"]
    foreign = sent([user("a"), answer(*thought, **{**own, "model": "m2"}), user("b")])
    assert [part["type"] for part in foreign["messages"][1]["content"]] == ["text"]


def test_a_model_that_cannot_see_gets_no_image():
    body = sent([{"role": "user", "content": [IMAGE], "timestamp": 1}], {"input": ["text"]})
    assert [part["type"] for part in body["messages"][0]["content"]] == ["text"]


# --- the body ------------------------------------------------------------------------------------


def test_a_session_id_cannot_break_a_header():
    model = wirekit.model(API)
    request = wirekit.encode(model, {"messages": [user("hi")]}, session_id="a\r\nx: é")
    assert request.headers["x-affinity"] == "a__x:__"
    assert wirekit.body_of(request)["prompt_cache_key"] == "a\r\nx: é"


def test_a_model_without_url_is_refused_with_the_remedy():
    with pytest.raises(ProviderError, match=r'provider "mock".*set its "baseUrl"') as caught:
        sent([user("hi")], {"baseUrl": ""})
    assert caught.value.kind == "bad_request"


def test_what_the_caller_wants_sent_comes_last():
    assert sent([user("hi")], sampling={"max_tokens": 7, "safe_prompt": True})["max_tokens"] == 7


# --- real answers --------------------------------------------------------------------------------


def test_a_recorded_answer_is_read_whole():
    (recording,) = wirekit.recordings(API)
    model = wirekit.model(API, {"id": recording["model"], "reasoning": True})
    message = wirekit.decode_bytes(API, [wirekit.body_bytes(recording)], model).message
    assert [block["type"] for block in message["content"]] == ["thinking", "text"]
    assert message["content"][0]["thinking"].startswith("Okay, the user is")
    assert message["content"][1]["text"].endswith("ensure a safe crossing.")
    assert [message["stopReason"], message["responseId"]] == ["stop", recording_id(recording)]
    usage = message["usage"]
    assert [usage["input"], usage["output"], usage["totalTokens"]] == [10, 232, 242]


def recording_id(recording):
    return re.search(r'"id":"([0-9a-f]+)"', recording["text"])[1]
