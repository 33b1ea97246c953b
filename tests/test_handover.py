from __future__ import annotations

import copy
import random
import re

import pytest

from pi.messages import image, system_message, text, tool_calls, tool_result, user_message
from pi.providers.handover import NO_RESULT, TOOL_IMAGE_NOTE, USER_IMAGE_NOTE, prepare

CHAT = {"provider": "p", "id": "m", "api": "openai-completions", "input": ["text", "image"]}
CLAUDE = {"provider": "q", "id": "n", "api": "anthropic-messages", "input": ["text"]}


def answer(*blocks, model=CHAT, stop="stop"):
    return {
        "role": "assistant",
        "content": list(blocks),
        "api": model["api"],
        "provider": model["provider"],
        "model": model["id"],
        "stopReason": stop,
        "timestamp": 7,
    }


def call(call_id, name="read", **more):
    return {"type": "toolCall", "id": call_id, "name": name, "arguments": {"path": "a"}, **more}


def thought(words, **more):
    return {"type": "thinking", "thinking": words, **more}


def test_system_messages_become_prompt_and_tools():
    tool = {"name": "read", "description": "", "parameters": {}}
    messages = [system_message({"preamble": "P", "cwd": "C"}, 1, [tool]), user_message("hi", 2)]
    context = prepare(messages, CHAT)
    assert (context.system, context.tools) == ("P\n\nC", [tool])
    assert [message["role"] for message in context.messages] == ["user"]


def test_a_model_that_takes_them_gets_later_system_messages_in_their_place():
    read, bash = ({"name": name, "description": "", "parameters": {}} for name in ("read", "bash"))
    change = system_message({"cwd": "D"}, 4, [bash], [{"name": "read"}])
    messages = [
        system_message({"preamble": "P", "cwd": "C"}, 1, [read]),
        user_message("hi", 2),
        answer(call("a")),
        change,
        tool_result(call("a"), [text("x")], 5),
        user_message("on", 6),
    ]
    folded = prepare(messages, CHAT)
    assert (folded.system, folded.tools) == ("P\n\nD", [bash])
    assert "system" not in [m["role"] for m in folded.messages]
    takes = {**CHAT, "compat": {"supportsMidConvoSystemMessages": True}}
    placed = prepare(messages, takes)
    assert (placed.system, placed.tools) == ("P\n\nC", [bash])
    assert [m["role"] for m in placed.messages] == [
        "user", "assistant", "toolResult", "system", "user",
    ]  # fmt: skip
    assert placed.messages[3] == change
    both = {**takes, "compat": {**takes["compat"], "supportsMidConvoToolChanges": True}}
    assert prepare(messages, both).tools == [read]


def test_the_own_model_keeps_thinking_and_marks():
    blocks = [
        thought("hm", thinkingSignature="sig"),
        thought("", thinkingSignature="redacted", redacted=True),
        {**text("a"), "textSignature": "t"},
        call("c|fc_1", thoughtSignature="g"),
    ]
    messages = [user_message("hi", 1), answer(*blocks), tool_result(call("c|fc_1"), [text("x")], 2)]
    assert prepare(messages, CHAT).messages[1]["content"] == blocks


def test_another_model_gets_neither_thinking_nor_marks():
    messages = [
        user_message("hi", 1),
        answer(
            thought("hm", thinkingSignature="sig"),
            {**text("a"), "textSignature": "t"},
            text(" \n"),
            call("c|fc_1", thoughtSignature="g"),
        ),
        tool_result(call("c|fc_1"), [text("x")], 2),
    ]
    made = prepare(messages, CLAUDE).messages
    assert made[1]["content"] == [text("a"), call("c")]
    assert made[2]["toolCallId"] == "c"


def test_thinking_without_words_or_signature_is_dropped():
    messages = [answer(thought(" "), text("a"))]
    assert prepare(messages, CHAT).messages[0]["content"] == [text("a")]


@pytest.mark.parametrize("stop", ["error", "aborted"])
def test_failed_answers_and_their_results_are_not_replayed(stop):
    messages = [
        user_message("hi", 1),
        answer(text("par"), call("c"), stop=stop),
        tool_result(call("c"), [text("x")], 2),
        user_message("again", 3),
    ]
    assert [m["role"] for m in prepare(messages, CHAT).messages] == ["user", "user"]


def test_a_call_without_result_gets_one_before_anything_else():
    messages = [user_message("hi", 1), answer(call("a"), call("b")), user_message("next", 3)]
    made = prepare(messages, CHAT).messages
    assert [m["role"] for m in made] == ["user", "assistant", "toolResult", "toolResult", "user"]
    assert [m["toolCallId"] for m in made[2:4]] == ["a", "b"]
    assert made[2]["content"] == [text(NO_RESULT)]
    assert made[2]["isError"] is True
    assert "No result provided" in NO_RESULT


def test_results_come_in_call_order_and_strays_and_doubles_go():
    messages = [
        tool_result(call("ghost"), [text("?")], 1),
        answer(call("a"), call("b")),
        tool_result(call("b"), [text("B")], 2),
        tool_result(call("a"), [text("A")], 3),
        tool_result(call("a"), [text("again")], 4),
    ]
    made = prepare(messages, CHAT).messages
    assert [m["content"] for m in made[1:]] == [[text("A")], [text("B")]]


