"""The test kit of the wire formats: cases as data, replays and cuts of streams, fuzzing.

`tests/test_wire_formats.py` runs everything below over every format that has a row in `FORMATS`
of `tests/wireformat.py` and a folder `tests/wire/<format>/`. A new format needs no test code for
that, only data:

1.  A row in `FORMATS`: which record ends a stream, and a thinking signature it would replay.
2.  `model.json`: the model all its cases start from. A case's `"model"` is merged over it (objects
    such as `compat` key by key, null removes a key).
3.  `requests/NAME.json`, context -> exact request:

        {"note": "what the case is about",
         "model": {"compat": {"supportsStore": false}},         optional
         "options": {"thinking": "high", "session_id": "s1"},   optional, fields of request.Options
         "context": {"system": "Be brief.", "tools": [...], "messages": [...]},
                    or the name of a common conversation: "conversation": "tool_history"
         "expect": {"url": "...", "auth": "bearer", "headers": {...}, "body": {...}}}

    `body` is compared as bytes, so its key order counts; of `url`, `auth`, `headers` only those
    that are given. Write expectations by hand from the vendor's reference, or from a request the
    reference program really sent; never paste our own output without reading it.
4.  `streams/NAME.sse` (the raw bytes; `.bin` for other framings) with `streams/NAME.json`:

        {"note": "...",
         "events": [["start"], ["text_start", 0], ["text_delta", 0, "Hi"], ["text_end", 0],
                    ["done"]],
         "message": {"content": [...], "usage": {...}, "stopReason": "stop", "rawStopReason": ...},
         "error": {"kind": "server", "says": "overloaded"}}

    `events` may be left out (long recordings); so may keys of `message`, but `content` and
    `stopReason` are good to have. A stream that must fail has `error` (and then `message` is what
    was kept); `says` is a part of the error's line. Events are written
    [kind_start, index] (tool calls: [toolcall_start, index, id, name]), [kind_delta, index, text],
    [kind_end, index], [done]; a failed stream has no last event.
    A case may have "model" (merged over model.json) too.

Common conversations are `tests/wire/conversations/NAME.json`: `{"note", "context", "options"?,
"model"?, "absent"?: [texts that must not be sent]}`. They run against every format. Assistant
messages in them that name no `api` are given the target's own api, provider and model; the
thinkingSignature "$signature" becomes the one in the format's row.

To use the kit in a format's own tests (`tests/wirefuzz.py` has the mangling of bytes and JSON):

    from tests import wirekit

    model = wirekit.model("anthropic-messages", {"reasoning": True})
    request = wirekit.encode(model, {"system": "", "tools": [], "messages": [...]}, thinking="high")
    wirekit.body_of(request)                    the body as a dict
    outcome = wirekit.decode_bytes("anthropic-messages", [b"event: ...", ...], model)
    outcome.message, outcome.error, outcome.events, wirekit.spelled(outcome.events)
    wirekit.sse({"type": "ping"}, event="ping") one SSE record as bytes

Recordings of real services are read from the shared data folder (env PI_TEST_SHARED, or `shared`
beside the repository); tests that need them skip when it is absent.
"""

from __future__ import annotations

import json
import os
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path

import pytest

from pi import eventstream
from pi.errors import ProviderError
from pi.events import BlockDelta, BlockEnd, BlockStart, Done, Start
from pi.providers import registry
from pi.providers.draft import Draft
from pi.request import Context, Options, Request
from pi.sse import parse
from pi.text.unicode import clean
from pi.value import Value
from tests.fakeprovider.eventframe import framed
from tests.wireformat import FORMATS
from tests.wirefuzz import damaged_records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

ROOT = Path(__file__).resolve().parent
WIRE = ROOT / "wire"
TIMESTAMP = 1_700_000_000_000


def formats() -> list[str]:
    """The formats under test: those with a row here, a module and a folder of cases."""
    return [api for api in FORMATS if exists(api) and (WIRE / api / "model.json").is_file()]


def exists(api: str) -> bool:
    """Whether the module of a registered format is there."""
    return find_spec(registry.FORMATS[api]) is not None


# --- cases ---------------------------------------------------------------------------------------


