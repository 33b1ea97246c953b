"""What is not a case in `tests/wire/openai-responses/streams`: tables, hostility, recordings."""

from __future__ import annotations

import time

import pytest

from pi.cost import pricer
from pi.providers import registry
from pi.providers.draft import Draft
from tests import wirekit
from tests.wirekit import TIMESTAMP

API, AZURE, CODEX = "openai-responses", "azure-openai-responses", "openai-codex-responses"
MESSAGE = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "read", "arguments": ""}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": []}
GRAMMAR = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "calc"}
CALC = {
    "name": "calc",
    "parameters": {
        "type": "object",
        "properties": {"code": {"type": "string"}},
        "required": ["code"],
    },
    "constrainedSampling": {"type": "grammar", "variants": {"openai_lark": "start: NUMBER"}},
}


def added(item, index=0):
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(item, index=0):
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def said(text, index=0, name="msg_1"):
    place = {"output_index": index, "item_id": name, "content_index": 0}
    return {"type": "response.output_text.delta", **place, "delta": text}


def ended(kind="completed", **fields):
    return {"type": f"response.{kind}", "response": {"status": kind, **fields}}


def outcome(*sequence, api=API, model=None):
    chunks = [wirekit.sse(record, record["type"]) for record in sequence]
    return wirekit.decode_bytes(api, chunks, wirekit.model(api, model))


def decoded(*sequence, tools=(), **model):
    """The final message, with tools and prices as the client gives them."""
    target = wirekit.model(API, model)
    draft = Draft(target, TIMESTAMP, pricer(target))
    draft.tools = list(tools)
    chunks = [wirekit.sse(record) for record in sequence]
    events = list(registry.load(API).decode(wirekit.records("sse", chunks), draft))
    return events, events[-1].message


@pytest.mark.parametrize(
    ("kind", "status", "reason", "stop"),
    [
        ("completed", "completed", None, "stop"),
        ("completed", None, None, "stop"),
        ("completed", "in_progress", None, "stop"),
        ("incomplete", "completed", None, "stop"),
        ("incomplete", "incomplete", "max_output_tokens", "length"),
        ("completed", "incomplete", "max_output_tokens", "length"),
        ("incomplete", None, "max_tokens", "length"),
    ],
)
def test_ends(kind, status, reason, stop):
    details = {"incomplete_details": {"reason": reason}} if reason else {}
    message = outcome(added(MESSAGE), said("a"), ended(kind, **details, status=status)).message
    assert message["stopReason"] == stop
    assert message["rawStopReason"] == (f"incomplete.{reason}" if reason else status or kind)


@pytest.mark.parametrize(
    ("response", "kind", "says"),
    [
        ({"error": {"code": "rate_limit_exceeded", "message": "slow"}}, "rate_limit", "slow"),
        ({"error": {"code": "context_length_exceeded"}}, "context_overflow", "context_length"),
        ({"error": "boom", "status": "weird"}, "unknown", "boom"),
        ({"incomplete_details": {"reason": "content_filter"}}, "content_filter", "content_filter"),
        ({}, "server", "failed"),
        ({"status": "cancelled"}, "server", "cancelled"),
    ],
)
def test_failures(response, kind, says):
    result = outcome(ended("failed", **response))
    assert result.error.kind == kind
    assert says in str(result.error)
    assert result.message["stopReason"] == "error"


def test_a_failed_answer_was_paid_for():
    usage = {"input_tokens": 10, "output_tokens": 5}
    assert outcome(ended("failed", usage=usage)).message["usage"]["totalTokens"] == 15


@pytest.mark.parametrize(("api", "is_end"), [(API, False), (AZURE, False), (CODEX, True)])
def test_response_done_ends_the_answers_of_one_service_only(api, is_end):
    last = {"type": "response.done", "response": {"status": "completed"}}
    result = outcome(added(MESSAGE), said("a"), last, api=api)
    assert (result.error is None) == is_end
    assert is_end or result.error.kind == "protocol"


@pytest.mark.parametrize(
    ("api", "tier", "factor"),
    [
        (API, "priority", 2),
        (API, "flex", 0.5),
        (API, "default", 1),
        (API, None, 1),
        (CODEX, "flex", 0.5),
        (AZURE, "priority", 1),
    ],
)
def test_a_tier_changes_what_an_answer_costs(api, tier, factor):
    target = wirekit.model(api)
    draft = Draft(target, TIMESTAMP, pricer(target))
    usage = {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100}
    last = wirekit.sse(ended(usage=usage, service_tier=tier))
    events = list(registry.load(api).decode(wirekit.records("sse", [last]), draft))
    expected = (1000 * 1 + 100 * 2) / 1e6 * factor
    assert events[-1].message["usage"]["cost"]["total"] == pytest.approx(expected)


def test_a_grammar_call_fills_the_one_parameter_of_its_tool():
    pieces = [
        {"type": "response.custom_tool_call_input.delta", "item_id": "ctc_1", "delta": delta}
        for delta in ('1 "', "\ud83c", "\udf88\n+ 1")
    ]
    whole = '1 "\U0001f388\n+ 1'
    final = done({**GRAMMAR, "input": whole})
    _, message = decoded(added(GRAMMAR), *pieces, final, ended(), tools=[CALC])
    assert message["content"][0]["arguments"] == {"code": whole}
    _, again = decoded(final, ended(), tools=[CALC])
    assert again["content"] == message["content"]


