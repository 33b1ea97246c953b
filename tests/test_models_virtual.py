"""Virtual models: selected once, dispatched per request; and providers that answer themselves."""

from __future__ import annotations

import threading
import time

import pytest

from pi.cancel import CancelToken
from pi.client import Client
from pi.course.state import Setup
from pi.errors import ProviderError
from pi.events import CompactionEnd, EntryAppended
from pi.harness import Harness
from pi.messages import text, text_of
from pi.models.virtual import STATE_ENTRY
from pi.request import Options
from pi.retry import Policy
from pi.routing import RoutedClient
from pi.session import Session
from pi.tools.base import Outcome, Tool, declaration
from pi.transcript import Prompt
from tests.modelkit import Kit

ECHO = Tool("echo", "", {"type": "object"}, lambda a, c: Outcome([text("echoed")]))
CALL = {"type": "toolCall", "name": "echo", "arguments": {}}
BUSY = ProviderError("529: overloaded", "overloaded")


class Rig:
    """A harness with a virtual model `router/auto` over two models of an extension's own stream."""

    def __init__(self, tmp_path, route, *replies, session=None, sizes=(100_000, 50_000), **more):
        self.kit = Kit(tmp_path)
        self.requests, self.asked, self.events = [], [], []
        self.replies = list(replies)
        rows = [
            {"id": "small", "reasoning": True, "contextWindow": sizes[0]},
            {"id": "big", "contextWindow": sizes[1]},
        ]
        self.kit.extra.register_provider(
            "own", {"stream": self._stream, "models": rows}, "/x/own.py"
        )
        definition = {"provider": "router", "id": "auto", "thinkingLevels": ["low", "high"], **more}

        def recorded(request):
            self.requests.append(request)
            return route(request)

        self.kit.extra.register_virtual_model({**definition, "route": recorded}, "/x/router.py")
        client = Client(None, None)
        client.codec_of = self.kit.models.codec_of
        self.client = RoutedClient(client, self.kit.models.route)
        self.model = self.kit.book.find("router", "auto")
        self.session = session or Session.in_memory("/work")
        self.harness = Harness(self._setup())
        self.harness.subscribe(self.events.append)

    def _setup(self):
        return Setup(
            self.session,
            self.client,
            self.model,
            "high",
            {"echo": ECHO},
            lambda active: Prompt("", {"preamble": "P"}, [declaration(t) for t in active.values()]),
            lambda model, thinking: Options(thinking=thinking),
            retry=Policy(base_delay_ms=0),
            measured=self.kit.models.measured,
            random=lambda: 0.0,
        )

    def _stream(self, model, context, options, token):
        self.asked.append((model["id"], options.thinking, len(context.messages)))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        yield from [reply] if isinstance(reply, str) else reply

    def answers(self):
        return [m for m in self.session.messages() if m["role"] == "assistant"]

    def states(self):
        return [entry["data"] for entry in self.session.entries() if entry["type"] == "custom"]


def to(name, level="medium", **more):
    return lambda request: {"model": f"own/{name}", "thinkingLevel": level, **more}


def test_the_session_names_the_choice_and_the_answer_the_real_model(tmp_path):
    rig = Rig(tmp_path, to("small"), [CALL], "done")
    settled = rig.harness.prompt("hi")
    assert text_of(settled.message) == "done"
    assert rig.session.chosen_model() == ("router", "auto")
    assert rig.session.thinking_level() == "high"
    assert [(m["provider"], m["model"], m["thinkingLevel"]) for m in rig.answers()] == [
        ("own", "small", "medium")
    ] * 2
    assert [request.reason for request in rig.requests] == ["user", "continuation"]
    first, second = rig.requests
    assert (first.thinking_level, first.thinkingLevel, first.model["id"]) == (
        "high",
        "high",
        "auto",
    )
    assert (first.previous, first.failed, first.state) == (None, None, None)
    assert (second.previous.model["id"], second.previous.thinkingLevel) == ("small", "medium")
    assert [message["role"] for message in second.messages] == [
        *("system", "user", "assistant", "toolResult")
    ]
    with pytest.raises(AttributeError, match="no 'colour'"):
        first.colour  # noqa: B018


def test_a_level_is_clamped_to_what_the_real_model_can_do(tmp_path):
    rig = Rig(tmp_path, lambda r: {"model": "own/big", "thinking_level": "high"}, "a", "b")
    rig.harness.prompt("hi")
    assert rig.asked == [("big", "off", 1)]


def test_a_retry_says_what_failed_and_may_go_elsewhere(tmp_path):
    def route(request):
        return {"model": "own/big" if request.failed else "own/small"}

    rig = Rig(tmp_path, route, BUSY, "good")
    rig.harness.prompt("hi")
    assert [name for name, *_ in rig.asked] == ["small", "big"]
    failed = rig.requests[1].failed
    assert rig.requests[1].reason == "retry"
    assert (failed.model["id"], failed.thinking_level) == ("small", "off")
    assert failed.message["errorMessage"] == "529: overloaded"
    assert rig.requests[1].previous is None