def merged(base: Any, patch: Any) -> Any:
    """`patch` over `base`: objects key by key, null removes, everything else replaces."""
    if not isinstance(base, dict) or not isinstance(patch, dict):
        return deepcopy(patch)
    result = {key: deepcopy(value) for key, value in base.items() if patch.get(key, 0) is not None}
    for key, value in patch.items():
        if value is not None:
            result[key] = merged(base.get(key), value)
    return result


def model(api: str, patch: dict[str, Any] | None = None) -> dict[str, Any]:
    """The format's test model with `patch` merged over it."""
    return merged(load(WIRE / api / "model.json"), patch or {})


def load(path: Path) -> Any:
    """A JSON file of the kit."""
    return json.loads(path.read_text(encoding="utf-8"))


def files(folder: Path, suffix: str = ".json") -> list[Any]:
    """The files of a folder as pytest parameters, named by their stem."""
    return [pytest.param(path, id=path.stem) for path in sorted(folder.glob(f"*{suffix}"))]


def cases(api: str, folder: str) -> list[Path]:
    """The case files of a format, `requests` or `streams`."""
    return sorted((WIRE / api / folder).glob("*.json"))


def each(folder: str) -> list[Any]:
    """(format, file) parameters for `tests/wire/<format>/<folder>/*.json` of all formats."""
    return [
        pytest.param(api, path, id=f"{api}-{path.stem}")
        for api in formats()
        for path in cases(api, folder)
    ]


def conversation(name: str, target: dict[str, Any]) -> dict[str, Any]:
    """A common conversation, made the target model's own (see the module's head)."""
    case = load(WIRE / "conversations" / f"{name}.json")
    for message in case["context"]["messages"]:
        if message.get("role") == "assistant" and "api" not in message:
            message.update(api=target["api"], provider=target["provider"], model=target["id"])
        content = message.get("content")
        for block in content if isinstance(content, list) else ():
            if isinstance(block, dict) and block.get("thinkingSignature") == "$signature":
                words = dumps(block["thinking"])[1:-1]
                signature = FORMATS[target["api"]].signature.replace("$thinking", words)
                block["thinkingSignature"] = signature
    return case


def shared() -> Path | None:
    """The shared data folder, if there is one."""
    named = os.environ.get("PI_TEST_SHARED")
    folder = Path(named) if named else ROOT.parent.parent / "shared"
    return folder if folder.is_dir() else None


def recordings(api: str) -> list[dict[str, Any]]:
    """The recordings of real services of a format; skips the test when they are absent."""
    folder = shared()
    path = folder and folder / "data" / "wire-recordings" / "recordings.jsonl"
    if path is None or not path.is_file():
        pytest.skip("no recordings: the shared data folder is absent (set PI_TEST_SHARED)")
    lines = path.read_text(encoding="utf-8").split("\n")
    found = [json.loads(line) for line in lines if line]
    return [recording for recording in found if recording["protocol"] == api]


def body_bytes(recording: dict[str, Any]) -> bytes:
    """The answer's body, byte for byte."""
    if "base64" in recording:
        import base64  # noqa: PLC0415 - only binary recordings need it

        return base64.b64decode(recording["base64"])
    return recording["text"].encode("utf-8")


# --- requests ------------------------------------------------------------------------------------


def encode(target: dict[str, Any], context: dict[str, Any], **options: Any) -> Request:
    """Encode a context given as JSON; checks that nothing was changed and twice gives the same."""
    module = registry.load(target["api"])
    value = Context(
        context.get("system", ""), context.get("tools", []), context.get("messages", [])
    )
    before = deepcopy((target, context, options))
    request = module.encode(target, value, Options(**options))
    assert module.encode(target, value, Options(**options)) == request, "not deterministic"
    assert (target, context, options) == before, "encode changed its input"
    check_request(request)
    return request


def check_request(request: Request) -> None:
    """What holds for every request of every format."""
    scheme, _, rest = request.url.partition("://")
    assert scheme in ("http", "https")
    assert "//" not in rest
    for name, value in request.headers.items():
        assert isinstance(value, str), name
        assert name == name.lower(), name
        assert value.isprintable(), name
    assert not {"authorization", "x-api-key", "api-key"} & request.headers.keys()
    assert request.headers.get("content-type") == "application/json"
    assert dumps(body_of(request)) == request.body.decode("utf-8"), "body is not compact JSON"


