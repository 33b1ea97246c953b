"""The faults of the fake provider, as a client meets them on the wire."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time

import pytest

from tests.fakeclient import CHAT, CLAUDE, Client, RawClient, ask, heard, records, request_body
from tests.fakeprovider import ERRORS, NAMED, FakeProvider, Fault, Reply
from tests.fakeprovider.fault import fault_of
from tests.fakeprovider.script import Script

BOTH = pytest.mark.parametrize("api", [CHAT, CLAUDE])
CALL = {"name": "read", "arguments": {"path": "a.txt"}}


HARMLESS = [
    name
    for name, fault in NAMED.items()
    if not fault.is_spoiling
    and not name.startswith(("usage", "duplicate", "bad-utf8", "huge", "refuse", "no-last"))
]


@BOTH
@pytest.mark.parametrize("name", HARMLESS)
def test_unusual_ways_of_sending_say_the_same(provider, api, name):
    provider.use(Script([{"text": "A \U0001f388 b", "calls": [CALL]}], schedule=[{"fault": name}]))
    raw = ask(provider, api)[1]
    text = raw.removeprefix("\ufeff")
    data = "".join(json.dumps(record) for record in records(text))
    assert "call" in data or "tool_use" in data
    said, _, calls, _, ended = heard(api, text)
    said = said.encode("utf-16", "surrogatepass").decode("utf-16")
    assert (said, json.loads(calls[0]["arguments"]), ended) == (
        "A \U0001f388 b",
        CALL["arguments"],
        True,
    )
    marks = {"crlf": "\r\n", "cr": "\r", "bom": "\ufeff", "ids": "id: 3", "no-space": "data:{"}
    marks |= {"comments": ": keep-alive", "unknown-events": "future", "split-emoji": "\\ud83c"}
    assert marks.get(name, "") in raw


def end_of(fake, api, **fault):
    """How an answer ends for a client: the exception's name, or the body."""
    fake.use(Script(["one two three four five"], schedule=[{"fault": fault}]))
    try:
        return ask(fake, api)[1]
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__


@BOTH
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"end": "cut", "after_records": -1}, "IncompleteRead"),
        ({"end": "cut", "after_bytes": 100}, "IncompleteRead"),
        ({"end": "cut", "after_bytes": 0}, "IncompleteRead"),
        ({"end": "cut"}, "IncompleteRead"),
        ({"end": "reset", "after_records": 2}, "ConnectionResetError"),
        ({"end": "reset", "where": "headers"}, "ConnectionResetError"),
        ({"end": "cut", "where": "headers"}, "RemoteDisconnected"),
    ],
)
def test_answers_end_early(provider, api, fault, expected):
    assert end_of(provider, api, **fault) == expected
    provider.wait_for(lambda fake: fake.last.outcome)
    assert provider.last.outcome == fault["end"]


def test_a_cut_keeps_exactly_the_bytes_before_it(provider):
    provider.use(Script(["one two"], schedule=[{"fault": {"end": "cut", "after_bytes": 77}}]))
    with Client(provider, CHAT) as client:
        response = client.post(request_body())
        with pytest.raises(http.client.IncompleteRead) as caught:
            response.read()
    assert len(caught.value.partial) == 77
    assert caught.value.partial.startswith(b'data: {"id":"chatcmpl')


@BOTH
def test_a_stall_lasts_until_the_client_leaves(provider, api):
    provider.use(Script(["a b c"], schedule=[{"fault": "stall-mid-stream"}]))
    with RawClient(provider, api) as client:
        got = client.read(silence_s=0.05)
        assert b"data: " in got
        assert not got.endswith(b"0\r\n\r\n")
        assert provider.last.outcome == ""
    provider.wait_for(lambda fake: fake.last.outcome == "stalled")


def test_stopping_ends_a_stall_and_leaves_no_thread():
    before = set(threading.enumerate())
    fake = FakeProvider(Script(["a b"], schedule=[{"fault": "stall-before-headers"}])).start()
    failures = []

    def wait_for_answer():
        try:
            ask(fake, CHAT)
        except OSError as error:
            failures.append(error)

    waiting = threading.Thread(target=wait_for_answer)
    waiting.start()
    fake.wait_for_requests(1)
    fake.stop()
    waiting.join(5)
    assert failures
    assert set(threading.enumerate()) == before
    with socket.socket() as sock:
        assert sock.connect_ex(("127.0.0.1", fake.port)) != 0


@BOTH
def test_an_answer_can_be_held_and_released(provider, api):
    provider.reply({"text": "one two three", "fault": {"hold_after_records": 5}})
    with RawClient(provider, api) as client:
        first = client.read(silence_s=0.05)
        assert first.count(b"data: ") == 5 if api == CLAUDE else 4
        assert provider.last.outcome == ""
        provider.release()
        rest = client.read()
    assert rest.endswith(b"0\r\n\r\n")
    assert b"[DONE]" in rest or b"message_stop" in rest


def test_connections_are_refused_for_a_while(provider):
    provider.use(Script(["a", "b"]))
    provider.refuse()
    with pytest.raises(ConnectionRefusedError):
        ask(provider, CHAT)
    provider.accept()
    assert ask(provider, CHAT)[0] == 200
    provider.refuse(0.4)
    with pytest.raises(ConnectionRefusedError):
        ask(provider, CHAT)
    deadline = time.monotonic() + 5
    while True:
        try:
            assert ask(provider, CHAT)[0] == 200
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    provider.assert_requests(2)


