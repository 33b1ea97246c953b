"""Every wire format against the cases in `tests/wire`, and against what networks do to streams.

The cases are data; `tests/wirekit.py` says how to add some.
"""

from __future__ import annotations

import contextlib
import json

import pytest

from pi.errors import PiError
from pi.events import Done
from pi.providers import registry
from pi.providers.handover import prepare
from tests import wirefuzz, wirekit

FORMATS = wirekit.formats()
CONVERSATIONS = wirekit.files(wirekit.WIRE / "conversations")


def test_every_http_format_is_under_test():
    for api in registry.FORMATS:
        if not wirekit.exists(api) or hasattr(registry.load(api), "respond"):
            continue
        assert api in wirekit.FORMATS
        assert (wirekit.WIRE / api / "model.json").is_file()
        assert wirekit.cases(api, "requests")
        assert wirekit.cases(api, "streams")


# --- requests ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("api", "path"), wirekit.each("requests"))
def test_request(api, path):
    case = wirekit.load(path)
    target = wirekit.model(api, case.get("model"))
    context = case.get("context") or wirekit.conversation(case["conversation"], target)["context"]
    request = wirekit.encode(target, context, **case.get("options", {}))
    expected = case["expect"]
    assert request.body.decode("utf-8") == wirekit.dumps(expected["body"])
    for field in expected.keys() - {"body"}:
        assert getattr(request, field) == expected[field]


@pytest.mark.parametrize("api", FORMATS)
@pytest.mark.parametrize("path", CONVERSATIONS)
def test_every_block_of_a_conversation_is_sent(api, path):
    target, case = _conversation(api, path)
    request = wirekit.encode(target, case["context"], **case.get("options", {}))
    body = wirekit.body_of(request)
    missing = [text for text in wirekit.needles(case["context"]) if not wirekit.holds(body, text)]
    assert missing == []
    assert not [text for text in case.get("absent", ()) if wirekit.holds(body, text)]


@pytest.mark.parametrize("api", FORMATS)
@pytest.mark.parametrize("path", CONVERSATIONS)
def test_a_longer_conversation_keeps_the_prefix(api, path):
    """What was sent before is sent again in the same way, or prompt caches are lost."""
    target, case = _conversation(api, path)
    messages = case["context"]["messages"]
    options = {**case.get("options", {}), "cache": "none"}
    bodies = []
    for size in range(1, len(messages) + 1):
        context = {**case["context"], "messages": messages[:size]}
        body = wirekit.body_of(wirekit.encode(target, context, **options))
        bodies.append(body.get("messages") or body.get("contents") or body.get("input"))
    answered = [
        (short, long)
        for short, long, message in zip(bodies, bodies[1:], messages[1:], strict=False)
        if short and message["role"] == "assistant"
    ]
    for short, long in answered:
        assert long[: len(short)] == short


@pytest.mark.parametrize("api", FORMATS)
@pytest.mark.parametrize("path", CONVERSATIONS)
def test_a_damaged_conversation_is_sent_or_refused_cleanly(api, path):
    target, case = _conversation(api, path)
    messages = case["context"]["messages"]
    for at, message in enumerate(messages):
        variants = wirefuzz.damaged({**message, "role": "user"})
        for damaged in wirefuzz.sampled(variants, 60, seed=at):
            if not isinstance(damaged, dict):
                continue
            odd = [*messages[:at], {**damaged, "role": message["role"]}, *messages[at + 1 :]]
            _encode_or_refuse(target, {**case["context"], "messages": odd})


@pytest.mark.parametrize("api", FORMATS)
def test_damaged_tools_are_sent_or_refused_cleanly(api):
    target, case = _conversation(api, wirekit.WIRE / "conversations" / "tools.json")
    tools = case["context"]["tools"]
    for damaged in wirefuzz.damaged(tools[0]):
        if isinstance(damaged, dict):
            odd = [{**damaged, "name": "read"}, *tools[1:]]
            _encode_or_refuse(target, {**case["context"], "tools": odd})


def _conversation(api, path):
    target = wirekit.model(api, wirekit.load(path).get("model"))
    return target, wirekit.conversation(path.stem, target)