def body_of(request: Request) -> dict[str, Any]:
    """The body as a dict. Fails on duplicate keys and on NaN."""
    return json.loads(
        request.body, object_pairs_hook=_unique, parse_constant=lambda name: pytest.fail(name)
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs), f"duplicate key in {[key for key, _ in pairs]}"
    return dict(pairs)


def dumps(value: Any) -> str:
    """Compact JSON as bodies have it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def strings_in(value: Any) -> Iterator[str]:
    """All strings of a JSON value, also of JSON that is a string in it (call arguments)."""
    if isinstance(value, str):
        yield value
        if value[:1] in "{[":
            try:
                yield from strings_in(json.loads(value))
            except ValueError:
                return
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)


def needles(context: dict[str, Any]) -> Iterator[str]:
    """The texts of a conversation that every request for it must hold."""
    yield from filter(None, [context.get("system", "")])
    for tool in context.get("tools", []):
        yield from (tool["name"], tool["description"])
    for message in context["messages"]:
        content = message.get("content")
        for block in content if isinstance(content, list) else [content]:
            yield from _block_needles(block)


def _block_needles(block: Any) -> Iterator[str]:
    if isinstance(block, str):
        yield block.strip()
    if not isinstance(block, dict):
        return
    if block.get("type") == "text" and isinstance(block.get("text"), str):
        yield block["text"].strip()
    elif block.get("type") == "image":
        yield block["data"]
    elif block.get("type") == "thinking" and block.get("thinkingSignature"):
        yield block["thinkingSignature" if block.get("redacted") else "thinking"].strip()
    elif block.get("type") == "toolCall":
        yield block["name"]
        yield from strings_in(block["arguments"])


def holds(body: dict[str, Any], needle: str) -> bool:
    """Whether a text is somewhere in a body, lone surrogates apart."""
    return any(clean(needle) in text for text in strings_in(body))


# --- streams -------------------------------------------------------------------------------------


class Outcome(Value):
    """What decoding gave: all events, the error if it failed, and the draft."""

    events: list[Any]
    error: ProviderError | None
    draft: Draft

    @property
    def message(self) -> dict[str, Any]:
        """The final message: that of `Done`, or what a failure keeps."""
        if self.error is not None:
            return self.draft.failed(self.error).message
        return self.events[-1].message


def decode_bytes(
    api: str, chunks: Iterable[bytes], target: dict[str, Any] | None = None
) -> Outcome:
    """Decode raw chunks through the framing and the format, and check what always holds.

    Only ProviderError is expected; anything else is the test's failure.
    """
    target = target or model(api)
    draft = Draft(target, TIMESTAMP)
    events: list[Any] = []
    error = None
    try:
        for event in registry.load(api).decode(records(FORMATS[api].framing, chunks), draft):
            events.append(event)  # noqa: PERF402 - what came before an error counts
    except ProviderError as raised:
        error = raised
    outcome = Outcome(events, error, draft)
    check_events(outcome)
    return outcome


def records(framing: str, chunks: Iterable[bytes]) -> Iterator[tuple[str | None, str]]:
    """Records as the transport gives them."""
    if framing == "sse":
        return parse(chunks)
    if framing == "aws-event-stream":
        return eventstream.parse(chunks)
    if framing == "json":
        return iter([(None, b"".join(chunks).decode("utf-8", "replace"))])
    raise AssertionError(f"the kit does not know the framing {framing}")


def sse(value: Any, event: str | None = None) -> bytes:
    """One SSE record; a string is sent as it is, everything else as JSON."""
    data = value if isinstance(value, str) else json.dumps(value)
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {data}\n\n".encode()


def stream(api: str, path: Path) -> tuple[dict[str, Any], bytes, dict[str, Any]]:
    """A stream case: (what is expected, the raw bytes, the model)."""
    case = load(path)
    data = next(path.parent.glob(f"{path.stem}.[!j]*")).read_bytes()
    return case, data, model(api, case.get("model"))


def check_outcome(case: dict[str, Any], outcome: Outcome) -> None:
    """Assert that decoding gave what a stream case expects."""
    expected_error = case.get("error")
    assert (outcome.error is None) == (expected_error is None), outcome.error
    if expected_error is not None:
        assert outcome.error.kind == expected_error["kind"]
        assert expected_error["says"] in str(outcome.error)
    if "events" in case:
        assert spelled(outcome.events) == case["events"]
    message = outcome.message
    for key, value in case["message"].items():
        assert message.get(key) == value, key
    assert {"content", "stopReason"} <= case["message"].keys()


def damaged_streams(api: str, data: bytes, most: int) -> list[bytes]:
    """Versions of a stream with one node of one record's JSON replaced or removed."""
    framing = FORMATS[api].framing
    try:
        found = list(records(framing, [data]))
    except ProviderError:
        return []  # broken as it is
    write = {"sse": lambda event, text: sse(text, event), "aws-event-stream": framed}[framing]
    return [
        b"".join(write(head, text if framing == "sse" else text.encode()) for head, text in changed)
        for changed in damaged_records(found, most)
    ]


