"""Chat Completions beyond the cases in `tests/wire/openai-completions`."""

from __future__ import annotations

import json

import pytest

from pi.errors import Cancelled, ProviderError
from pi.events import BlockDelta, BlockEnd
from pi.providers import openai_completions
from pi.providers.draft import Draft
from pi.providers.openai_messages import BRIDGE, IMAGES_OF_TOOLS
from tests import wirekit

API = "openai-completions"
READ = {"name": "read", "description": "Read.", "parameters": {"type": "object", "properties": {}}}
LOOK = {**READ, "name": "look"}


def user(text, **more):
    return {"role": "user", "content": [{"type": "text", "text": text}], "timestamp": 1, **more}


def answer(*blocks):
    return {"role": "assistant", "content": list(blocks), "stopReason": "stop", "timestamp": 2}


def encode(messages, model=None, tools=(), **options):
    context = {"system": "S", "tools": list(tools), "messages": messages}
    return wirekit.encode(wirekit.model(API, model), context, **options)


def sent(messages, model=None, tools=(), **options):
    return wirekit.body_of(encode(messages, model, tools, **options))


def decode(*records, model=None, tools=()):
    draft = Draft(wirekit.model(API, model), wirekit.TIMESTAMP)
    draft.tools = list(tools)
    texts = [record if isinstance(record, str) else json.dumps(record) for record in records]
    events = openai_completions.decode(((None, text) for text in texts), draft)
    return list(events), draft


def chunk(reason=None, **delta):
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "c1", "model": "m1", "choices": [choice]}


# --- where to ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://a.example/v1", "https://a.example/v1/chat/completions"),
        ("https://a.example/v1//", "https://a.example/v1/chat/completions"),
        ("https://a.example", "https://a.example/chat/completions"),
        (" http://localhost:8080/v1 ", "http://localhost:8080/v1/chat/completions"),
        ("https://a.example/v1/chat/completions", "https://a.example/v1/chat/completions"),
        ("https://a.example/v1/?v=2", "https://a.example/v1/chat/completions?v=2"),
    ],
)
def test_url(base, url):
    assert encode([user("hi")], {"baseUrl": base}).url == url


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("", r'provider "mock" has no base URL .* set its "baseUrl"'),
        (" ", r'provider "mock" has no base URL .* set its "baseUrl"'),
        ("a.example/v1", r'of provider "mock" must begin with http:// .* its "baseUrl"'),
        ("ftp://a.example", r'of provider "mock" must begin with http:// .* its "baseUrl"'),
    ],
)
def test_a_model_without_url_is_refused_with_the_remedy(base, said):
    with pytest.raises(ProviderError, match=said) as caught:
        encode([user("hi")], {"baseUrl": base})
    assert caught.value.kind == "bad_request"


def test_a_session_id_cannot_break_a_header():
    compat = {"compat": {"sendSessionAffinityHeaders": True}}
    request = encode([user("hi")], compat, session_id="a\r\nx: é")
    assert request.headers["x-session-affinity"] == "a__x:__"


# --- in the middle of a conversation -------------------------------------------------------------

LATER = {
    "role": "system",
    "content": "Speak French.",
    "sections": {"rules": "<rules>new</rules>", "docs": None},
    "toolsAdded": [LOOK],
    "timestamp": 3,
}


def test_a_later_system_message_stands_where_it_was_said():
    body = sent([user("a"), LATER, user("b")], {"reasoning": True}, [READ, LOOK])
    roles = [message["role"] for message in body["messages"]]
    assert roles == ["developer", "user", "developer", "user"]
    said = body["messages"][2]["content"]
    assert said.startswith("Speak French.\n\n")
    assert '"rules"' in said
    assert "<rules>new</rules>" in said
    assert '"docs"' in said.rpartition("\n\n")[2]
    assert [tool["function"]["name"] for tool in body["tools"]] == ["read", "look"]


