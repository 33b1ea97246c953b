from __future__ import annotations

import pytest

from pi.providers import anthropic_conversation as conversation
from pi.providers.anthropic_conversation import converted, mark_last

PNG = {"type": "image", "data": "QQ==", "mimeType": "image/png"}
SENT_PNG = {
    "type": "image",
    "source": {"type": "base64", "media_type": "image/png", "data": "QQ=="},
}


def text(words):
    return {"type": "text", "text": words}


def user(*blocks):
    return {"role": "user", "content": list(blocks)}


def answer(*blocks):
    return {"role": "assistant", "content": list(blocks)}


def call(call_id="t1", name="read", **more):
    return {"type": "toolCall", "id": call_id, "name": name, "arguments": {}, **more}


def result(call_id, *blocks, failed=False):
    return {
        "role": "toolResult",
        "toolCallId": call_id,
        "toolName": "read",
        "content": list(blocks),
        "isError": failed,
    }


def write(*messages, updates=None, effort=None, keeps_unsigned=False):
    return converted(messages, updates or {}, lambda _: effort, keeps_unsigned=keeps_unsigned)


def sent_result(*blocks, failed=False):
    messages = write(user(text("Q")), answer(call()), result("t1", *blocks, failed=failed))
    return messages[-1]["content"]


# --- results -------------------------------------------------------------------------------------


@pytest.mark.parametrize("blocks", [[], [text("")], [text(" \n")], [{"type": "video"}]])
@pytest.mark.parametrize("failed", [False, True])
def test_a_result_without_words_says_so(blocks, failed):
    """A failed one without content is refused, and blank text is so anywhere."""
    (block,) = sent_result(*blocks, failed=failed)
    assert block["content"] == conversation.NO_OUTPUT
    assert block["is_error"] is failed


def test_texts_of_a_result_are_lines():
    assert sent_result(text("a"), text("b"))[0]["content"] == "a\nb"


@pytest.mark.parametrize(
    ("blocks", "content"),
    [
        ([PNG], [text(conversation.IMAGE_HERE), SENT_PNG]),
        ([text(" "), PNG], [text(conversation.IMAGE_HERE), SENT_PNG]),
        ([PNG, text("a"), PNG], [SENT_PNG, text("a"), SENT_PNG]),
    ],
)
def test_images_of_a_result_come_with_words(blocks, content):
    assert sent_result(*blocks)[0]["content"] == content


def test_images_of_failed_results_follow_after_all_results():
    messages = write(
        user(text("Q")),
        answer(call("t1"), call("t2"), call("t3")),
        result("t1", PNG, PNG, text("a"), PNG, failed=True),
        result("t2", text("b")),
        result("t3", PNG, failed=True),
        user(text("Next")),
    )
    assert [message["role"] for message in messages] == ["user", "assistant", "user", "user"]
    first, second, third, *images = messages[2]["content"]
    later = conversation.IMAGE_LATER
    assert first["content"] == f"{later}\na\n{later}"
    assert (second["content"], third["content"]) == ("b", later)
    assert images == [
        text("Images of the failed call t1 (read):"),
        *[SENT_PNG] * 3,
        text("Images of the failed call t3 (read):"),
        SENT_PNG,
    ]


@pytest.mark.parametrize(
    ("block", "sent"),
    [
        ({**PNG, "mimeType": "image/jpg"}, "image/jpeg"),
        ({**PNG, "mimeType": "IMAGE/WEBP"}, "image/webp"),
        ({**PNG, "mimeType": "image/bmp"}, None),
        ({**PNG, "mimeType": None}, None),
        ({**PNG, "data": ""}, None),
        ({**PNG, "data": 5}, None),
    ],
)
def test_only_images_of_known_types_are_sent(block, sent):
    (message,) = write(user(block))
    (part,) = message["content"]
    if sent is None:
        assert part == text(conversation.IMAGE_UNKNOWN)
    else:
        assert part["source"]["media_type"] == sent


