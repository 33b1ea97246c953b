"""Mistral's side of the fake provider, and pi against it from end to end."""

from __future__ import annotations

import json

import pytest

from tests.fakeprovider.formats import FORMATS, of_path
from tests.fakeprovider.refusal import RefusedError
from tests.fakeprovider.request import Request

API = "mistral-conversations"
HEADERS = {"content-type": "application/json"}
USER = {"role": "user", "content": "hi"}
THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
PICTURE = {"type": "image_url", "image_url": "data:image/png;base64,AA=="}


def calls(*ids, **more):
    function = {"name": "read", "arguments": "{}"}
    made = [{"id": call_id, "function": function, "index": 0} for call_id in ids]
    return {"role": "assistant", "tool_calls": made, **more}


def result(call_id="abcDEF123", content="ok"):
    return {"role": "tool", "name": "read", "tool_call_id": call_id, "content": content}


def problem(*messages, **more):
    """Why a request is refused; "" when it is not."""
    body = {"model": "m", "messages": list(messages), **more}
    request = Request(("POST", "/x", HEADERS), json.dumps(body).encode())
    try:
        FORMATS[API].check(request)
    except RefusedError as error:
        return str(error)
    return ""


CALL = calls("abcDEF123")
SAID = {"role": "assistant", "content": "done"}


@pytest.mark.parametrize(
    "messages",
    [
        [USER],
        [{"role": "system", "content": "s"}, USER],
        [USER, CALL, result()],
        [USER, calls("abcDEF123", "zyxWVU987"), result("zyxWVU987"), result(), SAID, USER],
        [USER, {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "a"}]}, USER],
        [{"role": "user", "content": [PICTURE]}],
        [USER, CALL, result(content=[{"type": "text", "text": "a"}, PICTURE])],
    ],
)
def test_good_requests_pass(messages):
    assert problem(*messages) == ""


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([], "must have messages"),
        ([USER, CALL, result(), USER], "Unexpected role 'user' after role 'tool'"),
        ([USER, CALL, USER], "Unexpected role 'user'"),
        ([USER, CALL], "Not the same number"),
        ([USER, SAID], "Expected last role User or Tool"),
        ([USER, result()], "Unexpected role 'tool'"),
        ([USER, calls("call_1"), result("call_1")], "with a length of 9"),
        ([USER, CALL, result(content=None)], "content is missing"),
        ([USER, {"role": "assistant", "content": ""}, USER], "either content or tool_calls"),
        ([{"role": "user", "content": [THOUGHT]}], "may not have a part"),
        ([{"role": "developer", "content": "x"}, USER], "Unexpected role 'developer'"),
    ],
)
def test_bad_conversations_are_refused(messages, why):
    assert why in problem(*messages)


def test_its_requests_are_told_from_those_of_chat_completions():
    assert of_path("POST", "/mistral/v1/chat/completions").NAME == API
    assert of_path("POST", "/v1/chat/completions").NAME == "openai-completions"


# --- pi against it -------------------------------------------------------------------------------


def test_pi_thinks_calls_a_tool_and_goes_on(provider, agent_home, run_pi):
    (agent_home.project / "a.txt").write_text("alpha\n", "utf-8")
    first = {"thinking": "Read it.", "calls": [{"name": "read", "arguments": {"path": "a.txt"}}]}
    provider.reply(first, {"text": "It says alpha.", "usage": {"input": 100, "output": 5}})
    done = run_pi("--model", "fake-mistral/fake-think", "--thinking", "high", "-p", "What is in a?")
    assert (done.code, done.stdout.strip()) == (0, "It says alpha."), done.stderr
    opening, follow = (request.body for request in provider.model_requests)
    assert opening["prompt_mode"] == "reasoning"
    assert [message["role"] for message in follow["messages"]][-3:] == ["user", "assistant", "tool"]
    assistant, tool = follow["messages"][-2:]
    assert assistant["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Read it."}]}
    ]
    assert tool["tool_call_id"] == assistant["tool_calls"][0]["id"]
    assert "alpha" in tool["content"][0]["text"]
    assert provider.problems == []


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [("auth", 3, "401"), ("bad_request", 1, "Field required")],
)
def test_its_errors_are_one_line(provider, run_pi, error, code, says):
    provider.reply({"error": error})
    done = run_pi("--model", "fake-mistral/fake-1", "-p", "hi")
    assert done.code == code
    assert says in done.stderr
    assert len(done.stderr.strip().split("\n")) == 1
