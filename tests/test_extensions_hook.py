"""The table of events: every row is dispatched, folds its answers, and survives bad ones."""

from __future__ import annotations

import random

import pytest

from pi.cancel import CancelToken
from pi.extensions.event import Event, Lazy, copied
from pi.extensions.extension import Extension, Handler
from pi.extensions.fold import fold, is_of
from pi.extensions.hook import ELSEWHERE, HOOKS
from pi.extensions.host import Line
from pi.extensions.naming import camel, snake
from pi.extensions.runner import Runner
from tests.hookkit import FakeHost

EXAMPLES = {
    "text": "words",
    "truth": True,
    "number": 3,
    "dict": {"role": "user", "content": "x", "customType": "a", "summary": "s"},
    "list": [1],
    "dicts": [{"role": "system"}],
    "texts": ["a", "b"],
    "any": {"exec": print},
}


def example(kind):
    return EXAMPLES.get(kind, kind.split("|")[0])


def extension(host, path="/x/guard.py"):
    made = Extension(path, Line(host))
    made.line.is_loading = False
    return made


def runner_of(hook, *handlers, host=None, **options):
    host = host or FakeHost()
    made = extension(host)
    for each in handlers:
        made.on(hook, Handler(made, each, 1))
    return Runner([made], host, **options), host


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_a_row_is_complete_and_its_kinds_are_known(hook):
    assert hook.rule in ("notice", "chain", "gate", "collect", "boundary")
    assert hook.help
    for name, field in {**hook.fields, **hook.answers}.items():
        assert snake(camel(name)) == name
        assert field.help
        assert is_of(field.kind, example(field.kind)), field.kind
    assert set(hook.mutable) <= hook.fields.keys()
    assert set(hook.collects) <= hook.answers.keys()
    assert not hook.whole or hook.whole in hook.fields
    assert (hook.rule == "notice") == (not hook.answers and not hook.whole)
    assert hook.name not in ELSEWHERE


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_handlers_read_every_field_in_both_spellings(hook):
    fields = {name: example(field.kind) for name, field in hook.fields.items()}
    seen = {}

    def handler(event):
        seen.update({name: getattr(event, camel(name)) for name in event})
        seen["type"] = event.type

    runner, host = runner_of(hook.name, handler)
    event = runner.fire(hook.name, None, **fields)
    assert host.faults == []
    assert seen == {**fields, "type": hook.name}
    assert {name: event[name] for name in fields} == fields
    assert not event.answered


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_a_handler_that_raises_costs_one_report(hook):
    order = []

    def bad(event):
        order.append("bad")
        raise SystemExit("out")

    runner, host = runner_of(hook.name, bad, lambda event: order.append("good"))
    event = runner.fire(hook.name, None, **dict.fromkeys(hook.fields))
    assert host.errors == ["SystemExit: out"]
    assert (host.faults[0].path, host.faults[0].event) == ("/x/guard.py", hook.name)
    if hook.on_error:
        assert event.get("block") or event.result["exitCode"] == 1
        assert order == ["bad"]
    else:
        assert order == ["bad", "good"]
        assert not event.answered


@pytest.mark.parametrize(
    "hook", [hook for hook in HOOKS.values() if hook.rule != "notice"], ids=lambda hook: hook.name
)
def test_answers_replace_fields_and_later_handlers_see_them(hook):
    fields = {name: example(field.kind) for name, field in hook.fields.items()}
    seen = []
    keys = hook.answers or {hook.whole: hook.fields[hook.whole]}
    answer = {camel(key): example(field.kind) for key, field in keys.items()}
    if hook.name == "user_bash":
        del answer["result"]
    if hook.whole:
        answer = {"replaced": 1}
    event = None

    def second(event):
        seen.append({name: event[name] for name in event})

    runner, host = runner_of(hook.name, lambda event: answer, second)
    event = runner.fire(hook.name, None, **fields)
    assert host.faults == []
    assert event.answered
    if hook.stops and hook.name != "input":
        assert seen == []
    for name in event.answered - set(hook.collects.values()):
        expected = answer if hook.whole else answer[camel(name)]
        assert event[name] == expected
        assert not seen or name not in seen[0] or seen[0][name] == expected


