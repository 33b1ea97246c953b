"""The checks of the fake provider: what a strict vendor accepts and what it answers with 400."""

from __future__ import annotations

import json

import pytest

from tests.fakeclient import CHAT, CLAUDE, Client, ask, request_body
from tests.fakeprovider import FakeProvider
from tests.fakeprovider.formats import FORMATS
from tests.fakeprovider.refusal import RefusedError
from tests.fakeprovider.request import Request

HEADERS = {"content-type": "application/json; charset=utf-8", "anthropic-version": "2023-06-01"}


def problem(api, body, headers=None):
    """Why a request is refused; "" when it is not."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(("POST", "/x", HEADERS if headers is None else headers), raw)
    try:
        FORMATS[api].check(request)
    except RefusedError as error:
        return str(error)
    return ""


# --- chat completions ----------------------------------------------------------------------------


def call(call_id="c1", name="read", arguments="{}"):
    function = {"name": name, "arguments": arguments}
    return {"id": call_id, "type": "function", "function": function}


def calls(*ids):
    return {"role": "assistant", "content": None, "tool_calls": [call(each) for each in ids]}


def answer(call_id="c1", content="ok"):
    return {"role": "tool", "tool_call_id": call_id, "content": content}


USER = {"role": "user", "content": "hi"}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
CHAT_TOOL = {"type": "function", "function": {"name": "t", "parameters": {"type": "object"}}}


@pytest.mark.parametrize(
    "body",
    [
        request_body("hi"),
        request_body(messages=[{"role": "system", "content": "s"}, USER]),
        request_body(messages=[{"role": "developer", "content": "s"}, USER]),
        request_body(messages=[USER, calls("c1", "c2"), answer("c2"), answer("c1"), USER]),
        request_body(messages=[USER, {"role": "assistant", "content": "a"}, USER, USER]),
        request_body(messages=[USER, {**calls("c1"), "content": "text too"}, answer()]),
        request_body(messages=[{"role": "user", "content": [PICTURE]}]),
        request_body(messages=[USER, calls("c1"), answer(content="")]),
        request_body(tools=[CHAT_TOOL], tool_choice="auto", stream_options={"include_usage": True}),
        request_body(store=False, enable_thinking=True, reasoning_effort="low"),
    ],
)
def test_good_chat_requests_pass(body):
    assert problem(CHAT, body) == ""


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([], "empty array"),
        ([USER, {"role": "assistant", "content": ""}], "needs content"),
        ([USER, {"role": "assistant", "content": None}], "needs content"),
        ([USER, {"role": "assistant", "content": None, "tool_calls": []}], "empty array"),
        ([{"role": "robot", "content": "x"}], "Invalid value: 'robot'"),
        (["hi"], "expected an object"),
        ([{"role": "user", "content": None}], "expected a string or an array, got null"),
        ([{"role": "user", "content": []}], "empty array"),
        ([{"role": "user", "content": [{"type": "input_text", "text": "x"}]}], "is not allowed"),
        ([{"role": "user", "content": [{"type": "text"}]}], "must be a string"),
        ([{"role": "tool", "tool_call_id": "c1", "content": [PICTURE]}], "is not allowed"),
        ([USER, calls("c1")], "did not have response messages: c1"),
        ([USER, calls("c1", "c2"), answer("c1"), USER, answer("c2")], "messages: c2"),
        ([USER, answer()], "must be a response to a preceeding"),
        ([USER, calls("c1"), answer(), answer()], "must be a response to a preceeding"),
        ([USER, calls("c1", "c1"), answer()], "Duplicate id 'c1'"),
        ([USER, calls("c" * 41), answer("c" * 41)], "string too long"),
        ([USER, {"role": "assistant", "tool_calls": [call(name="a b")]}], "does not match pattern"),
        ([USER, {"role": "assistant", "tool_calls": [call(arguments={})]}], "expected a string"),
        ([USER, {"role": "assistant", "tool_calls": [{"id": "c1"}]}], "Missing required"),
    ],
)
def test_bad_chat_messages_are_refused(messages, why):
    assert why in problem(CHAT, {"model": "m", "messages": messages})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model": ""}, "you must provide a model"),
        ({"messages": "hi"}, "Missing required parameter: 'messages'"),
        ({"tools": []}, "Invalid 'tools': empty array"),
        ({"tools": [CHAT_TOOL, CHAT_TOOL]}, "Duplicate tool 't'"),
        ({"tools": [{"type": "function", "function": {"name": "t", "parameters": {}}}]}, "schema"),
        ({"tool_choice": "auto"}, "only allowed when 'tools'"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "is not supported"),
        ({"max_tokens": 0}, "above 0"),
        ({"stream": False, "stream_options": {"include_usage": True}}, "only allowed when"),
        ({"messages": [{"role": "user", "content": "half \ud83c"}]}, "messages.0.content"),
    ],
)
def test_bad_chat_requests_are_refused(change, why):
    assert why in problem(CHAT, request_body(**change))


# --- anthropic messages --------------------------------------------------------------------------


def use(call_id="t1", **more):
    return {"type": "tool_use", "id": call_id, "name": "read", "input": {}, **more}


def result(call_id="t1", **more):
    return {"type": "tool_result", "tool_use_id": call_id, "content": "ok", **more}


def text(value, **more):
    return {"type": "text", "text": value, **more}


def user(*blocks):
    return {"role": "user", "content": list(blocks) or "hi"}


def model(*blocks):
    return {"role": "assistant", "content": list(blocks)}


THOUGHT = {"type": "thinking", "thinking": "t", "signature": "S"}
SHORT = {"cache_control": {"type": "ephemeral"}}
LONG = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
TOOL = {"name": "t", "input_schema": {"type": "object"}}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}


@pytest.mark.parametrize(
    "body",
    [
        request_body("hi"),
        request_body(messages=[user(), user(), model(text("a")), model(text("b"))]),
        request_body(messages=[user(), model(use("a"), use("b")), user(result("b"), result("a"))]),
        request_body(messages=[user(), model(use()), user(result()), user(text("and"))]),
        request_body(
            messages=[user(), model(THOUGHT, use()), user(result(content=[IMAGE]), IMAGE)]
        ),
        request_body(messages=[user(), model(use()), user(result(content=""))]),
        request_body(system=[text("s", **LONG)], messages=[user(text("a", **SHORT))]),
        request_body(thinking={"type": "enabled", "budget_tokens": 1024}),
        request_body(thinking={"type": "disabled"}, temperature=0),
        request_body(tools=[TOOL], tool_choice={"type": "auto"}),
    ],
)
def test_good_anthropic_requests_pass(body):
    assert problem(CLAUDE, body) == ""


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        ([], "at least one message"),
        ([{"role": "system", "content": "s"}], "Input should be 'user' or 'assistant'"),
        ([model(text("a")), user()], "first message must use"),
        ([user(), model(), user()], "must have non-empty content"),
        ([{"role": "user", "content": ""}], "must have non-empty content"),
        ([user(text(""))], "must be non-empty"),
        ([user(text(" \n"))], "non-whitespace"),
        ([user(use())], "Input should be one of"),
        ([user(), model(use())], "without `tool_result` blocks immediately after: t1"),
        ([user(), model(use()), user()], "without `tool_result` blocks immediately after: t1"),
        ([user(), model(use("a"), use("b")), user(result("a"))], "immediately after: b."),
        ([user(), model(use()), user(text("x"), result())], "immediately after"),
        ([user(result())], "unexpected `tool_use_id`"),
        ([user(), model(use()), user(result(), result())], "single result"),
        ([user(), model(use(), use()), user(result())], "must be unique"),
        ([user(), model(use("a|b")), user(result("a|b"))], "should match pattern"),
        ([user(), model(use("a" * 65)), user(result("a" * 65))], "should match pattern"),
        ([user(), model(use(input="{}")), user(result())], "valid dictionary"),
        ([user(), model(use()), user(result(content="", is_error=True))], "cannot be empty"),
        ([user(), model(use()), user(result(content=[text("")]))], "must be non-empty"),
        ([user(), model({"type": "thinking", "thinking": "t"}, text("a"))], "signature: Field"),
        ([user(), model({**THOUGHT, "signature": ""}, text("a"))], "Invalid `signature`"),
        ([user(), model({"type": "redacted_thinking"}, text("a"))], "data: Field required"),
        ([user(), model({**THOUGHT, **SHORT}, text("a"))], "cannot have cache_control"),
        ([user({"type": "image", "source": {"type": "base64", "media_type": "a"}})], "image type"),
        ([user(*[text("a", **SHORT)] * 5)], "A maximum of 4 blocks with cache_control"),
        ([user(text("a", **SHORT), text("b", **LONG))], "must not come after"),
        ([user(text("a", cache_control={"type": "x"}))], "'ephemeral'"),
    ],
)
def test_bad_anthropic_messages_are_refused(messages, why):
    assert why in problem(CLAUDE, {"model": "m", "max_tokens": 9, "messages": messages})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model": None}, "model: Field required"),
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"max_tokens": 0}, "greater than or equal to 1"),
        ({"system": [text("")]}, "system: text content blocks must be non-empty"),
        ({"tools": [TOOL, TOOL]}, "must be unique"),
        ({"tools": [{"name": "t"}]}, "input_schema"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1023}}, "1024"),
        ({"thinking": {"type": "enabled", "budget_tokens": 4000}}, "must be greater than"),
        ({"thinking": {"type": "on"}}, "expected tags"),
        ({"thinking": {"type": "adaptive"}, "temperature": 0.5}, "only be set to 1"),
        ({"thinking": {"type": "adaptive"}, "tool_choice": {"type": "any"}}, "forces tool use"),
        ({"messages": [{"role": "user", "content": "\udf88"}]}, "no low surrogate"),
    ],
)
def test_bad_anthropic_requests_are_refused(change, why):
    assert why in problem(CLAUDE, request_body(**change))


# --- both ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("api", [CHAT, CLAUDE])
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "the body is empty"),
        (b"{", "not a JSON object"),
        (b"[]", "wrong type"),
        (b"\xff{}", "not a JSON object"),
        (b'{"a":' * 100_000, "not a JSON object"),
    ],
)
def test_what_is_no_json_object_is_refused(api, body, why):
    assert why in problem(api, body)


def test_headers_are_checked_too():
    body = request_body()
    assert "anthropic-version" in problem(CLAUDE, body, {"content-type": "application/json"})
    assert "content type: text/plain" in problem(CHAT, body, {"content-type": "text/plain"})


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        (
            CHAT,
            {
                "error": {
                    "message": "you must provide a model parameter",
                    "type": "invalid_request_error",
                    "param": "model",
                    "code": None,
                }
            },
        ),
        (
            CLAUDE,
            {
                "type": "error",
                "error": {"type": "invalid_request_error", "message": "model: Field required"},
                "request_id": "req_fake",
            },
        ),
    ],
)
def test_a_refusal_has_the_vendors_shape_and_uses_no_reply(provider, api, expected):
    provider.reply("still here")
    status, body = ask(provider, api, model=None)
    assert (status, json.loads(body)) == (400, expected)
    assert provider.last.refusal == expected["error"]["message"]
    assert provider.script.left == 1


def test_checks_can_be_switched_off():
    with FakeProvider(["a"], strict=False) as fake:
        assert ask(fake, CLAUDE, messages=[user(), model(use()), user()])[0] == 200
        with Client(fake, CLAUDE) as client:
            response = client.post(b"[]")
            assert (response.status, b"JSON object" in response.read()) == (400, True)