def test_keep_alive_can_be_switched_off_aloud_or_silently(provider):
    provider.use(Script(["a"], after="repeat-last"))
    provider.fail(at=[3], fault="silent-close")
    client = Client(provider, CHAT)
    for _ in range(3):
        response = client.post(request_body())
        assert response.getheader("connection") == "keep-alive"
        response.read()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        client.post(request_body())
    client.http.close()
    provider.fail(**{"from": 4, "fault": "close"})
    response = client.post(request_body())
    assert (response.getheader("connection"), bool(response.read())) == ("close", True)
    client.http.close()
    assert [request.connection for request in provider.requests] == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("fault", "head", "body"),
    [
        ("http-1.0", b"HTTP/1.0 200 OK\r\n", b"\r\n\r\ndata: "),
        ("until-close", b"connection: close\r\n", b"\r\n\r\ndata: "),
        ("one-byte-chunks", b"transfer-encoding: chunked\r\n", b"\r\n1\r\nd\r\n1\r\na\r\n"),
        ("chunk-extension", b"transfer-encoding: chunked\r\n", b";fake=1\r\ndata: "),
        ("content-length", b"content-length: ", b"\r\n\r\ndata: "),
    ],
)
def test_framing_on_the_wire(provider, fault, head, body):
    provider.use(Script(["a"], schedule=[{"fault": [fault, {"headers": {"x-more": "1"}}]}]))
    with RawClient(provider, CHAT) as client:
        got = client.read()
    assert head in got
    assert body in got
    assert b"x-more: 1\r\n" in got
    assert (b"transfer-encoding" in got) == ("chunk" in fault)


@BOTH
@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("html-200", 200, "text/html; charset=utf-8"),
        ("html-502", 502, "text/html"),
        ("array-200", 200, "application/json"),
        ("wrong-content-type", 200, "text/plain"),
        ("empty-400", 400, "text/event-stream; charset=utf-8"),
    ],
)
def test_other_answers(provider, api, name, status, kind):
    provider.use(Script(["a"], schedule=[{"fault": name}]))
    with Client(provider, api) as client:
        response = client.post(request_body())
        assert (response.status, response.getheader("content-type")) == (status, kind)
        body = response.read().decode()
    expected = NAMED[name].body
    assert body == expected if expected is not None else body.startswith(("data", "event"))
    assert provider.last.status == status


@BOTH
def test_records_are_broken_as_asked(provider, api):
    def text_with(fault):
        provider.use(Script(["one two three"], schedule=[{"fault": fault}]))
        return ask(provider, api)[1]

    with pytest.raises(json.JSONDecodeError):
        records(text_with("corrupt-record"))
    assert [1] in records(text_with("not-object-record"))
    whole = heard(api, text_with({}))
    assert not heard(api, text_with("no-end-marker"))[4]
    assert "\ufffd" in text_with("bad-utf8")
    doubled = records(text_with({"edits": [["duplicate", 4 if api == CLAUDE else 2]]}))
    assert heard_again(api, doubled) == "one two two three"
    assert whole[0] == "one two three"
    huge = text_with({"edits": [["huge", 1, 100_000]]})
    assert max(len(line) for line in huge.split("\n")) > 100_000
    assert heard(api, huge)[0] == "one two three"


def heard_again(api, events):
    return heard(api, "".join(f"data: {json.dumps(event)}\n\n" for event in events))[0]


@BOTH
@pytest.mark.parametrize("fault", ["stream-error", "stream-server-error"])
def test_errors_inside_a_stream(provider, api, fault):
    provider.use(Script(["one two three four"], schedule=[{"fault": fault}]))
    status, text = ask(provider, api)
    last = records(text)[-1]
    assert (status, "error" in last) == (200, True)
    assert not heard(api, text.rpartition("\n\n")[0].rpartition("\n\n")[0] + "\n\n")[4]
    assert ("event: error" in text) == (api == CLAUDE)


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_vendor_errors_are_sent_as_they_stand(provider, name):
    error = ERRORS[name]
    provider.reply({"error": name, "headers": {"Retry-After": "7"}})
    with Client(provider, CHAT) as client:
        response = client.post(request_body())
        body = response.read()
    assert (response.status, response.getheader("retry-after")) == (error.status, "7")
    assert response.getheader("content-type") == error.content_type
    assert body == error.data
    sent = {header: response.getheader(header, "{missing}") for header, _ in error.headers}
    assert [header for header, value in sent.items() if "{" in value] == []


def test_own_errors_and_times_in_headers(provider):
    error = {"status": 418, "body": {"m": 1}, "headers": {"retry-after": "{http+60}"}}
    provider.reply({"error": error})
    with Client(provider, CHAT) as client:
        response = client.post(request_body())
        assert (response.status, json.loads(response.read())) == (418, {"m": 1})
    assert response.getheader("retry-after").endswith(" GMT")


def test_delays_are_kept(provider):
    fault = Fault(headers_delay_ms=30, delta_delay_ms=10)
    provider.reply(Reply(blocks=({"type": "text", "text": "a b"},), fault=fault))
    started = time.monotonic()
    assert heard(CHAT, ask(provider, CHAT)[1])[0] == "a b"
    assert time.monotonic() - started >= 0.03 + 3 * 0.01


def test_faults_add_up():
    both = fault_of(["crlf", {"edits": ["ids"], "http": "1.0"}, {"headers": {"a": "b"}}])
    assert both.edits == (("line-end", "\r\n"), ("ids",))
    assert (both.http, both.headers, both.end) == ("1.0", (("a", "b"),), "normal")