def test_a_tool_added_later_is_declared_there_if_the_model_takes_it():
    model = {"compat": {"supportsMidConvoToolAdditions": True, "supportsStrictMode": True}}
    body = sent([user("a"), LATER, user("b")], model, [READ, LOOK])
    assert [tool["function"]["name"] for tool in body["tools"]] == ["read"]
    added, said = body["messages"][2:4]
    assert added["role"] == said["role"] == "system"
    assert [tool["function"]["name"] for tool in added["tools"]] == ["look"]
    assert added["tools"][0]["function"]["strict"] is False


def test_a_tool_that_was_changed_since_is_declared_at_the_start():
    model = {"compat": {"supportsMidConvoToolAdditions": True}}
    changed = {**LOOK, "description": "Look closely."}
    body = sent([user("a"), LATER, user("b")], model, [READ, changed])
    assert [tool["function"]["description"] for tool in body["tools"]] == ["Read.", "Look closely."]
    assert all("tools" not in message for message in body["messages"])


def test_system_text_after_results_waits_for_their_images():
    image = {"type": "image", "data": "aGk=", "mimeType": "image/png"}
    call = {"type": "toolCall", "id": "c", "name": "read", "arguments": {}}
    result = {"role": "toolResult", "toolCallId": "c", "toolName": "read", "content": [image]}
    body = sent([user("a"), answer(call), result, LATER, user("b")], tools=[READ])
    assert [message["role"] for message in body["messages"]] == [
        *("system", "user", "assistant", "tool", "user", "system", "user")
    ]
    assert body["messages"][4]["content"][0]["text"] == IMAGES_OF_TOOLS


def test_no_bridge_where_the_assistant_speaks_anyway():
    model = {"compat": {"requiresAssistantAfterToolResult": True}}
    call = {"type": "toolCall", "id": "c", "name": "read", "arguments": {}}
    result = {
        "role": "toolResult",
        "toolCallId": "c",
        "content": [{"type": "text", "text": "out"}],
    }
    body = sent([user("a"), answer(call), result, answer({"type": "text", "text": "ok"})], model)
    assert not wirekit.holds(body, BRIDGE)
    assert body["messages"][2]["content"] == ""


# --- odd input -----------------------------------------------------------------------------------


def test_numbers_json_does_not_have_become_null():
    call = {"type": "toolCall", "id": "c", "name": "n", "arguments": {"a": [1e999, {"b": -1e999}]}}
    arguments = sent([answer(call)])["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(arguments) == {"a": [None, {"b": None}]}


def test_a_tool_that_insists_is_refused_where_strict_is_unsupported():
    wish = {"type": "json_schema", "strict": "require"}
    tool = {**READ, "constrainedSampling": wish}
    with pytest.raises(ProviderError, match='tool "read" insists') as caught:
        encode([user("a")], tools=[tool])
    assert caught.value.kind == "bad_request"
    strict = {"compat": {"supportsStrictMode": True}}
    assert sent([user("a")], strict, [tool])["tools"][0]["function"]["strict"] is True
    tool["parameters"] = {"type": "object", "additionalProperties": True}
    with pytest.raises(ProviderError, match="further properties"):
        encode([user("a")], strict, [tool])


# --- grammar tools -------------------------------------------------------------------------------

GRAMMAR = {"type": "grammar", "variants": {"openai_lark": " ", "openai_regex": "a+"}}
SQL = {
    **READ,
    "name": "sql",
    "parameters": {
        "type": "object",
        "properties": {"query": {"type": "string"}, "note": {"type": "string"}},
        "required": ["query"],
    },
    "constrainedSampling": GRAMMAR,
}
GRAMMARS = {"compat": {"supportsOpenAIGrammarTools": True}}


def test_a_grammar_call_fills_the_parameter_of_its_tool():
    first = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "sql", "input": 'x"'}}
    events, draft = decode(chunk(tool_calls=[first]), chunk("tool_calls"), tools=[SQL])
    assert draft.message("toolUse")["content"][0]["arguments"] == {"query": 'x"'}
    text = "".join(event.text for event in events if isinstance(event, BlockDelta))
    assert text == wirekit.dumps({"query": 'x"'})


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": {"type": "object", "properties": {}}},
        {"parameters": {"type": "object", "properties": {"n": {}}, "required": ["n"]}},
        {"constrainedSampling": {"type": "grammar", "variants": {}}},
        {"constrainedSampling": {"type": "grammar"}},
    ],
)
def test_a_tool_that_does_not_fit_a_grammar_is_a_function(change):
    assert sent([user("a")], GRAMMARS, [{**SQL, **change}])["tools"][0]["type"] == "function"


