"""The fake provider's Responses formats: what they render, and what they refuse."""

from __future__ import annotations

import http.client
import json

import pytest

from tests.fakeclient import records
from tests.fakeprovider import FakeProvider
from tests.fakeprovider.formats import FORMATS, of_path
from tests.fakeprovider.refusal import RefusedError
from tests.fakeprovider.request import Request

RESPONSES, AZURE = "openai-responses", "azure-openai-responses"
CODEX = "openai-codex-responses"
HEADERS = {"content-type": "application/json", "api-key": "k", "chatgpt-account-id": "a"}
PATHS = {
    RESPONSES: "/v1/responses",
    AZURE: "/openai/v1/responses?api-version=v1",
    CODEX: "/backend-api/codex/responses",
}
USER = {"role": "user", "content": [{"type": "input_text", "text": "hi"}]}
CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "read",
    "arguments": "{}",
}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "ok"}
SEALED = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VhbGVk"}
SAID = {
    "type": "message",
    "role": "assistant",
    "id": "msg_1",
    "content": [{"type": "output_text", "text": "a"}],
}
TOOL = {"type": "function", "name": "read", "parameters": {"type": "object", "properties": {}}}
CUSTOM = {
    "type": "custom",
    "name": "calc",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: NUMBER"},
}


def body(*items, **more):
    given = {"model": "m", "stream": True, "store": False, "instructions": "Be brief."}
    return {**given, "input": list(items or (USER,)), **more}


def ask(fake, api, sent):
    connection = http.client.HTTPConnection("127.0.0.1", fake.port, timeout=10)
    try:
        connection.request("POST", PATHS[api], json.dumps(sent), HEADERS)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("api", PATHS)
def test_a_path_belongs_to_one_format(api):
    found = of_path("POST", PATHS[api].partition("?")[0])
    assert found is FORMATS[api]


@pytest.mark.parametrize("api", PATHS)
def test_an_answer_is_rendered(provider, api):
    call = {"name": "read", "arguments": {"path": "a"}}
    usage = {"input": 100, "output": 20, "cacheRead": 30, "reasoning": 5}
    provider.reply({"thinking": "Hm", "text": "One two", "calls": [call], "usage": usage})
    status, text = ask(provider, api, body(tools=[TOOL]))
    events = records(text)
    assert status == 200
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    deltas = [event["delta"] for event in events if event["type"].endswith("delta")]
    assert deltas == ["Hm", "One ", "two", '{"path":"a"}']
    last = events[-1]
    assert last["type"] == "response.completed"
    output = last["response"]["output"]
    assert [item["type"] for item in output] == ["reasoning", "message", "function_call"]
    assert [item["id"].partition("_")[0] for item in output] == ["rs", "msg", "fc"]
    assert last["response"]["usage"]["input_tokens"] == 130
    assert last["response"]["usage"]["output_tokens_details"] == {"reasoning_tokens": 5}


def test_dialects():
    dialect = {"index": "none", "ids": "change", "phase": "commentary", "reasoning": "text"}
    with FakeProvider([{"thinking": "t", "text": "a"}], dialect=dialect) as fake:
        events = records(ask(fake, RESPONSES, body())[1])
    assert not [event for event in events if "output_index" in event]
    names = {event["item_id"] for event in events if "item_id" in event}
    assert len(names) == len([event for event in events if "item_id" in event])
    output = events[-1]["response"]["output"]
    assert output[0]["content"][0]["text"] == "t"
    assert "encrypted_content" not in output[0]
    assert output[1]["phase"] == "commentary"


def test_a_cut_answer_and_a_grammar_call(provider):
    call = {"name": "calc", "arguments": "1+1"}
    provider.reply({"calls": [call], "stop": "length"})
    last = records(ask(provider, RESPONSES, body(tools=[CUSTOM]))[1])[-1]
    assert last["type"] == "response.incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    assert last["response"]["output"][0]["input"] == "1+1"


def test_without_streaming_the_answer_is_one_object(provider):
    provider.reply("Hello")
    answer = json.loads(ask(provider, RESPONSES, body(stream=False))[1])
    assert answer["output"][0]["content"][0]["text"] == "Hello"


def test_an_error_inside_the_stream(provider):
    provider.reply({"text": "a b c", "fault": {"stream_error": "server_error", "after_records": 4}})
    last = records(ask(provider, RESPONSES, body())[1])[-1]
    assert (last["type"], bool(last["message"])) == ("error", True)


