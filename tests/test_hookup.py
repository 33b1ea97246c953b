"""What handlers make of requests: their messages, headers, bodies; and what they see of answers."""

from __future__ import annotations

import json

import pytest

from pi.cancel import CancelToken
from pi.client import Client
from pi.course.hookup import projected, taps_of
from pi.messages import text, user_message
from pi.providers.faux import Reply
from pi.request import Options
from pi.transport import Transport
from pi.value import replace
from tests.coursekit import Hooked, runner
from tests.fakeprovider import models_config
from tests.hookkit import FakeHost

# --- messages ------------------------------------------------------------------------------------


def contexts(rig):
    return [context for context, _ in rig.script.requests]


def test_context_sees_the_conversation_without_system_messages_and_may_change_it():
    seen = []

    def change(event):
        seen.append([m["role"] for m in event.messages])
        return {"messages": [user_message("only", 1)]}

    rig = Hooked(Reply([text("a")]), Reply([text("b")]), on={"context": change})
    rig.harness.prompt("hi")
    rig.harness.prompt("more")
    assert seen == [["user"], ["user", "assistant", "user"]]
    assert rig.requests() == [[("user", "only")]] * 2
    first, _ = contexts(rig)
    assert first.system.endswith("<cwd>\n/work\n</cwd>")
    assert [tool["name"] for tool in first.tools] == ["echo"]
    assert rig.entry_types()[2:] == ["system", "user", "assistant", "user", "assistant"]


def test_what_is_changed_in_place_counts_and_reaches_no_session():
    def change(event):
        event.messages[0]["content"] = "changed"
        event.messages.append(user_message("pushed", 1))

    rig = Hooked(Reply([text("a")]), on={"context": change})
    rig.harness.prompt("hi")
    assert rig.requests() == [[("user", "changed"), ("user", "pushed")]]
    assert rig.session.messages()[1]["content"] == [text("hi")]


def test_special_roles_are_seen_as_they_are_and_sent_as_the_model_takes_them():
    rig = Hooked(Reply([text("a")]))
    message = {"role": "custom", "customType": "x", "content": "note", "display": True}
    rig.harness.prompt({**message, "timestamp": 1})
    assert [m["role"] for m in rig.fired("context")[0].messages] == ["custom"]
    assert rig.requests() == [[("user", "note")]]


def messages():
    tool = {"name": "t", "description": "", "parameters": {}}
    return [
        {"role": "system", "content": "", "sections": {"a": "A"}, "timestamp": 1},
        user_message("one", 2),
        {"role": "system", "content": "", "sections": {"b": "B"}, "toolsAdded": [tool],
         "timestamp": 3},
        user_message("two", 4),
    ]  # fmt: skip


def hooks(**handlers):
    host = FakeHost()
    return runner(host, handlers), host


def test_an_unchanged_conversation_keeps_its_system_messages():
    given = messages()
    found = projected(
        hooks(context=lambda e: {"messages": e.messages})[0], given, CancelToken(), print
    )
    assert found == given == messages()


def test_a_changed_one_has_prompt_and_tools_in_one_message_at_its_head():
    extra = {"role": "system", "content": "", "sections": {"c": "C"}, "timestamp": 9}
    found = projected(
        hooks(context=lambda e: {"messages": [extra, *e.messages[1:]]})[0],
        messages(),
        CancelToken(),
        print,
    )
    assert [m["role"] for m in found] == ["system", "system", "user"]
    assert found[0]["sections"] == {"a": "A", "b": "B"}
    assert [tool["name"] for tool in found[0]["toolsAdded"]] == ["t"]
    assert found[1] == extra


def test_context_with_system_owns_everything():
    seen = []

    def last(event):
        seen.append([m["role"] for m in event.messages])
        return {"messages": event.messages[:2]}

    made, host = hooks(context_with_system=last)
    found = projected(made, messages(), CancelToken(), print)
    assert (seen, found) == ([["system", "user", "system", "user"]], messages()[:2])
    assert host.faults == []


def test_one_that_drops_the_head_is_reported_and_sent_as_it_is():
    made, host = hooks(context_with_system=lambda e: {"messages": e.messages[1:2]})
    found = projected(made, messages(), CancelToken(), print)
    assert found == messages()[1:2]
    assert "leading system message" in host.errors[0]


@pytest.mark.parametrize(
    "answer", ["no list", [{"no": "role"}], [{"role": "user", "content": 5}], [5], [{"role": {1}}]]
)
def test_messages_that_make_no_sense_are_refused(answer):
    made, host = hooks(context=lambda e: {"messages": answer})
    assert projected(made, messages(), CancelToken(), print) == messages()
    assert len(host.faults) == 1


@pytest.mark.parametrize("message", [5, {}, {"role": {"a": 1}}, {"role": "user", "content": {1}}])
@pytest.mark.parametrize("hook", ["context", "context_with_system"])
def test_what_is_put_there_in_place_is_looked_at_too(hook, message):
    reports = []
    made, host = hooks(**{hook: lambda e: e.messages.append(message)})
    found = projected(made, messages(), CancelToken(), lambda *told: reports.append(told))
    assert found == messages()
    assert [event for event, _ in reports] + [f.event for f in host.faults] == [hook]


# --- requests ------------------------------------------------------------------------------------


