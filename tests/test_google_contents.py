"""A conversation as contents, beyond the request fixtures."""

from __future__ import annotations

import pytest

from pi.errors import ProviderError
from pi.providers.google_contents import IMAGE_LATER, IMAGES, PLACEHOLDER, converted
from tests import wirekit

NEW, OLD = {"id": "gemini-3-flash"}, {"id": "gemini-2.5-pro"}
IMAGE = {"type": "image", "data": "AAAA", "mimeType": "image/png"}


def text(words):
    return {"type": "text", "text": words}


def user(words="hi"):
    return {"role": "user", "content": [text(words)]}


def answer(*blocks):
    return {"role": "assistant", "content": list(blocks)}


def call(call_id="c", signature=None, name="read"):
    made = {"type": "toolCall", "id": call_id, "name": name, "arguments": {}}
    return {**made, "thoughtSignature": signature} if signature else made


def result(call_id="c", *content, name="read"):
    return {"role": "toolResult", "toolCallId": call_id, "toolName": name, "content": [*content]}


def signatures(messages, model=NEW):
    return [
        part.get("thoughtSignature")
        for content in converted(messages, model)
        for part in content["parts"]
        if "functionCall" in part
    ]


def test_a_placeholder_only_where_google_insists():
    turn = [user(), answer(call("a"), call("b")), result("a"), result("b")]
    again = [answer(call("d", "c2ln"), call("e")), result("d"), result("e"), answer(call("f"))]
    assert signatures([*turn, *again]) == [PLACEHOLDER, None, "c2ln", None, PLACEHOLDER]
    assert signatures([*turn, *again], OLD) == [None, None, "c2ln", None, None]
    assert signatures([*turn, user("next")]) == [None, None], "an earlier turn stays as it is"
    assert signatures([*turn, user("next"), answer(call("g"))]) == [None, None, PLACEHOLDER]


@pytest.mark.parametrize(
    ("signature", "is_sent"),
    [
        ("c2ln", True),
        ("dGV4dA==", True),
        ("ab-_", True),
        ("YWJ", False),
        ("a b=", False),
        (5, False),
    ],
)
def test_only_base64_is_a_signature(signature, is_sent):
    block = {**text("x"), "textSignature": signature}
    part = converted([user(), answer(block)], NEW)[1]["parts"][0]
    assert part == ({"text": "x", "thoughtSignature": signature} if is_sent else {"text": "x"})


def test_names_a_model_made_up_can_be_sent():
    history = [user(), answer(call("a", name="my tool/ü")), result("a", name="my tool/ü")]
    contents = converted(history, NEW)
    assert contents[1]["parts"][0]["functionCall"]["name"] == "my_tool__"
    assert contents[2]["parts"][0]["functionResponse"]["name"] == "my_tool__"


def test_images_of_several_results_follow_after_all_of_them():
    history = [user(), answer(call("a"), call("b")), result("a", IMAGE), result("b", text("x"))]
    *_, results, images = converted(history, OLD)
    outputs = [part["functionResponse"]["response"]["output"] for part in results["parts"]]
    assert outputs == [IMAGE_LATER, "x"]
    assert images == {
        "parts": [{"text": IMAGES}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}],
        "role": "user",
    }


def test_a_conversation_without_anything_to_answer():
    for messages in ([], [user("  ")]):
        with pytest.raises(ProviderError, match="nothing"):
            wirekit.encode(wirekit.model("google-generative-ai"), {"messages": messages})
