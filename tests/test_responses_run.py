"""The program with the three Responses formats: whole runs against the strict fake provider."""

from __future__ import annotations

import base64
import json
from contextlib import closing

import pytest

from pi.cancel import CancelToken
from pi.client import Client
from pi.request import Options
from pi.transport import Transport
from tests.fakeprovider import models_config
from tests.fakeprovider.client_config import ACCOUNT, KEY, TOKEN, sign_in_token

PROVIDERS = ("fake-responses", "fake-azure", "fake-codex")
EACH = pytest.mark.parametrize("name", PROVIDERS)
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
READ = {"name": "read", "arguments": {"path": "picture.png"}}


def items(request, *kinds):
    """The items of some types in a request's input."""
    return [item for item in request.body["input"] if item.get("type", "message") in kinds]


def no_refusals(provider):
    return [request.refusal for request in provider.requests if request.refusal] == []


@EACH
def test_a_run_with_thinking_a_tool_and_images(run_pi, provider, agent_home, name):
    agent_home.write("models.json", models_config(provider, input=["text", "image"]))
    (agent_home.project / "picture.png").write_bytes(PIXEL)
    provider.reply(
        {"thinking": "Let me look.", "text": "Looking.", "calls": [READ], "dialect": PHASE},
        {"thinking": "A dot.", "text": "It is a \U0001f388 dot.", "split": "halves"},
    )
    model = ("--model", f"{name}/fake-think", "--thinking", "high")
    done = run_pi(*model, "-p", "@picture.png", "What is it?")
    assert (done.code, done.stdout, done.stderr) == (0, "It is a \U0001f388 dot.\n", "")
    assert no_refusals(provider)
    first, second = provider.model_requests
    assert first.conversation.turns[0].images == 1
    assert first.body["store"] is False
    assert first.body["include"] == ["reasoning.encrypted_content"]
    assert first.body["reasoning"] == {"effort": "high", "summary": "auto"}
    (thought,) = items(second, "reasoning")
    assert thought["summary"][0]["text"] == "Let me look."
    assert thought["encrypted_content"]
    said = [item for item in items(second, "message") if item.get("role") == "assistant"]
    assert [item["phase"] for item in said] == ["commentary"]
    (call,), (result,) = items(second, "function_call"), items(second, "function_call_output")
    assert call["call_id"] == result["call_id"]
    assert call["id"].startswith("fc_")
    assert [part["type"] for part in result["output"]][-1] == "input_image"


PHASE = {"phase": "commentary"}


@EACH
def test_what_the_service_may_do_to_a_stream(run_pi, provider, name):
    provider.reply(
        {
            "thinking": "t",
            "text": "Hm.",
            "calls": [{"name": "bash", "arguments": {"command": "echo one"}}],
            "dialect": {"ids": "change"},
            "fault": "crlf",
        },
        {"text": "Done.", "dialect": {"deltas": False}},
    )
    done = run_pi("--model", f"{name}/fake-1", "-p", "hi")
    assert (done.code, done.stdout) == (0, "Done.\n"), done.stderr
    assert no_refusals(provider)
    assert provider.last.conversation.last_results[0][1] == "one\n"


def test_the_ways_of_a_key(run_pi, provider):
    provider.reply("a", "b", "c")
    for name in PROVIDERS:
        assert run_pi("--model", f"{name}/fake-1", "-p", "hi").code == 0
    plain, azure, codex = provider.model_requests
    assert plain.headers["authorization"] == f"Bearer {KEY}"
    assert azure.headers["api-key"] == KEY
    assert "authorization" not in azure.headers
    assert azure.query == "api-version=v1"
    assert codex.headers["authorization"] == f"Bearer {TOKEN}"
    assert codex.headers["chatgpt-account-id"] == ACCOUNT
    assert codex.headers["originator"] == "pi"
    session = codex.headers["session-id"]
    assert codex.body["prompt_cache_key"] == session == codex.headers["x-client-request-id"]


def test_a_stored_sign_in_is_used(run_pi, provider, agent_home):
    token = sign_in_token("account-7")
    entry = {"type": "oauth", "access": token, "refresh": "r", "expires": 4_000_000_000_000}
    agent_home.write("auth.json", {"openai-codex": {**entry, "accountId": "account-7"}})
    config = {"providers": {"openai-codex": {"baseUrl": provider.base_url(CODEX)}}}
    agent_home.write("models.json", config)
    provider.reply("ok")
    done = run_pi("--model", "openai-codex/gpt-6-sol", "-p", "hi")
    assert (done.code, done.stdout) == (0, "ok\n")
    assert provider.last.headers["authorization"] == f"Bearer {token}"
    assert provider.last.headers["chatgpt-account-id"] == "account-7"