def anything(dice, depth=3):
    kind = dice.randrange(9 if depth else 6)
    if kind < 6:
        return [None, True, dice.random() * 100, "wörds\ud800", "", -3][kind]
    keys = ["role", "content", "message", "messages", "block", "isError", "text", "action", "x", 7]
    if kind == 6:
        return [anything(dice, depth - 1) for _ in range(dice.randrange(4))]
    return {dice.choice(keys): anything(dice, depth - 1) for _ in range(dice.randrange(5))}


@pytest.mark.parametrize("hook", HOOKS.values(), ids=HOOKS)
def test_no_answer_breaks_a_dispatch(hook):
    dice = random.Random(hook.name)
    token = CancelToken()
    given = [None]

    def handler(event):
        return given[0]

    runner, host = runner_of(hook.name, handler)
    for _ in range(60):
        value = anything(dice)
        names = [*hook.answers, *map(camel, hook.answers)]
        if names and dice.random() < 0.7:
            value = {dice.choice(names): value, dice.choice(names): anything(dice)}
        given[0] = value
        fields = {name: example(field.kind) for name, field in hook.fields.items()}
        event = runner.fire(hook.name, token, **fields)
        for name in event.answered:
            field = hook.answers.get(name) or hook.fields.get(name)
            if field is not None and name not in hook.collects:
                assert event[name] is None or is_of(field.kind, event[name])
    told = [fault.error for fault in host.faults]
    assert len(told) == len(set(told)), "a complaint is told once"
    if hook.rule == "notice":
        assert told == []


FOLDS = [
    # hook, fields, answers of the handlers, fields of the event afterwards
    ("input", {"text": "a"}, [{"action": "transform", "text": "b"}, {"action": "continue"}],
     {"text": "b", "action": "transform"}),
    ("input", {"text": "a"}, [{"text": "b"}], {"text": "b", "action": "transform"}),
    ("input", {"text": "a"}, [{"action": "continue", "text": "b"}], {"text": "a"}),
    ("input", {"text": "a"}, [{"action": "handled"}, {"action": "transform", "text": "b"}],
     {"text": "a", "action": "handled"}),
    ("input", {"text": "a", "images": [{}]}, [{"action": "transform", "text": "b"}],
     {"images": [{}]}),
    ("tool_call", {"input": {}}, [{"block": 1, "reason": "r"}, {"reason": "later"}],
     {"block": True, "reason": "r"}),
    ("tool_call", {"input": {}}, [{"block": False}, {"block": True}], {"block": True}),
    ("tool_call", {"input": {}}, [None, {}], {"block": None, "answered": set()}),
    ("tool_result", {"content": [{}], "structured_content": {"a": 1}}, [{"content": []}],
     {"content": [], "structured_content": None}),
    ("tool_result", {"content": [{}], "structured_content": {"a": 1}}, [{"isError": True}],
     {"is_error": True, "structured_content": {"a": 1}}),
    ("tool_result", {"details": 1}, [{"details": None}], {"details": 1, "answered": set()}),
    ("tool_result", {"content": []},
     [{"content": [{}], "structuredContent": {"b": 1}}], {"structured_content": {"b": 1}}),
    ("message_end", {"message": {"role": "user"}}, [{"message": {"role": "user", "a": 1}}],
     {"message": {"role": "user", "a": 1}}),
    ("message_end", {"message": {"role": "user"}}, [{"message": {"role": "assistant"}}],
     {"message": {"role": "user"}}),
    ("before_agent_start", {"system_prompt": "p"},
     [{"message": {"customType": "a", "content": "x"}},
      {"message": {"customType": "b", "content": "y"}, "systemPrompt": "q"}],
     {"messages": [{"customType": "a", "content": "x"}, {"customType": "b", "content": "y"}],
      "system_prompt": "q"}),
    ("before_agent_start", {"message": {"m": 1}}, [{"message": {"content": "x"}}],
     {"messages": [], "message": {"m": 1}}),
    ("resources_discover", {"cwd": "/"}, [{"skillPaths": ["a"]}, {"skillPaths": ["b"]}],
     {"skill_paths": [{"path": "a", "extensionPath": "/x/guard.py"},
                      {"path": "b", "extensionPath": "/x/guard.py"}], "theme_paths": []}),
    ("project_trust", {"cwd": "/"}, [{"trusted": "undecided", "remember": True}, {"trusted": "no"},
                                     {"trusted": "yes"}], {"trusted": "no", "remember": None}),
    ("before_provider_request", {"payload": {"a": 1}}, [{"b": 1}, None, "no"],
     {"payload": {"b": 1}}),
    ("session_before_compact", {}, [{"compaction": {"summary": "s"}}, {"cancel": False}],
     {"compaction": {"summary": "s"}, "cancel": False}),
    ("session_before_switch", {}, [{"cancel": True}, {"cancel": False}], {"cancel": True}),
    ("turn_end", {"entries": [], "continue": False}, [{"entries": [{"type": "custom"}]},
                                                      {"continue": True}],
     {"entries": [{"type": "custom"}], "continue_": True}),
    ("user_bash", {"command": "ls"}, [{"result": {"output": "x"}}, {"result": {"output": "y"}}],
     {"result": {"output": "x"}}),
    ("context", {"messages": [{"role": "user"}]}, [{"messages": []}, None], {"messages": []}),
]  # fmt: skip