def test_a_grammar_call_is_what_its_item_says_at_last():
    piece = {"type": "response.custom_tool_call_input.delta", "item_id": "ctc_1", "delta": "1+"}
    final = done({**GRAMMAR, "input": "2"})
    _, message = decoded(added(GRAMMAR), piece, final, ended(), tools=[CALC])
    assert message["content"][0]["arguments"] == {"code": "2"}


@pytest.mark.parametrize("arguments", [{"path": "a"}, '{"path":"a"}'])
def test_arguments_may_come_as_an_object(arguments):
    message = outcome(done({**CALL, "arguments": arguments}), ended()).message
    assert message["content"][0]["arguments"] == {"path": "a"}


def test_first_arguments_in_the_added_item_are_not_lost():
    piece = {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "delta": '":"a"}'}
    first = added({**CALL, "arguments": '{"path'})
    message = outcome(first, piece, done({**CALL, "arguments": '{"path":"a"}'}), ended()).message
    assert message["content"][0]["arguments"] == {"path": "a"}


def test_a_name_that_comes_late():
    late = {**CALL, "namespace": "ns", "arguments": "{}"}
    message = outcome(added({**CALL, "name": None}), done(late), ended()).message
    assert message["content"][0] == {
        "type": "toolCall",
        "id": "call_1|fc_1",
        "name": "read",
        "namespace": "ns",
        "arguments": {},
    }


def test_thoughts_and_their_summary_are_kept_apart():
    place = {"output_index": 0, "item_id": "rs_1"}
    raw = {"type": "response.reasoning_text.delta", **place, "content_index": 0, "delta": "raw"}
    short = {"type": "response.reasoning_summary_text.delta", **place, "summary_index": 0}
    result = outcome(added(REASONING), raw, {**short, "delta": "short"}, done(REASONING), ended())
    assert result.message["content"][0]["thinking"] == "raw\n\nshort"


def test_a_delta_of_another_kind_is_not_taken():
    wrong = {**said("x"), "item_id": "fc_1"}
    message = outcome(added(CALL), wrong, done({**CALL, "arguments": "{}"}), ended()).message
    assert message["content"][0]["arguments"] == {}


def test_items_that_share_an_index_and_have_no_ids():
    nameless = {key: value for key, value in MESSAGE.items() if key != "id"}
    words = {"type": "response.output_text.delta", "output_index": 0, "delta": "a"}
    result = outcome(added(nameless), words, added(nameless), {**words, "delta": "b"}, ended())
    assert [block["text"] for block in result.message["content"]] == ["a", "b"]


def test_the_cost_of_many_items_is_linear():
    """Thousands of items that are opened, side by side, and then closed."""
    count = 4000
    items = [{**MESSAGE, "id": f"msg_{number}"} for number in range(count)]
    sequence = [added(item, number) for number, item in enumerate(items)]
    sequence += [said("a", number, f"msg_{number}") for number in range(count)]
    sequence += [done(item, number) for number, item in enumerate(items)]
    began = time.process_time()
    _, message = decoded(*sequence, ended())
    assert len(message["content"]) == count
    assert time.process_time() - began < 5, "a few hundred ms where it is linear"


def recorded(name):
    (found,) = [each for each in wirekit.recordings(API) if each["name"] == name]
    target = wirekit.model(API, {"id": found["model"], "reasoning": True})
    return wirekit.decode_bytes(API, [wirekit.body_bytes(found)], target)


@pytest.mark.parametrize(
    ("name", "kinds", "stop"),
    [
        ("responses-text", ["text"], "stop"),
        ("responses-phase-tool", ["thinking", "text", "toolCall"], "toolUse"),
        ("responses-phase-final", ["text"], "stop"),
        ("openrouter-responses-raw-cot", ["thinking", "text"], "stop"),
    ],
)
def test_recordings_of_real_services(name, kinds, stop):
    message = recorded(name).message
    assert [block["type"] for block in message["content"]] == kinds
    assert (message["stopReason"], message["rawStopReason"]) == (stop, "completed")
    assert message["usage"]["totalTokens"] > 0
    for block in message["content"]:
        if block["type"] == "text":
            assert '"v":1,"id":"msg_' in block["textSignature"]


def test_a_recorded_call_with_its_phase_and_seal():
    thought, words, call = recorded("responses-phase-tool").message["content"]
    assert '"encrypted_content":"gAAAAA' in thought["thinkingSignature"]
    assert words["textSignature"].endswith('"phase":"commentary"}')
    assert words["text"] == "I\u2019ll check the capital lookup tool for \u201cPotatoLand.\u201d"
    assert call["arguments"] == {"country": "PotatoLand"}
    assert call["id"].startswith("call_LabG58Uhrq9kZvR52BYKjToD|fc_")


def test_recorded_thoughts_that_are_not_sealed():
    thought, words = recorded("openrouter-responses-raw-cot").message["content"]
    assert thought["thinking"].startswith('The user asks: "What is 2+2?"')
    assert words["text"] == "4"