# --- answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "kept", "sent"),
    [
        ({"thinking": "a", "thinkingSignature": "s"}, False, {"thinking": "a", "signature": "s"}),
        ({"thinking": None, "thinkingSignature": "s"}, False, {"thinking": "", "signature": "s"}),
        ({"thinking": "a", "thinkingSignature": " "}, True, {"thinking": "a", "signature": ""}),
        ({"thinking": "a"}, True, {"thinking": "a", "signature": ""}),
        ({"thinking": "a", "thinkingSignature": 5}, False, text("a")),
        ({"thinking": " "}, True, None),
        ({"thinking": "a", "redacted": True}, True, None),
        ({"thinking": "", "thinkingSignature": "", "redacted": True}, False, None),
    ],
)
def test_thinking(block, kept, sent):
    block = {"type": "thinking", **block}
    messages = write(
        user(text("Q")), answer(block, text("A")), user(text("R")), keeps_unsigned=kept
    )
    before = messages[1]["content"][:-1]
    assert before == ([] if sent is None else [{"type": "thinking", **sent}])


@pytest.mark.parametrize("redacted", [False, True])
def test_an_answer_never_ends_in_thinking(redacted):
    thought = {"type": "thinking", "thinking": "a", "thinkingSignature": "s", "redacted": redacted}
    content = write(user(text("Q")), answer(text("A"), thought), user(text("R")))[1]["content"]
    assert content[-1] == text(conversation.NO_ANSWER)
    assert content[-2]["type"] == ("redacted_thinking" if redacted else "thinking")


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("read", "read"),
        ("a.b c/ü", "a_b_c__"),
        ("x" * 200, "x" * 128),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_names_of_calls_are_allowed_ones(name, sent):
    block = write(user(text("Q")), answer(call(name=name)), result("t1"))[1]["content"][0]
    assert block == {"type": "tool_use", "id": "t1", "name": sent, "input": {}}


@pytest.mark.parametrize("arguments", [None, [], "x", 5])
def test_arguments_are_an_object(arguments):
    messages = write(user(text("Q")), answer(call(arguments=arguments)), result("t1"))
    assert messages[1]["content"][0]["input"] == {}


# --- order ---------------------------------------------------------------------------------------


def roles(messages):
    return [message["role"] for message in messages]


def words(message):
    return message["content"][0]["text"]


@pytest.mark.parametrize("history", [[], [user()], [user(text(" "))], [answer(text(""))]])
def test_there_is_always_something_to_answer(history):
    (message,) = write(*history)
    assert (message["role"], words(message)) == ("user", conversation.OPENING)


def test_an_answer_always_has_a_question():
    messages = write(answer(text("A")), answer(text("B")), user(text(" ")), answer(text("C")))
    assert roles(messages) == ["user", "assistant"] * 3 + ["user"]
    asked = [words(message) for message in messages[::2]]
    assert asked == [conversation.OPENING, *[conversation.GO_ON] * 3]


def test_system_messages_wait_for_the_next_answer():
    """Not first, not between a call and its result, not before the user's words."""
    told = {at: [text(f"told {at}")] for at in (0, 3, 5, 8)}
    system = {"role": "system"}
    messages = write(
        system,
        user(text("Q")),
        answer(call("t1"), call("t2")),
        system,
        result("t1"),
        system,
        result("t2"),
        answer(text("A")),
        system,
        user(text("R")),
        updates=told,
        effort="high",
    )
    spoken = ["user", "system", "system", "assistant", "user", "system", "system", "system"]
    assert roles(messages) == [*spoken, "assistant", "user", "system", "system"]
    assert [block["tool_use_id"] for block in messages[4]["content"]] == ["t1", "t2"]
    assert [
        words(message) for message in messages if message["role"] == "system" and message["content"]
    ] == ["told 0", "told 3", "told 5", "told 8"]
    assert messages[-1] == {"role": "system", "content": [], "output_config": {"effort": "high"}}


def test_a_system_message_without_blocks_is_left_out():
    assert roles(write(user(text("Q")), {"role": "system"}, {"role": "nobody"}, {})) == ["user"]


def test_the_mark_goes_to_what_was_said_last():
    mark = {"type": "ephemeral"}
    messages = write(user(text("Q"), PNG), effort="low")
    mark_last(messages, mark)
    assert messages[0]["content"] == [text("Q"), {**SENT_PNG, "cache_control": mark}]
    told = write(user(text("Q")), {"role": "system"}, updates={1: [text("now")]}, effort="low")
    mark_last(told, mark)
    assert told[0]["content"] == [text("Q")]
    assert told[1]["content"] == [{**text("now"), "cache_control": mark}]
    answered = [{"role": "assistant", "content": [text("A")]}]
    mark_last(answered, mark)
    assert answered == [{"role": "assistant", "content": [text("A")]}]
    mark_last([], mark)
