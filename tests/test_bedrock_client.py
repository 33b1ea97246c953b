"""Bedrock from the client to a server that checks signatures: clocks, errors, whole answers."""

from __future__ import annotations

import time

import pytest

from pi.auth.apply import authoriser, locator
from pi.auth.credential import AMBIENT, Credential
from pi.auth.value import Values
from pi.cancel import CancelToken
from pi.client import Client
from pi.events import Done, Failed
from pi.request import Options
from pi.transport import Transport
from tests import wirekit
from tests.fakeprovider.formats.bedrock_check import ACCESS_KEY, SECRET_KEY

API = "bedrock-converse-stream"
KEYS = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
MESSAGES = [{"role": "user", "content": [{"type": "text", "text": "hi"}], "timestamp": 1}]
TOOL = {"name": "read", "description": "d", "parameters": {"type": "object", "properties": {}}}
LLAMA = {"id": "us.meta.llama3-3-70b-instruct-v1:0", "name": "Llama 3.3 70B", "reasoning": False}


class Keys:
    """What the authoriser asks for keys."""

    def __init__(self, environ):
        self.values = Values(environ)

    def require(self, provider):
        return Credential(provider, AMBIENT, "", "AWS access keys", {})

    def variables(self, provider):
        return {}


@pytest.fixture
def asked(provider):
    """A function that asks the fake provider with a clock that is `late_s` wrong."""
    transport = Transport(environ={})
    clients = {}

    def ask(late_s=0.0, messages=MESSAGES, patch=None, **variables):
        if late_s not in clients:
            keys = Keys({**KEYS, **variables})
            clients[late_s] = Client(
                transport,
                authoriser(keys, transport, lambda: time.time() - late_s),
                locate=locator(keys),
                now_ms=lambda: int((time.time() - late_s) * 1000),
            )
        model = wirekit.model(API, {"baseUrl": provider.url, **(patch or {})})
        return list(clients[late_s].stream(model, messages, Options(), CancelToken()))

    yield ask
    transport.close()


def statuses(provider):
    return [request.status for request in provider.requests]


def test_a_right_clock(asked, provider):
    provider.reply("Hello there")
    events = asked()
    assert isinstance(events[-1], Done)
    assert events[-1].message["content"] == [{"type": "text", "text": "Hello there"}]
    assert statuses(provider) == [200]


@pytest.mark.parametrize("late_s", [3600, -3600, 100_000])
def test_a_wrong_clock_is_noticed_once(asked, provider, late_s):
    provider.reply("one", "two")
    assert [asked(late_s)[-1].message["content"][0]["text"] for _ in range(2)] == ["one", "two"]
    assert statuses(provider) == [403, 200, 200]


def test_a_refusal_with_a_wrong_clock_comes_through(asked, provider):
    provider.reply({"error": "denied"}, {"error": "denied"})
    last = asked(3600)[-1]
    assert isinstance(last, Failed)
    assert (last.error.kind, last.error.status) == ("auth", 403)
    assert "You don't have access to the model" in str(last.error)


def test_a_wrong_secret_is_not_tried_twice(asked, provider):
    provider.reply("never")
    last = asked(AWS_SECRET_ACCESS_KEY="other")[-1]
    assert (last.error.kind, last.error.code) == ("auth", "InvalidSignatureException")
    assert statuses(provider) == [403]


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("rate_limit", "rate_limit", "ThrottlingException"),
        ("overloaded", "overloaded", "ServiceUnavailableException"),
        ("server_error", "server", "InternalServerException"),
        ("model_error", "server", "ModelErrorException"),
        ("overflow", "context_overflow", "ValidationException"),
        ("quota", "quota", "ServiceQuotaExceededException"),
        ("content_filter", "content_filter", "ValidationException"),
        ("auth", "auth", "UnrecognizedClientException"),
        ("expired", "auth", "ExpiredTokenException"),
        ("denied", "auth", "AccessDeniedException"),
        ("not_found", "bad_request", "ResourceNotFoundException"),
    ],
)
def test_errors_are_classed_by_their_type(asked, provider, name, kind, code):
    provider.reply({"error": name})
    last = asked()[-1]
    assert isinstance(last, Failed)
    assert (last.error.kind, last.error.code) == (kind, code)
    assert SECRET_KEY not in str(last.error)
    assert "\n" not in str(last.error)


def test_a_model_that_answers_in_one_piece(asked, provider):
    call = {"name": "read", "arguments": {"path": "a"}, "id": "t1"}
    provider.reply({"text": "Reading", "calls": [call], "usage": {"input": 3, "output": 2}})
    system = {"role": "system", "content": "S", "toolsAdded": [TOOL]}
    last = asked(messages=[system, *MESSAGES], patch=LLAMA)[-1]
    assert provider.last.path.endswith("/converse")
    assert last.message["content"] == [
        {"type": "text", "text": "Reading"},
        {"type": "toolCall", "id": "t1", "name": "read", "arguments": {"path": "a"}},
    ]
    assert (last.message["stopReason"], last.message["usage"]["input"]) == ("toolUse", 3)


@pytest.mark.parametrize(
    ("patch", "fault"),
    [({}, "html-200"), ({}, "object-200"), ({}, "empty-200"), (LLAMA, "html-200")],
)
def test_what_is_no_answer(asked, provider, patch, fault):
    provider.fail(fault=fault, first=1)
    provider.reply("never")
    last = asked(messages=[{"role": "system", "toolsAdded": [TOOL]}, *MESSAGES], patch=patch)[-1]
    assert isinstance(last, Failed)
    assert last.error.kind in ("bad_request", "protocol", "unknown")
    assert last.message["content"] == []