def check_events(outcome: Outcome) -> None:
    """What holds for every stream: one start, blocks in order and balanced, one end."""
    events = outcome.events
    assert sum(isinstance(event, Done) for event in events) == (outcome.error is None)
    if outcome.error is None:
        assert isinstance(events[-1], Done)
        assert outcome.draft.open_blocks() == []
    else:
        line = str(outcome.error)
        assert line.strip(), "an error must say something"
        assert "\n" not in line, "an error is one line"
    if events:
        assert isinstance(events[0], Start)
    texts: dict[int, list[str]] = {}
    ended: dict[int, BlockEnd] = {}
    for event in events[1:]:
        match event:
            case BlockStart(index, kind):
                assert index == len(texts), "indices are contiguous"
                assert kind in ("text", "thinking", "toolCall")
                texts[index] = []
            case BlockDelta(index, kind, text):
                assert index in texts
                assert index not in ended
                text.encode()
                texts[index].append(text)
            case BlockEnd(index, kind, block):
                assert index in texts
                assert index not in ended
                assert block["type"] == kind
                ended[index] = event
            case Done():
                assert ended.keys() == texts.keys(), "every block is ended"
            case _:
                raise AssertionError(f"unexpected {event!r}")
    _check_blocks(outcome.message, texts, ended)


def _check_blocks(
    message: dict[str, Any], texts: dict[int, list[str]], ended: dict[int, BlockEnd]
) -> None:
    assert len(message["content"]) == len(texts)
    for index, parts in texts.items():
        block = message["content"][index]
        if index in ended:
            assert ended[index].block == block
        if block["type"] in ("text", "thinking"):
            assert block[block["type"]].startswith("".join(parts))
        else:
            assert isinstance(block["arguments"], dict)
            assert block["id"]
    json.dumps(message, allow_nan=False)
    dumps(message).encode("utf-8")


_OUTSIDE = {"text": "text", "thinking": "thinking", "toolCall": "toolcall"}


def spelled(events: list[Any]) -> list[list[Any]]:
    """Events as the stream cases write them."""
    result: list[list[Any]] = []
    for event in events:
        match event:
            case Start():
                result.append(["start"])
            case BlockStart(index, "toolCall", call_id, name):
                result.append(["toolcall_start", index, call_id, name])
            case BlockStart(index, kind):
                result.append([f"{_OUTSIDE[kind]}_start", index])
            case BlockDelta(index, kind, text):
                result.append([f"{_OUTSIDE[kind]}_delta", index, text])
            case BlockEnd(index, kind):
                result.append([f"{_OUTSIDE[kind]}_end", index])
            case Done():
                result.append(["done"])
    return result


def same_result(one: Outcome, other: Outcome) -> None:
    """Assert that two decodings gave the same events, message and error."""
    assert spelled(one.events) == spelled(other.events)
    assert one.message == other.message
    assert str(one.error) == str(other.error)


def is_complete(api: str, data: bytes) -> bool:
    """Whether these bytes hold the record that ends the stream."""
    rule = FORMATS[api]
    return any(rule.is_end(event, text) for event, text in records(rule.framing, [data]))
