"""The fake provider: what it renders, scripts and records, over real HTTP."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from tests.fakeclient import CHAT, CLAUDE, Client, ask, heard, records, request_body
from tests.fakeprovider import ERRORS, NAMED, FakeProvider, Fault, LocalServer, Reply, ScriptError
from tests.fakeprovider.agent import AGENTS
from tests.fakeprovider.formats import FORMATS
from tests.fakeprovider.local_server import SERVERS
from tests.fakeprovider.reply import MISREPORTS, pieces, reply_of
from tests.fakeprovider.script import Script, load, rule_of
from tests.launch import ROOT

BOTH = pytest.mark.parametrize("api", [CHAT, CLAUDE])
CALL = {"name": "read", "arguments": {"path": "a.txt"}}


# --- rendering -----------------------------------------------------------------------------------


@BOTH
def test_one_description_is_rendered_into_every_format(provider, api):
    provider.reply(
        {
            "thinking": "Hm, a \u201cfile\u201d",
            "text": "Reading \U0001f388\nnow",
            "calls": [{**CALL, "id": "id_1"}, {"name": "bash", "arguments": '{"broken": '}],
            "usage": {"input": 100, "output": 20, "cacheRead": 30, "reasoning": 5},
        }
    )
    status, text = ask(provider, api, stream_options={"include_usage": True})
    said, thought, calls, usage, ended = heard(api, text)
    assert (status, said, thought) == (200, "Reading \U0001f388\nnow", "Hm, a \u201cfile\u201d")
    assert [json.loads(calls[0]["arguments"]), calls[0]["id"]] == [CALL["arguments"], "id_1"]
    assert [calls[1]["name"], calls[1]["arguments"]] == ["bash", '{"broken": ']
    assert calls[1]["id"]
    assert ended
    numbers = [usage[key] for key in USAGE_KEYS[api]]
    assert numbers == ([130, 20] if api == CHAT else [100, 20])


USAGE_KEYS = {
    CHAT: ("prompt_tokens", "completion_tokens"),
    CLAUDE: ("input_tokens", "output_tokens"),
}


@BOTH
def test_without_streaming_the_answer_is_one_object(provider, api):
    provider.reply({"thinking": "t", "text": "Hello", "calls": [CALL]})
    status, text = ask(provider, api, stream=None)
    body = json.loads(text)
    assert status == 200
    if api == CHAT:
        message = body["choices"][0]["message"]
        assert message["content"] == "Hello"
        assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == CALL["arguments"]
        assert body["choices"][0]["finish_reason"] == "tool_calls"
    else:
        kinds = [block["type"] for block in body["content"]]
        assert kinds == ["thinking", "text", "tool_use"]
        assert body["content"][2]["input"] == CALL["arguments"]
        assert body["stop_reason"] == "tool_use"


def test_redacted_thinking_and_signatures_reach_the_stream(provider):
    blocks = [
        {"type": "thinking", "thinking": "a", "thinkingSignature": "SIG"},
        {"type": "thinking", "thinking": "", "redacted": True, "thinkingSignature": "BLOB"},
    ]
    provider.reply({"blocks": [*blocks, {"type": "text", "text": "x"}]})
    text = ask(provider, CLAUDE)[1]
    assert '{"type":"signature_delta","signature":"SIG"}' in text
    assert '{"type":"redacted_thinking","data":"BLOB"}' in text


def test_usage_of_chat_comes_only_when_asked_for(provider):
    provider.reply("a", "b")
    assert heard(CHAT, ask(provider, CHAT)[1])[3] is None
    assert heard(CHAT, ask(provider, CHAT, stream_options={"include_usage": True})[1])[3]


def test_dialects_put_reasoning_and_usage_elsewhere():
    dialect = {"reasoning": "reasoning_details", "usage_in": "x_groq"}
    with FakeProvider([{"thinking": "hm", "text": "a", "signature": "S"}], dialect=dialect) as fake:
        chunks = records(ask(fake, CHAT)[1])
    details = [
        detail
        for chunk in chunks
        for choice in chunk["choices"]
        for detail in choice["delta"].get("reasoning_details", ())
    ]
    assert [detail.get("text", detail.get("signature")) for detail in details] == ["hm", "S"]
    assert chunks[-1]["x_groq"]["usage"]["completion_tokens"] >= 1


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("words", ["a ", "bc  ", "\U0001f388"]),
        (0, ["a bc  \U0001f388"]),
        (3, ["a b", "c  ", "\U0001f388"]),
        ([1, 3], ["a", " bc", "  \U0001f388"]),
        (["a bc", "", "  \U0001f388"], ["a bc", "  \U0001f388"]),
        ("halves", ["a bc  \ud83c", "\udf88"]),
    ],
)
def test_text_is_split_as_asked(split, expected):
    assert pieces("a bc  \U0001f388", split) == expected
    assert pieces("", split if not isinstance(split, list) else 0) == []


def test_a_wrong_split_is_refused():
    with pytest.raises(ScriptError, match="do not add up"):
        pieces("abc", ["a", "b"])
    with pytest.raises(ScriptError, match="cannot split"):
        pieces("abc", "letters")


@BOTH
@pytest.mark.parametrize("kind", sorted(MISREPORTS))
def test_usage_can_be_misreported(provider, api, kind):
    provider.reply({"text": "a", "usage": kind})
    usage = heard(api, ask(provider, api, stream_options={"include_usage": True})[1])[3]
    if kind == "none":
        assert usage is None or "input_tokens" not in usage
        return
    value = usage[USAGE_KEYS[api][0]]
    checks = {
        "null": value is None,
        "negative": isinstance(value, int) and value < 0,
        "absurd": isinstance(value, int) and value > 10**17,
        "inconsistent": isinstance(value, int) and value > 1000,
        "text": isinstance(value, str),
        "fraction": isinstance(value, float),
    }
    assert checks[kind], value


# --- scripts -------------------------------------------------------------------------------------


@BOTH
def test_a_script_ends_with_a_refusal(provider, api):
    provider.reply("one")
    assert heard(api, ask(provider, api)[1])[0] == "one"
    status, text = ask(provider, api)
    assert (status, "no reply left" in text) == (400, True)
    assert provider.last.refusal
    with pytest.raises(AssertionError, match="refused"):
        provider.assert_requests(2)


@pytest.mark.parametrize(
    ("after", "expected"),
    [("repeat-last", ["a", "b", "b", "b"]), ("repeat", ["a", "b", "a", "b"])],
)
def test_a_script_can_go_on(after, expected):
    with FakeProvider(Script(["a", "b"], after=after)) as fake:
        assert [heard(CHAT, ask(fake, CHAT)[1])[0] for _ in expected] == expected


@BOTH
def test_a_schedule_fails_requests_without_using_replies(provider, api):
    provider.reply("one", "two")
    provider.fail(first=1, error="overloaded")
    provider.fail(at=[3], fault="no-end-marker")
    answers = [ask(provider, api) for _ in range(4)]
    assert [status for status, _ in answers] == [ERRORS[f"{VENDOR[api]}/overloaded"].status] + [
        200
    ] * 3
    assert heard(api, answers[1][1])[0::4] == ("one", True)
    assert heard(api, answers[2][1])[0::4] == ("two", False)
    assert heard(api, answers[3][1])[0::4] == ("two", True)
    provider.assert_requests(4)


VENDOR = {api: module.VENDOR for api, module in FORMATS.items()}


def test_rules_choose_by_number_model_and_format(provider):
    provider.use(Script(["a"], after="repeat-last"))
    provider.fail(every=2, model="m", error="server_error")
    provider.fail(**{"from": 4, "format": CLAUDE, "error": "overloaded"})
    codes = [ask(provider, api)[0] for api in (CHAT, CLAUDE, CHAT, CHAT, CLAUDE)]
    assert codes == [200, 500, 200, 500, 529]
    assert ask(provider, CHAT, model="other")[0] == 200


@BOTH
def test_a_loop_of_tool_calls_ends(provider, api):
    provider.use(
        {"agent": {"name": "tool_loop", "tool": "t", "arguments": {"n": "{turn}"}, "times": 2}}
    )
    messages = [{"role": "user", "content": "go"}]
    seen = []
    for _ in range(2):
        call = heard(api, ask(provider, api, messages=messages)[1])[2][0]
        seen.append(call["arguments"])
        messages += answered(api, call, "ok")
    assert seen == ['{"n":"1"}', '{"n":"2"}']
    assert heard(api, ask(provider, api, messages=messages)[1])[0] == "Done."
    assert provider.last.conversation.results_in_a_row == (
        ("x" + provider_id(api, 1), "ok"),
        ("x" + provider_id(api, 2), "ok"),
    )
    provider.assert_requests(3)


def provider_id(api, number):
    return f"call_fake{number}x0" if api == CHAT else f"toolu_fake{number}x0"


def answered(api, call, result):
    """An assistant message with a call, and its result; ids are changed, as clients may do."""
    call_id = "x" + call["id"]
    if api == CHAT:
        function = {"name": call["name"], "arguments": call["arguments"]}
        calls = [{"id": call_id, "type": "function", "function": function}]
        return [
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": call_id, "content": result},
        ]
    use = {"type": "tool_use", "id": call_id, "name": call["name"]}
    block = {"type": "tool_result", "tool_use_id": call_id, "content": result}
    return [
        {"role": "assistant", "content": [{**use, "input": json.loads(call["arguments"])}]},
        {"role": "user", "content": [block]},
    ]


@BOTH
def test_the_obedient_agent_does_what_the_prompt_says(provider, api):
    provider.use({"agent": "obey"})
    text = ask(provider, api, "think hm\nsay Hello\ncall bash {}")[1]
    said, thought, calls, _, _ = heard(api, text)
    assert (said, thought, calls[0]["name"]) == ("Hello", "hm", "bash")
    assert heard(api, ask(provider, api, "just text")[1])[0] == "just text"
    messages = [{"role": "user", "content": "call bash {}"}, *answered(api, calls[0], "output")]
    assert heard(api, ask(provider, api, messages=messages)[1])[0] == "output"
    assert ask(provider, api, "error auth")[0] == 401


def test_what_a_script_function_raises_is_raised_by_stop():
    fake = FakeProvider(lambda request: 1 / 0).start()
    status, text = ask(fake, CHAT)
    assert (status, "ZeroDivisionError" in text) == (500, True)
    with pytest.raises(ZeroDivisionError):
        fake.stop()


@pytest.mark.parametrize(
    ("description", "problem"),
    [
        ({"txt": "a"}, 'unknown key "txt"'),
        (5, "expected text or an object"),
        ({"calls": [{"arguments": {}}]}, 'needs a "name"'),
        ({"blocks": [{"type": "image"}]}, "a block's type"),
        ({"error": "openai/none"}, "unknown vendor error"),
        ({"fault": "none"}, 'unknown fault "none"'),
        ({"fault": {"end": "explode"}}, '"end" must be one of'),
        ({"fault": {"delta_delay_ms": "x"}}, "cannot be 'x'"),
        ({"fault": {"edits": ["fold"]}}, "unknown edit"),
        ({"fault": {"ends": "cut"}}, 'unknown fault field "ends"'),
    ],
)
def test_a_wrong_reply_is_explained(description, problem):
    with pytest.raises(ScriptError, match=problem) as caught:
        reply_of(description, "reply 3")
    assert str(caught.value).startswith("reply 3: ")


def test_a_script_file_is_read_and_its_mistakes_named(tmp_path):
    path = tmp_path / "script.json"
    path.write_text(
        '{"replies": ["a", {"text": "b"}], "schedule": [{"first": 1, "error": "auth"}]}'
    )
    assert load(path).left == 2
    for content, problem in [
        ("{", "script.json"),
        ("[3]", "reply 1"),
        ('{"agent": "none"}', "known agents are"),
        ('{"replys": []}', 'unknown key "replys"'),
        ('{"replies": [], "after": "x"}', '"after" must be one of'),
        ('{"schedule": [{"first": 1}]}', "schedule rule 1"),
    ]:
        path.write_text(content)
        with pytest.raises(ScriptError, match=problem):
            load(path)
    with pytest.raises(ScriptError, match="cannot read the script"):
        load(tmp_path / "none.json")
    with pytest.raises(ScriptError, match='unknown key "firts"'):
        rule_of({"firts": 1, "error": "auth"})


# --- recording -----------------------------------------------------------------------------------


def test_requests_are_recorded_with_masked_credentials(tmp_path):
    path = tmp_path / "requests.jsonl"
    with FakeProvider(["a", "b"], record=path) as fake:
        client = Client(fake, CLAUDE)
        client.post(request_body("one"), **{"x-api-key": "sk-secret-0123456789"}).read()
        client.post(request_body("two"), Authorization="Bearer tok-secret-98765").read()
        fake.wait_for(lambda f: f.requests[-1].outcome)
        client.http.close()
        first, second = fake.model_requests
        assert first.has_key("sk-secret-0123456789")
        assert not first.has_key("sk-secret")
        assert second.has_key("tok-secret-98765")
        assert [r.connection for r in fake.requests] == [1, 1]
        assert first.time_s <= second.time_s
        assert fake.dump() == path.read_text()
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert "secret" not in path.read_text()
    assert rows[0]["headers"]["x-api-key"] == "sk-s***"
    assert rows[1]["headers"]["authorization"] == "Bearer tok-***"
    assert [row["body"]["messages"][0]["content"] for row in rows] == ["one", "two"]
    assert rows[1]["outcome"] == "sent"


@BOTH
def test_a_conversation_reads_the_same_in_every_format(provider, api):
    provider.use(lambda request: "ok")
    system = {"system": "Be brief."} if api == CLAUDE else {}
    head = [] if api == CLAUDE else [{"role": "system", "content": "Be brief."}]
    call = {"id": "c1", "name": "read", "arguments": '{"a": 1}'}
    turns = [{"role": "user", "content": [{"type": "text", "text": "go"}]}]
    messages = head + turns + answered(api, call, "res")
    tool = {"name": "read", "input_schema": {"type": "object"}}
    if api == CHAT:
        tool = {"type": "function", "function": {"name": "read", "parameters": {"type": "object"}}}
    assert ask(provider, api, messages=messages, tools=[tool], **system)[0] == 200
    talk = provider.last.conversation
    assert (talk.system, talk.user_texts, talk.tools) == ("Be brief.", ["go"], ("read",))
    assert talk.results == talk.last_results == (("xc1", "res"),)
    assert [turn.calls[0][:2] for turn in talk.turns if turn.calls] == [("xc1", "read")]


def test_keys_can_be_demanded():
    with FakeProvider(["a"], keys={"sk-right-0123456789"}) as fake:
        client = Client(fake, CHAT)
        for key, status in (("wrong", 401), ("sk-right-0123456789", 200)):
            response = client.post(request_body(), Authorization=f"Bearer {key}")
            assert (response.status, bool(response.read())) == (status, True)
        client.http.close()


# --- what is not a model request -----------------------------------------------------------------


def get(fake, path, method="GET"):
    client = http.client.HTTPConnection("127.0.0.1", fake.port, timeout=10)
    client.request(method, path)
    response = client.getresponse()
    status, body = response.status, json.loads(response.read())
    client.close()
    return status, body


def test_models_are_listed_and_unknown_paths_are_not_found():
    with FakeProvider(models=["a", "b"]) as fake:
        status, body = get(fake, "/v1/models")
        assert (status, [row["id"] for row in body["data"]]) == (200, ["a", "b"])
        assert get(fake, "/api/tags")[0] == 404
        assert get(fake, "/v1/chat/completions")[0] == 404
        assert fake.model_requests == []


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_local_servers_tell_their_real_window(name):
    local = LocalServer(name, model="qwen", context=4096, trained=32768)
    with FakeProvider(local=local) as fake:
        answers = [get(fake, path, method) for method, path in SERVERS[name]]
    assert [status for status, _ in answers] == [200] * len(answers)
    text = json.dumps([body for _, body in answers])
    assert "4096" in text
    assert "qwen" in text


# --- a small product -----------------------------------------------------------------------------


def test_twenty_thousand_deltas_are_served_fast(provider):
    fault = Fault(records_per_send=64)
    block = {"type": "text", "text": "word " * 20_000}
    provider.reply(Reply(blocks=(block,), fault=fault))
    started = time.process_time()
    text = ask(provider, CHAT)[1]
    assert text.count("\ndata: ") == 20_000 + 2
    assert time.process_time() - started < 5  # 0.1 s when nothing else runs


def test_what_is_no_http_is_noted(provider):
    with socket.create_connection(("127.0.0.1", provider.port), 10) as sock:
        sock.sendall(b"nonsense\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 400 ")
    provider.wait_for(lambda fake: fake.problems)
    assert "not a request line" in provider.problems[0]
    with pytest.raises(AssertionError, match="still not so"):
        provider.wait_for_requests(1, timeout_s=0.01)


def test_chunked_requests_and_continue_are_understood(provider):
    provider.reply("ok")
    data = json.dumps(request_body("chunked")).encode()
    head = (
        b"POST /v1/chat/completions HTTP/1.1\r\ncontent-type: application/json\r\n"
        b"transfer-encoding: chunked\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", provider.port), 10) as sock:
        sock.sendall(head)
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"%x;a=b\r\n%b\r\n0\r\n\r\n" % (len(data), data))
        assert b"200 OK" in sock.recv(100)
    assert provider.last.conversation.last_user_text == "chunked"


def test_it_runs_by_hand(tmp_path):
    record = tmp_path / "requests.jsonl"
    words = ["--text", "Hello", "--first", "1", "--error", "overloaded", "--record", str(record)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakeprovider", *words, "--models-json", "--log"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        shown = json.JSONDecoder().raw_decode(_until(process.stdout, b"\n}\n"))[0]
        url = shown["providers"]["fake-openai"]["baseUrl"]
        assert url.endswith("/v1")
        address = type("Address", (), {"port": int(url.rpartition(":")[2].partition("/")[0])})
        assert [ask(address, CHAT)[0] for _ in range(2)] == [503, 200]
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out) == (0, b"")
    assert b"-> 503 sent" in err
    assert len(record.read_text().splitlines()) == 2


def _until(stream, end):
    got = b""
    while not got.endswith(end):
        line = stream.readline()
        assert line, got
        got += line
    return got.decode()


def test_its_command_line_explains_mistakes(tmp_path):
    def run(*words):
        command = [sys.executable, "-m", "tests.fakeprovider", *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)

    listed = run("--list")
    names = set(listed.stdout.split())
    assert {*NAMED, *ERRORS, *AGENTS, *FORMATS} <= names
    wrong = run(str(tmp_path / "none.json"))
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "cannot read the script" in wrong.stderr