def _encode_or_refuse(target, context):
    """Encode as the client does, hand-over and all."""
    prepared = prepare([_declaration(context), *context["messages"]], target)
    plain = {"system": prepared.system, "tools": prepared.tools, "messages": prepared.messages}
    with contextlib.suppress(PiError):  # a refusal says why; anything else is a crash
        wirekit.encode(target, plain)


def _declaration(context):
    return {"role": "system", "content": context["system"], "toolsAdded": context["tools"]}


# --- streams -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("api", "path"), wirekit.each("streams"))
def test_stream(api, path):
    case, data, target = wirekit.stream(api, path)
    outcome = wirekit.decode_bytes(api, [data], target)
    wirekit.check_outcome(case, outcome)


@pytest.mark.parametrize(("api", "path"), wirekit.each("streams"))
def test_stream_arrives_in_pieces(api, path):
    _, data, target = wirekit.stream(api, path)
    _replay_in_pieces(api, data, target)


@pytest.mark.parametrize(("api", "path"), wirekit.each("streams"))
def test_stream_is_cut(api, path):
    _, data, target = wirekit.stream(api, path)
    _cut_everywhere(api, data, target)


@pytest.mark.parametrize(("api", "path"), wirekit.each("streams"))
def test_stream_with_a_damaged_record(api, path):
    _, data, target = wirekit.stream(api, path)
    for damaged in wirekit.damaged_streams(api, data, most=150):
        wirekit.decode_bytes(api, [damaged], target)


def _replay_in_pieces(api, data, target):
    whole = wirekit.decode_bytes(api, [data], target)
    for chunks in wirefuzz.splits(data, seed=len(data)):
        wirekit.same_result(wirekit.decode_bytes(api, chunks, target), whole)
    if wirekit.FORMATS[api].framing == "sse":
        crlf = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        wirekit.same_result(wirekit.decode_bytes(api, [crlf], target), whole)


def _cut_everywhere(api, data, target):
    """A cut before the end mark must fail; no cut may do anything but fail or be complete."""
    ends = wirefuzz.boundaries(wirekit.FORMATS[api].framing, data)
    places = sorted({0, *ends, *wirefuzz.sampled(range(len(data)), 60, seed=len(data))})
    failures = 0
    for place in places:
        outcome = wirekit.decode_bytes(api, [data[:place]], target)
        failures += outcome.error is not None
        if outcome.error is None:
            assert wirekit.is_complete(api, data[:place]), f"cut after {place} bytes was accepted"
    assert failures, "no cut was noticed"


# --- recordings of real services -----------------------------------------------------------------


@pytest.mark.parametrize("api", FORMATS)
def test_recordings_arrive_in_pieces(api):
    for recording in wirekit.recordings(api):
        _replay_in_pieces(api, wirekit.body_bytes(recording), _recorded(api, recording))


@pytest.mark.parametrize("api", FORMATS)
def test_recordings_are_cut(api):
    for recording in wirekit.recordings(api):
        _cut_everywhere(api, wirekit.body_bytes(recording), _recorded(api, recording))


@pytest.mark.parametrize("api", FORMATS)
def test_recordings_can_be_replayed_to_the_model(api):
    """An answer a real service gave goes back to it with all that it held."""
    for recording in wirekit.recordings(api):
        target = _recorded(api, recording)
        outcome = wirekit.decode_bytes(api, [wirekit.body_bytes(recording)], target)
        if outcome.error is not None:
            continue
        assert isinstance(outcome.events[-1], Done)
        message = json.loads(json.dumps(outcome.message))
        results = [
            {
                "role": "toolResult",
                "toolCallId": block["id"],
                "toolName": block["name"],
                "content": [{"type": "text", "text": "done"}],
                "isError": False,
                "timestamp": 3,
            }
            for block in message["content"]
            if block["type"] == "toolCall"
        ]
        follow = {"role": "user", "content": [{"type": "text", "text": "go on"}], "timestamp": 4}
        history = [{**follow, "timestamp": 1}, message, *results, follow]
        context = {"system": "", "tools": [], "messages": history}
        body = wirekit.body_of(wirekit.encode(target, context))
        missing = [text for text in wirekit.needles(context) if not wirekit.holds(body, text)]
        assert missing == [], recording["name"]


def _recorded(api, recording):
    return wirekit.model(api, {"id": recording["model"], "reasoning": True})