class Wire:
    """A client that asks the fake provider, with taps that handlers are behind."""

    def __init__(self, provider, api="fake-openai", **handlers):
        config = models_config(provider)["providers"][api]
        model = config["models"][0]
        self.model = {
            "provider": api, "input": ["text"], "maxTokens": 100, "contextWindow": 1000,
            "reasoning": False, "cost": {}, **config, **model,
        }  # fmt: skip
        self.provider = provider
        self.hooks, self.host = hooks(**handlers)
        self.reports = []
        self.authorised = []
        self.secret = "sk-secret"

    def authorise(self, request, model, token, *_):
        self.authorised.append(request)
        own = {"Authorization": f"Bearer {self.secret}", "x-configured": "c"}
        return replace(request, headers={**request.headers, **own})

    def ask(self, **more):
        def report(event, words):
            self.reports.append((event, words))

        token = CancelToken()
        client = Client(Transport(environ={}), self.authorise)
        taps = taps_of(self.hooks, token, report, **more)
        found = list(
            client.stream(self.model, [user_message("hi", 1)], Options(), token, taps=taps)
        )
        return found[-1], self.provider.model_requests[-1]


def test_headers_are_added_overridden_and_taken_away(provider):
    provider.reply("ok")
    seen = []

    def change(event):
        seen.append(dict(event.headers))
        event.headers["x-mine"] = "1"
        event.headers["X-Configured"] = "mine"
        event.headers["authorization"] = None

    done, request = Wire(provider, before_provider_headers=change).ask()
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert (headers["x-mine"], headers["x-configured"]) == ("1", "mine")
    assert "authorization" not in headers
    assert "sk-secret" not in str(seen)
    assert "Authorization" not in seen[0]
    assert done.message["stopReason"] in ("stop", "error")


@pytest.mark.parametrize(
    ("name", "value"), [("x-bad", "a\r\nb"), ("bad name", "x"), ("x-number", 5), ("x-ü", "x")]
)
def test_a_header_that_cannot_be_sent_is_passed_over(provider, name, value):
    provider.reply("ok")

    def change(event):
        event.headers[name] = value
        event.headers["x-good"] = "yes"

    wire = Wire(provider, before_provider_headers=change)
    done, request = wire.ask()
    assert done.message["stopReason"] == "stop"
    assert {k.lower(): v for k, v in request.headers.items()}["x-good"] == "yes"
    assert name.lower() not in {k.lower() for k in request.headers}
    assert wire.reports[0][0] == "before_provider_headers"


def test_the_body_is_replaced(provider):
    provider.reply("ok")
    wire = Wire(
        provider,
        before_provider_request=lambda e: {**e.payload, "temperature": 0.5, "note": "é\ud800"},
    )
    _, request = wire.ask()
    assert (request.body["temperature"], request.body["note"]) == (0.5, "é\ufffd")
    assert request.body["messages"][-1]["role"] == "user"


def test_what_is_changed_is_there_before_it_is_signed(provider):
    provider.reply("ok")
    wire = Wire(
        provider,
        before_provider_headers=lambda e: e.headers.update({"x-mine": "1"}),
        before_provider_request=lambda e: e.payload.update(note="changed"),
    )
    wire.ask()
    [request] = wire.authorised
    assert json.loads(request.body)["note"] == "changed"
    assert request.headers["x-mine"] == "1"


def test_a_body_that_nobody_changes_is_sent_byte_for_byte(provider):
    provider.reply("ok")
    provider.reply("ok")
    _, plain = Wire(provider).ask()
    seen = []
    _, watched = Wire(provider, before_provider_request=lambda e: seen.append(e.payload)).ask()
    assert watched.body == plain.body == seen[0]


def test_a_body_that_json_cannot_hold_is_refused(provider):
    provider.reply("ok")
    wire = Wire(provider, before_provider_request=lambda e: {"model": {1, 2}})
    done, request = wire.ask()
    assert request.body["model"] == wire.model["id"]
    assert done.message["stopReason"] == "stop"
    assert wire.reports[0][0] == "before_provider_request"


@pytest.mark.parametrize("api", ["fake-openai", "fake-anthropic", "fake-bedrock"])
def test_answer_and_records_are_shown(provider, api):
    provider.reply("ok")
    statuses, records = [], []
    wire = Wire(
        provider,
        api,
        after_provider_response=lambda e: statuses.append((e.status, e.headers["content-type"])),
        provider_stream_event=lambda e: records.append((e.provider, e.api, e.model, e.data)),
    )
    done, _ = wire.ask()
    assert done.message["stopReason"] == "stop"
    assert statuses[0][0] == 200
    assert len(records) > 2
    assert {record[:3] for record in records} == {(api, wire.model["api"], wire.model["id"])}
    assert all(isinstance(record[3], dict) for record in records)
    assert "ok" in json.dumps([record[3] for record in records])


def test_a_refusal_is_shown_too(provider):
    statuses = []
    provider.fail(first=1, error="openai/rate_limit")
    wire = Wire(provider, after_provider_response=lambda e: statuses.append(e.status))
    done, _ = wire.ask()
    assert statuses == [429]
    assert done.message["stopReason"] == "error"


def test_requests_on_the_side_have_headers_alone(provider):
    provider.reply("ok")
    fired = []
    names = (
        "before_provider_headers", "before_provider_request", "after_provider_response",
        "provider_stream_event",
    )  # fmt: skip
    handlers = {name: lambda e: fired.append(e.type) for name in names}
    Wire(provider, **handlers).ask(is_side=True)
    assert fired == ["before_provider_headers"]