CODEX = "openai-codex-responses"


def test_a_key_that_is_no_sign_in_is_not_sent(run_pi, provider):
    done = run_pi("--model", "fake-codex/fake-1", "--api-key", "sk-plain", "-p", "hi")
    assert done.code != 0
    assert "ChatGPT sign-in" in done.stderr
    assert provider.model_requests == []


def test_azure_is_found_by_its_variables(run_pi, provider, agent_home):
    (agent_home.agent / "models.json").unlink()
    provider.reply("one", "two")
    address = f"http://127.0.0.1:{provider.port}/openai/v1"
    env = {
        "AZURE_OPENAI_API_KEY": "k",
        "AZURE_OPENAI_BASE_URL": f"{address}/",
        "AZURE_OPENAI_API_VERSION": "preview",
        "AZURE_OPENAI_DEPLOYMENT_NAME_MAP": "gpt-5.4=ours,deepseek-v4-pro=deep",
    }
    assert run_pi("--model", "azure/gpt-5.4", "-p", "hi", env=env).stdout == "one\n"
    assert (provider.last.body["model"], provider.last.query) == ("ours", "api-version=preview")
    assert run_pi("--model", "azure/deepseek-v4-pro", "-p", "hi", env=env).stdout == "two\n"
    assert (provider.last.body["model"], provider.last.query) == ("deep", "")
    assert provider.last.path == "/openai/v1/chat/completions"


def test_azure_without_an_address_says_what_to_set(run_pi, agent_home):
    (agent_home.agent / "models.json").unlink()
    env = {"AZURE_OPENAI_API_KEY": "k"}
    done = run_pi("--model", "azure/gpt-5.4", "-p", "hi", env=env)
    assert done.code != 0
    assert "AZURE_OPENAI_BASE_URL" in done.stderr


OTHERS = ("fake-openai", "fake-anthropic")


@pytest.mark.parametrize("other", OTHERS)
@EACH
def test_a_conversation_goes_there_and_back(run_pi, provider, agent_home, name, other):
    """A history with thinking and calls from one service is taken by the other, and back again."""
    agent_home.write("models.json", models_config(provider, input=["text", "image"]))
    call = {"name": "bash", "arguments": {"command": "echo one"}, "id": "call_1"}
    turn = {"thinking": "I think.", "text": "Running.", "calls": [call]}
    for _ in range(3):
        provider.reply(turn, "Ran.")
    for at, service in enumerate((other, name, other)):
        go_on = ["-c"] if at else []
        model = ("--model", f"{service}/fake-think", "--thinking", "low")
        done = run_pi(*go_on, *model, "-p", f"turn {at}")
        assert (done.code, done.stdout) == (0, "Ran.\n"), done.stderr
    assert no_refusals(provider)
    there, back = provider.model_requests[2], provider.model_requests[4]
    for request, count in ((there, 1), (back, 2)):
        results = request.conversation.results
        called = [call_id for turn in request.conversation.turns for call_id, *_ in turn.calls]
        assert [text for _, text in results] == ["one\n"] * count
        assert len(set(called)) == count
        assert called == [call_id for call_id, _ in results]
    assert items(there, "reasoning") == []  # sealed by nobody this service knows
    assert "call_1|" not in json.dumps(back.body)


def test_a_grammar_tool_added_on_the_way_is_called_by_its_own_parameter(provider):
    """The client tells the decoder of tools that were declared after the start."""
    parameters = {"type": "object", "properties": {"code": {"type": "string"}}}
    grammar = {"type": "grammar", "variants": {"openai_lark": "start: NUMBER"}}
    tool = {"name": "calc", "parameters": {**parameters, "required": ["code"]}}
    messages = [
        {"role": "system", "content": "Be brief.", "timestamp": 1},
        {"role": "user", "content": "hi", "timestamp": 2},
        {
            "role": "system",
            "content": "",
            "toolsAdded": [{**tool, "constrainedSampling": grammar}],
            "timestamp": 3,
        },
    ]
    switches = ("OpenAIGrammarTools", "MidConvoSystemMessages", "AdditionalTools")
    model = {
        "provider": "fake",
        "id": "m",
        "api": "openai-responses",
        "baseUrl": provider.base_url("openai-responses"),
        "compat": {f"supports{name}": True for name in switches},
    }
    provider.reply({"calls": [{"name": "calc", "arguments": '1 "+" 1'}]})
    with closing(Transport(environ={})) as transport:
        client = Client(transport, lambda request, *_: request)
        *_, last = client.stream(model, messages, Options(), CancelToken())
    assert no_refusals(provider)
    assert last.message["stopReason"] == "toolUse"
    assert last.message["content"][0]["arguments"] == {"code": '1 "+" 1'}