def test_a_grammar_call_of_the_history_goes_back_as_text():
    def history(arguments):
        call = {"type": "toolCall", "id": "c", "name": "sql", "arguments": arguments}
        return sent([answer(call)], GRAMMARS, [SQL])["messages"][1]["tool_calls"][0]

    assert history({"query": "aaa"})["custom"] == {"name": "sql", "input": "aaa"}
    assert history({"other": 1})["custom"]["input"] == '{"other":1}'


# --- answers -------------------------------------------------------------------------------------

NO_REASON = {"compat": {"supportsFinishReason": False}}
CALL = {"index": 0, "id": "a", "function": {"name": "read", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("records", "stop"),
    [
        ([chunk(content="x"), "[DONE]"], "stop"),
        ([chunk(content="x")], "stop"),
        ([], "stop"),
        ([chunk(tool_calls=[CALL])], "toolUse"),
        ([chunk("length", content="x")], "length"),
    ],
)
def test_a_service_without_finish_reasons(records, stop):
    events, _ = decode(*records, model=NO_REASON)
    assert events[-1].message["stopReason"] == stop
    assert events[-1].message.get("rawStopReason") == ("length" if stop == "length" else None)


def test_a_call_with_an_id_already_used_gets_another():
    pieces = [{**CALL, "index": 0}, {**CALL, "index": 1}]
    _, draft = decode(chunk(tool_calls=pieces), chunk("tool_calls"))
    ids = [block["id"] for block in draft.message("toolUse")["content"]]
    assert ids[0] == "a"
    assert ids[1].startswith("call_")


def test_made_up_ids_differ_between_answers_and_agree_on_replay():
    def made(answer_id):
        first = {**chunk(tool_calls=[{**CALL, "id": None}]), "id": answer_id}
        _, draft = decode(first, chunk("tool_calls"))
        return draft.message("toolUse")["content"][0]["id"]

    assert made("c1") == made("c1") != made("c2")


def test_a_call_that_never_gets_a_name_is_kept_if_it_has_an_id():
    _, draft = decode(chunk(tool_calls=[{"index": 0, "id": "a"}]), chunk("tool_calls"))
    assert draft.message("toolUse")["content"] == [
        {"type": "toolCall", "id": "a", "name": "", "arguments": {}}
    ]
    _, draft = decode(chunk(tool_calls=[{"index": 0}]), chunk("stop"))
    assert draft.message("stop")["content"] == []


def test_a_cut_answer_keeps_what_came():
    draft = Draft(wirekit.model(API), 0)
    records = [(None, json.dumps(chunk(reasoning_content="a"))), (None, '{"cho')]
    with pytest.raises(ProviderError, match="not JSON") as caught:
        list(openai_completions.decode(records, draft))
    assert caught.value.kind == "protocol"
    assert draft.failed(caught.value).message["content"][0]["thinking"] == "a"


def test_usage_is_replaced_and_not_changed():
    draft = Draft(wirekit.model(API), 0)
    report = {"usage": {"prompt_tokens": 1, "completion_tokens": 1}}
    first, second = {**chunk(content="a"), **report}, {**chunk("stop", content="b"), **report}
    records = [(None, json.dumps(first)), (None, json.dumps(second))]
    events = openai_completions.decode(records, draft)
    before, after = [draft.usage for event in events if isinstance(event, BlockDelta)]
    assert before is not after
    assert before == after


def test_reasoning_details_come_back_as_they_were_sent():
    details = [
        {"type": "reasoning.encrypted", "data": "QUJD", "id": "a", "format": "x", "index": 0},
        {"type": "reasoning.text", "text": "hm", "signature": "c2ln", "index": 1},
    ]
    first = chunk(reasoning="hm", reasoning_details=details, tool_calls=[CALL])
    _, draft = decode(first, chunk("tool_calls"))
    message = draft.message("toolUse")
    replayed = sent([user("q"), message])["messages"][2]
    assert replayed["reasoning_details"] == details
    assert "reasoning" not in replayed
    assert replayed["tool_calls"][0]["id"] == "a"


# --- recordings of real services -----------------------------------------------------------------

RECORDED = {
    "openai-chat-text": ("stop", ["text"], "The capital of the UK is London.", (78, 9, 0)),
    "openai-chat-tool": ("toolUse", ["toolCall"], "", (53, 15, 0)),
    "openrouter-reasoning-details": ("stop", ["thinking", "text"], "2 + 2 = 4", (43, 36, 13)),
    "groq-reasoning-tool": ("toolUse", ["thinking", "toolCall"], "", (304, 49, 23)),
    "deepseek-reasoning-content": (
        "stop",
        ["thinking", "text"],
        "Hello there! 😊 How can I help you today?",
        (6, 212, 198),
    ),
    "openrouter-midstream-error": ("error", ["thinking"], "", (43, 10, 11)),
    "groq-midstream-error": ("error", ["thinking"], "", (0, 0, None)),
}


def test_recordings():
    found = {recording["name"]: recording for recording in wirekit.recordings(API)}
    assert RECORDED.keys() <= found.keys()
    for name, (stop, kinds, text, tokens) in RECORDED.items():
        recording = found[name]
        target = wirekit.model(API, {"id": recording["model"]})
        message = wirekit.decode_bytes(API, [wirekit.body_bytes(recording)], target).message
        usage = message["usage"]
        said = "".join(block["text"] for block in message["content"] if block["type"] == "text")
        assert message["stopReason"] == stop, name
        assert [block["type"] for block in message["content"]] == kinds, name
        assert said == text, name
        assert (usage["input"], usage["output"], usage.get("reasoning")) == tokens, name


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("openrouter-midstream-error", "bad_request", "Token limit reached"),
        ("groq-midstream-error", "unknown", "tool_use_failed"),
    ],
)
def test_recorded_errors(name, kind, says):
    for recording in wirekit.recordings(API):
        if recording["name"] == name:
            outcome = wirekit.decode_bytes(API, [wirekit.body_bytes(recording)])
            assert outcome.error.kind == kind
            assert says in str(outcome.error)
            return
    raise AssertionError(f"no recording {name}")


# --- an abort ------------------------------------------------------------------------------------


def test_an_abort_ends_every_block_and_keeps_what_came_of_a_call():
    call = {"index": 0, "id": "t1", "function": {"name": "read", "arguments": '{"path": "a'}}

    def records():
        for each in (chunk(reasoning="hm"), chunk(content="so"), chunk(tool_calls=[call])):
            yield None, json.dumps(each)
        raise Cancelled("stop")

    draft = Draft(wirekit.model(API), wirekit.TIMESTAMP)
    events = openai_completions.decode(records(), draft)
    opened = [type(next(events)) for _ in range(7)]  # the start; each block's start and first words
    assert BlockEnd not in opened
    assert [next(events).kind for _ in range(3)] == ["thinking", "text", "toolCall"]
    with pytest.raises(Cancelled):
        next(events)
    final = draft.aborted().message["content"]
    assert final[-1]["arguments"] == {}
    assert final[-1]["argumentsError"].endswith('{"path": "a')