def test_a_request_is_read():
    image = {"type": "input_image", "image_url": "data:image/png;base64,QQ=="}
    items = [
        {"role": "developer", "content": "More."},
        {"role": "user", "content": [*USER["content"], image]},
        SEALED,
        SAID,
        CALL,
        {**OUTPUT, "output": [{"type": "input_text", "text": "seen"}, image]},
    ]
    read = FORMATS[RESPONSES].read(body(*items, tools=[TOOL, CUSTOM]))
    assert (read.system, read.tools) == ("Be brief.\nMore.", ("read", "calc"))
    assert [turn.role for turn in read.turns] == ["user", "assistant", "assistant", "tool"]
    assert [turn.images for turn in read.turns] == [1, 0, 0, 1]
    assert read.turns[2].calls == (("call_1", "read", "{}"),)
    assert read.results == (("call_1", "seen"),)


def problem(api, sent, query="api-version=v1", headers=None):
    target = f"/x?{query}"
    given = HEADERS if headers is None else {"content-type": "application/json", **headers}
    try:
        FORMATS[api].check(Request(("POST", target, given), json.dumps(sent).encode()))
    except RefusedError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("api", PATHS)
@pytest.mark.parametrize(
    "sent",
    [
        body(),
        body(USER, SEALED, SAID, USER),
        body(USER, SEALED, CALL, OUTPUT),
        body(USER, CALL, {**CALL, "call_id": "call_2"}, {**OUTPUT, "call_id": "call_2"}, OUTPUT),
        body({"type": "additional_tools", "role": "developer", "tools": [TOOL]}, USER),
        body(tools=[TOOL, CUSTOM], include=["reasoning.encrypted_content"]),
        body(USER, {"type": "configuration_update", "reasoning": {"effort": "low"}}),
    ],
)
def test_good_requests_pass(api, sent):
    assert problem(api, sent) == ""


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([{"role": "robot", "content": "x"}], "Invalid value: 'robot'"),
        ([{"role": "user", "content": [{"type": "text", "text": "x"}]}], "Invalid value: 'text'"),
        ([{"type": "hologram"}], "Invalid value: 'hologram'"),
        ([USER, {**CALL, "id": "xx_1"}, OUTPUT], "begins with 'fc'"),
        ([USER, {**CALL, "id": "fc" + "z" * 63}, OUTPUT], "string too long"),
        ([USER, {**CALL, "call_id": "c" * 65}], "string too long"),
        ([USER, {**CALL, "arguments": {}}, OUTPUT], "expected a string"),
        ([USER, CALL], "No tool output found for function call call_1"),
        ([USER, OUTPUT], "No tool call found"),
        ([USER, CALL, OUTPUT, OUTPUT], "No tool call found"),
        ([USER, CALL, OUTPUT, CALL, OUTPUT], "Duplicate call_id"),
        ([USER, SEALED, USER], "required following item"),
        ([USER, SEALED], "required following item"),
        ([USER, {**SEALED, "encrypted_content": None}, SAID], "Items are not persisted"),
        ([USER, {**SAID, "content": []}], "Invalid type"),
    ],
)
def test_bad_items_are_refused(items, why):
    assert why in problem(RESPONSES, body(*items))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model": ""}, "'model'"),
        ({"input": []}, "'input'"),
        ({"max_output_tokens": 5}, ">= 16"),
        ({"include": ["everything"]}, "everything"),
        ({"prompt_cache_key": "k" * 65}, "string too long"),
        ({"tools": [TOOL, TOOL]}, "Duplicate tool"),
        ({"tools": [{**TOOL, "type": "widget"}]}, "widget"),
        ({"tools": [{**TOOL, "parameters": {}}]}, "Invalid schema"),
        ({"tools": [{**TOOL, "strict": True}]}, "additionalProperties"),
        ({"tools": [{**CUSTOM, "format": {"type": "grammar"}}]}, "definition"),
    ],
)
def test_bad_requests_are_refused(change, why):
    assert why in problem(RESPONSES, body(**change))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"store": True}, "Store must"),
        ({"stream": False}, "Stream must"),
        ({"instructions": ""}, "Instructions"),
        ({"max_output_tokens": 100}, "max_output_tokens"),
    ],
)
def test_the_chatgpt_service_has_rules_of_its_own(change, why):
    assert why in problem(CODEX, body(**change))


def test_headers_and_addresses_are_checked():
    assert problem(CODEX, body(), headers={}) == "Unauthorized"
    assert "api-version" in problem(AZURE, body(), query="")
    assert "api-key" in problem(AZURE, body(), headers={})