def test_images_for_a_blind_model_become_one_note_a_run():
    picture = image("AAAA", "image/png")
    messages = [
        user_message([picture, picture, text("see"), picture], 1),
        answer(call("c")),
        tool_result(call("c"), [picture], 2),
    ]
    made = prepare(messages, CLAUDE).messages
    assert made[0]["content"] == [text(USER_IMAGE_NOTE), text("see"), text(USER_IMAGE_NOTE)]
    assert made[2]["content"] == [text(TOOL_IMAGE_NOTE)]
    assert prepare(messages, CHAT).messages[0]["content"][0] == picture


def test_ids_fit_the_format_and_stay_apart():
    long = "call_" + "x" * 80
    messages = [answer(call(long + "1"), call(long + "2"), call("a b"), call("a_b"), call(""))]
    ids = [block["id"] for block in tool_calls(prepare(messages, CLAUDE).messages[0])]
    assert len(set(ids)) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", made) for made in ids)
    assert ids[3] == "a_b"


def test_an_id_that_is_used_again_is_renamed_with_its_result():
    messages = [
        answer(call("c")),
        tool_result(call("c"), [text("1")], 1),
        answer(call("c")),
        tool_result(call("c"), [text("2")], 2),
    ]
    made = prepare(messages, CHAT).messages
    first, second = (tool_calls(made[at])[0]["id"] for at in (0, 2))
    assert first != second
    assert [made[1]["toolCallId"], made[3]["toolCallId"]] == [first, second]
    assert made[3]["content"] == [text("2")]


def test_broken_content_is_tolerated():
    messages = [
        {"role": "user", "content": None},
        {"role": "user", "content": "plain"},
        {"role": "assistant", "content": None, "provider": "p", "api": "x", "model": "m"},
        answer({"type": "mystery"}, {"type": "text"}, {"type": "toolCall", "id": "x"}, 5),
        answer({"type": "toolCall", "id": 5, "name": "n", "arguments": None}),
        {"role": "oracle", "content": "?"},
    ]
    made = prepare(messages, CHAT).messages
    assert made[0]["content"] == [text("plain")]
    assert made[1]["content"][0]["arguments"] == {}
    assert [m["role"] for m in made] == ["user", "assistant", "toolResult"]


def random_history(rng: random.Random) -> list:
    messages, open_calls = [], []
    for stamp in range(rng.randrange(12)):
        kind = rng.choice(["user", "assistant", "assistant", "result", "result", "system"])
        if kind == "user":
            messages.append(user_message(rng.choice(["hi", ""]), stamp))
        elif kind == "assistant":
            model = rng.choice([CHAT, CLAUDE])
            calls = [call(f"c{rng.randrange(5)}|fc") for _ in range(rng.randrange(3))]
            open_calls += calls
            stop = rng.choice(["stop", "toolUse", "error", "aborted"])
            messages.append(answer(thought("t"), text("x"), *calls, model=model, stop=stop))
        elif kind == "result" and open_calls:
            messages.append(tool_result(rng.choice(open_calls), [text("r")], stamp))
        else:
            messages.append(system_message({"cwd": str(stamp)}, stamp))
    return messages


def assert_valid(messages):
    waiting: list[str] = []
    seen: set[str] = set()
    for message in messages:
        if message["role"] == "toolResult":
            assert message["toolCallId"] == waiting.pop(0)
            continue
        assert waiting == []
        assert message["content"]
        waiting = [block["id"] for block in tool_calls(message)]
        assert not seen & set(waiting)
        seen |= set(waiting)
    assert waiting == []


@pytest.mark.parametrize("seed", range(200))
def test_any_history_becomes_valid_and_is_left_alone(seed):
    rng = random.Random(seed)
    messages = random_history(rng)
    before = copy.deepcopy(messages)
    for model in (CHAT, CLAUDE):
        assert_valid(prepare(messages, model).messages)
    assert messages == before


@pytest.mark.parametrize("seed", range(50))
def test_a_longer_history_starts_like_the_shorter_one(seed):
    messages = random_history(random.Random(seed))
    for cut, message in enumerate(messages):
        if message["role"] != "user":
            continue
        short = prepare(messages[: cut + 1], CLAUDE).messages
        assert prepare(messages, CLAUDE).messages[: len(short)] == short


RESPONSES = {"provider": "r", "id": "o", "api": "openai-responses", "input": ["text"]}


def test_ids_of_responses_lose_their_item_for_another_model():
    messages = [
        answer(call("call_1|fc_1"), model=RESPONSES),
        tool_result(call("call_1|fc_1"), [], 8),
    ]
    own, other = prepare(messages, RESPONSES), prepare(messages, CHAT)
    assert [m["toolCallId"] for m in own.messages[1:]] == ["call_1|fc_1"]
    assert [m["toolCallId"] for m in other.messages[1:]] == ["call_1"]
    assert tool_calls(other.messages[0])[0]["id"] == "call_1"


def test_ids_that_share_a_call_id_are_kept_apart():
    """Some servers count the calls of each answer from 0; results are matched by that alone."""
    names = ["call_0|fc_a", "call_0|fc_b", "call_0"]
    messages = []
    for at, name in enumerate(names):
        model = RESPONSES if "|" in name else CHAT
        messages += [answer(call(name), model=model), tool_result(call(name), [text(str(at))], 8)]
    prepared = prepare(messages, RESPONSES).messages
    sent = [message["toolCallId"].partition("|")[0] for message in prepared[1::2]]
    assert sent[0] == "call_0"
    assert len(set(sent)) == 3
    assert [message["content"][0]["text"] for message in prepared[1::2]] == ["0", "1", "2"]
    for asked, given in zip(prepared[::2], prepared[1::2], strict=True):
        assert tool_calls(asked)[0]["id"] == given["toolCallId"]
    shorter = prepare(messages[:4], RESPONSES).messages
    assert prepared[:4] == shorter