@pytest.mark.parametrize(("hook", "fields", "answers", "after"), FOLDS)
def test_folding(hook, fields, answers, after):
    handlers = [lambda event, answer=answer: answer for answer in answers]
    runner, _ = runner_of(hook, *handlers)
    event = runner.fire(hook, None, **fields)
    assert {name: getattr(event, name) for name in after} == after


CLOSED = [
    ("tool_call", "yes"),
    ("tool_call", {"blocked": True}),
    ("tool_call", {"reason": 5}),
    ("tool_call", {"blocked": True, "reason": "r"}),
    ("user_bash", {"operations": {"run": 1}}),
    ("user_bash", {"operations": {"exec": print}, "result": {}}),
    ("user_bash", True),
    ("user_bash", {}),
]


@pytest.mark.parametrize(("hook", "answer"), CLOSED)
def test_an_answer_that_cannot_be_understood_fails_closed(hook, answer):
    runner, host = runner_of(hook, lambda event: answer)
    for _ in range(3):
        event = runner.fire(hook, None, input={}, command="rm")
        assert event.get("block") or "could not decide" in event.result["output"]
    assert len(host.faults) == 1, "it is told once"
    assert "guard.py" in (event.get("reason") or event.result["output"])


def test_what_handlers_change_stays_inside_unless_the_row_allows_it():
    message = {"role": "user", "content": [{"type": "text", "text": "a"}]}
    arguments = {"path": "a", "edits": [{"x": 1}]}

    def spoil(event):
        if "message" in event:
            event.message["content"].clear()
        if "input" in event:
            event.input["edits"][0]["x"] = 2

    runner, host = runner_of("message_start", spoil)
    runner.fire("message_start", None, message=message)
    assert message["content"][0]["text"] == "a"
    runner, host = runner_of("tool_call", spoil)
    event = runner.fire("tool_call", None, input=arguments)
    assert event.input == {"path": "a", "edits": [{"x": 2}]}
    assert arguments["edits"] == [{"x": 1}]
    assert host.faults == []


def test_a_field_may_be_set_only_where_the_row_says_so():
    def swap(event):
        event.input = {"command": "ls"}

    runner, host = runner_of("tool_call", swap)
    assert runner.fire("tool_call", None, input={"command": "rm"}).input == {"command": "ls"}

    def wrong(event):
        event.input = "ls"

    runner, host = runner_of("tool_call", wrong)
    assert runner.fire("tool_call", None, input={}).block

    def text(event):
        event.text = "x"

    runner, host = runner_of("input", text)
    assert runner.fire("input", None, text="a").text == "a"
    assert "return a dict" in host.errors[0]