def test_state_is_kept_on_the_branch_before_the_request(tmp_path):
    def route(request):
        count = (request.state or {"n": 0})["n"]
        return {"model": "own/small", "state": {"n": count + 1}}

    rig = Rig(tmp_path, route, "a", "b", "c")
    rig.harness.prompt("one")
    leaf = rig.session.leaf_id
    rig.harness.prompt("two")
    assert rig.states() == [
        {"provider": "router", "modelId": "auto", "state": {"n": n}} for n in (1, 2)
    ]
    types = [entry.get("customType") or entry["type"] for entry in rig.session.entries()]
    assert types[-3:] == ["message", STATE_ENTRY, "message"]
    appended = [e.entry for e in rig.events if isinstance(e, EntryAppended)]
    assert [e["data"]["state"]["n"] for e in appended if e.get("customType") == STATE_ENTRY] == [
        1,
        2,
    ]
    rig.session.move_to(leaf)
    rig.harness.prompt("another way")
    assert rig.requests[-1].state == {"n": 1}


def test_the_same_state_is_not_stored_again(tmp_path):
    def route(request):
        state = request.state
        if state is not None:
            state["changed"] = "in place"
        return {"model": "own/small", "state": state if state is not None else {"n": 1}}

    rig = Rig(tmp_path, route, "a", "b")
    rig.harness.prompt("one")
    rig.harness.prompt("two")
    assert [data["state"] for data in rig.states()] == [{"n": 1}]


@pytest.mark.parametrize(
    ("route", "told"),
    [
        (lambda r: 1 / 0, "router.py: ZeroDivisionError: division by zero"),
        (lambda r: None, "the virtual model router/auto named no model"),
        (lambda r: {"model": r.model}, "router/auto chose router/auto, which is no real model"),
        (lambda r: {"model": "own/huge"}, "chose own/huge, which is no real model"),
        (lambda r: {"model": {"provider": "alpha", "id": "a-small"}}, "there is no key"),
        (lambda r: {"model": "own/small", "state": {1, 2}}, "is no JSON"),
        (lambda r: {"model": 7}, "which is no real model"),
    ],
)
def test_a_router_that_fails_gives_a_failed_answer_and_no_request(tmp_path, route, told):
    rig = Rig(tmp_path, route, "never")
    settled = rig.harness.prompt("hi")
    assert told in settled.message["errorMessage"]
    answer = settled.message
    assert (answer["api"], answer["provider"], answer["model"]) == ("pi-virtual", "router", "auto")
    assert (answer["stopReason"], answer["content"], rig.asked) == ("error", [], [])


def test_a_router_that_hangs_is_given_up_with_the_run(tmp_path):
    release = threading.Event()
    rig = Rig(tmp_path, lambda r: release.wait(20), "never")
    token = CancelToken()
    threading.Timer(0.05, token.cancel).start()
    started = time.monotonic()
    settled = rig.harness.prompt("hi", token)
    assert settled.aborted
    assert time.monotonic() - started < 5
    release.set()


def test_a_model_that_was_taken_away_is_told(tmp_path):
    rig = Rig(tmp_path, to("small"), "never")
    rig.kit.extra.unregister_virtual_model("router", "auto")
    settled = rig.harness.prompt("hi")
    assert "not registered any more" in settled.message["errorMessage"]


def test_a_direct_request_has_no_state(tmp_path):
    rig = Rig(tmp_path, to("small", state={"n": 1}), "direct")
    final = list(rig.client.stream(rig.model, [], Options(thinking="high"), CancelToken()))[-1]
    assert text_of(final.message) == "direct"
    assert rig.requests[0].reason == "direct"
    assert rig.states() == []


def test_limits_are_those_of_the_model_that_answered(tmp_path):
    rig = Rig(tmp_path, to("small"), "a", context_window=70_000)
    assert rig.harness.measured["contextWindow"] == 70_000
    rig.harness.prompt("hi")
    assert rig.harness.measured["id"] == "small"
    assert rig.harness.context_usage()["contextWindow"] == 100_000


def test_a_window_too_small_for_the_conversation_is_made_room_in_first(tmp_path):
    def route(request):
        return {"model": "own/big" if len(rig.requests) > 2 else "own/small"}

    long = "words " * 40_000  # about 60,000 tokens
    rig = Rig(tmp_path, route, long, "short", "the summary", "after", sizes=(200_000, 50_000))
    rig.harness.prompt("one")
    rig.harness.prompt("two")
    rig.harness.prompt("three")
    (end,) = [e for e in rig.events if isinstance(e, CompactionEnd)]
    assert "the summary" in end.result["summary"]
    name, _, count = rig.asked[-1]
    assert (name, count < 6) == ("big", True)
    assert text_of(rig.answers()[-1]) == "after"


# --- providers that answer themselves ------------------------------------------------------------


def test_an_own_stream_that_raises_is_a_failed_answer(tmp_path):
    rig = Rig(tmp_path, to("small"), KeyError("gone"), "b")
    settled = rig.harness.prompt("hi")
    assert settled.message["errorMessage"].startswith("own.py: KeyError: 'gone'")
    assert settled.message["provider"] == "own"


def test_a_broken_line_to_its_service_is_tried_again(tmp_path):
    rig = Rig(tmp_path, to("small"), ConnectionResetError("reset"), "good")
    settled = rig.harness.prompt("hi")
    assert text_of(settled.message) == "good"
    assert len(rig.asked) == 2


def test_an_own_stream_that_hangs_is_given_up_and_keeps_what_came(tmp_path):
    release = threading.Event()

    def hanging():
        yield "half"
        token.cancel()
        release.wait(20)

    rig = Rig(tmp_path, to("small"), hanging())
    token = CancelToken()
    started = time.monotonic()
    settled = rig.harness.prompt("hi", token)
    assert settled.aborted
    assert text_of(settled.message) == "half"
    assert time.monotonic() - started < 5
    release.set()