def test_what_a_handler_did_in_place_counts_whole_or_not_at_all():
    def good(event):
        event.messages.append({"role": "user", "content": "more"})

    def wrong(event):
        event.messages.clear()
        event.messages.append("words")

    def failing(event):
        event.messages.clear()
        raise ValueError

    def refused(event):
        event.messages[0]["content"] = 5

    given = [{"role": "user", "content": "a"}]
    runner, host = runner_of("context", good, wrong, failing, refused, good)

    def check(event):
        is_good = all(isinstance(each["content"], str) for each in event.messages)
        return "" if is_good else "returned content that is no text"

    event = runner.fire("context", None, check=check, messages=given)
    assert [each["content"] for each in event.messages] == ["a", "more", "more"]
    assert given == [{"role": "user", "content": "a"}]
    assert host.errors == [
        "a handler set messages to something that is not a list of dicts",
        "ValueError",
        "a handler returned content that is no text",
    ]


def test_an_unknown_field_is_explained():
    runner, host = runner_of("turn_start", lambda event: event.tool_nme)
    runner.fire("turn_start", None, turn_index=1)
    assert "turn_start has no field 'tool_nme'; it has turn_index, timestamp" in host.errors[0]


def test_a_lazy_field_is_computed_from_the_event_as_it_is():
    seen = []
    entries = Lazy(lambda event: len(event.entries))

    def add(event):
        seen.append(event.context)
        return {"entries": [*event.entries, {"type": "custom"}]}

    runner, _ = runner_of("turn_end", add, add, lambda event: seen.append(event.context))
    runner.fire("turn_end", None, entries=[], context=entries)
    assert seen == [0, 1, 2]


def test_a_check_refuses_one_answer_and_keeps_the_others():
    answers = [{"entries": [{"type": "good"}]}, {"entries": [{"type": "bad"}]}, {"continue": True}]
    handlers = [lambda event, answer=answer: answer for answer in answers]
    runner, host = runner_of("turn_end", *handlers)

    def check(event):
        return "bad entries" if event.entries[0]["type"] == "bad" else ""

    event = runner.fire("turn_end", None, check=check, entries=[], **{"continue": False})
    assert event.entries == [{"type": "good"}]
    assert event.continue_ is True
    assert host.errors == ["a handler bad entries"]


def test_a_copy_of_a_value_nested_deeper_than_calls():
    deep = []
    for _ in range(50_000):
        deep = [deep]
    copy = copied({"a": deep, "b": {"c": 1}})
    assert copy["b"] == {"c": 1}
    depth = 0
    while copy["a"]:
        copy["a"], depth = copy["a"][0], depth + 1
    assert depth == 50_000
    while deep:  # or its end would be too deep as well
        deep = deep[0]


def test_complaints_name_what_is_wrong():
    event = Event(HOOKS["tool_result"], {})
    complaints, is_clear = fold(
        event, HOOKS["tool_result"], {"isError": 1, "colour": 2, "content": "x"}, "/x"
    )
    assert "'colour'" in complaints[0]
    assert "content, which is not a list of dicts" in complaints[1]
    assert event.is_error is True
    assert is_clear


def test_a_decision_counts_although_another_key_means_nothing():
    runner, host = runner_of("tool_call", lambda event: {"block": event.input["no"], "why": "x"})
    assert runner.fire("tool_call", None, input={"no": False}).block is False
    assert runner.fire("tool_call", None, input={"no": True}).block is True
    assert len(host.faults) == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [("toolCallId", "tool_call_id"), ("hasUI", "has_ui"), ("tool_name", "tool_name"), ("x", "x")],
)
def test_spellings(given, expected):
    assert snake(given) == expected
