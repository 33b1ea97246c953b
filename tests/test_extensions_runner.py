"""Extensions at work: order, isolation, handlers that hang, dialogs, what a dispatch costs."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled
from pi.extensions import pool
from pi.extensions.context import Context
from pi.extensions.extension import Extension, Handler
from pi.extensions.host import Line
from pi.extensions.nohooks import NO_HOOKS
from pi.extensions.pool import Pool
from pi.extensions.runner import Runner
from tests.hookkit import FakeHost, Talking, running

GRACE_S = 0.05


def extension(host, path="/x/guard.py"):
    made = Extension(path, Line(host))
    made.line.is_loading = False
    return made


def runner_of(*handlers, hook="turn_start", host=None, **options):
    host = host or FakeHost()
    made = extension(host)
    for each in handlers:
        made.on(hook, Handler(made, each, 1))
    return Runner([made], host, grace_s=GRACE_S, **options), host


def test_handlers_run_in_load_order_and_then_in_the_order_they_were_added(tmp_path):
    text = """
        def extend(pi):
            pi.on("turn_start", lambda event: pi.events.emit("ran", "{0}1"))
            pi.on("turn_start", lambda event: pi.events.emit("ran", "{0}2"))
    """
    listener = """
        RAN = []
        def extend(pi):
            pi.events.on("ran", RAN.append)
            pi.register_command("ran", lambda args, ctx: RAN)
    """
    runner, host = running(tmp_path, text.format("a"), listener, text.format("b"))
    runner.fire("turn_start", None, turn_index=0)
    command = runner.command("ran")
    assert runner.call(command.extension, "command", command.run, "", None) == [
        "a1",
        "a2",
        "b1",
        "b2",
    ]
    assert host.faults == []


def test_handlers_that_come_and_go_do_not_change_a_dispatch_in_progress():
    host = FakeHost()
    made = extension(host)
    order = []

    def first(event):
        order.append("first")
        undo()
        made.on("turn_start", Handler(made, lambda event: order.append("late"), 1))

    made.on("turn_start", Handler(made, first, 1))
    undo = made.on("turn_start", Handler(made, lambda event: order.append("second"), 1))
    runner = Runner([made], host)
    runner.fire("turn_start")
    assert order == ["first", "second"]
    runner.fire("turn_start")
    assert order[2:] == ["first", "late"]


def test_wants_follows_handlers():
    host = FakeHost()
    made = extension(host)
    runner = Runner([made], host)
    assert not runner.wants("input")
    undo = made.on("input", Handler(made, print, 1))
    assert runner.wants("input")
    undo()
    undo()
    assert not runner.wants("input")
    assert not NO_HOOKS.wants("input")
    assert NO_HOOKS.fire("input", None, text="a", name="b").text == "a"
    assert NO_HOOKS.fire("tool_call").block is None


def test_a_handler_gets_as_many_arguments_as_it_takes(tmp_path):
    runner, host = running(
        tmp_path,
        """
        from functools import partial

        class Seen:
            def method(self, event, ctx):
                ctx.ui.notify(f"method {event.turn_index}")
            def __call__(self, event):
                SAID.append("call")

        SAID = []
        def extend(pi):
            seen = Seen()
            pi.on("turn_start", seen.method)
            pi.on("turn_start", seen)
            pi.on("turn_start", lambda: SAID.append("none"))
            pi.on("turn_start", lambda *args: SAID.append(len(args)))
            pi.on("turn_start", partial(lambda a, event, ctx: SAID.append(a), "partial"))
            pi.on("turn_start", lambda event, ctx: ctx.ui.notify(",".join(map(str, SAID))))
        """,
        host=FakeHost(ui=Talking()),
    )
    runner.fire("turn_start", None, turn_index=7)
    assert host.faults == []
    assert host.user.said == ["method 7", "call,none,2,partial"]


def test_a_dispatch_of_a_handler_runs_in_place():
    threads = []

    def outer(event):
        threads.append(threading.get_ident())
        if event.turn_index < 3:
            runner.fire("turn_start", None, turn_index=event.turn_index + 1)

    runner, _ = runner_of(outer)
    runner.fire("turn_start", None, turn_index=0)
    assert len(threads) == 4
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


def test_threads_are_used_again():
    runner, _ = runner_of(lambda event: names.add(threading.get_ident()))
    names = set()
    for _ in range(50):
        runner.fire("turn_start")
    assert len(names) == 1


def hanging(release):
    def handler(event):
        release.wait(5)
        return {"block": False}

    return handler


def test_a_handler_that_hangs_is_given_up_when_the_token_fires():
    release = threading.Event()
    token = CancelToken()
    later = []
    runner, _ = runner_of(hanging(release), later.append, hook="tool_call")
    threading.Timer(0.02, token.cancel).start()
    started = time.monotonic()
    event = runner.fire("tool_call", token, input={"command": "rm"}, tool_name="bash")
    assert time.monotonic() - started < 2
    assert event.block is True
    assert "aborted" in event.reason
    release.set()
    time.sleep(0.02)
    assert event.block is True, "what it answers later is dropped"
    assert later == []
    assert runner.fire("tool_call", None, input={}).block is False, "the next dispatch works"


def test_what_a_handler_that_was_given_up_changes_later_does_not_count():
    release, done = threading.Event(), threading.Event()
    token = CancelToken()

    def handler(event):
        event.input["a"] = 1
        release.wait(5)
        event.input["a"] = 2
        done.set()

    runner, _ = runner_of(handler, hook="tool_call")
    threading.Timer(0.02, token.cancel).start()
    event = runner.fire("tool_call", token, input={"a": 0})
    release.set()
    assert done.wait(2)
    assert event.input == {"a": 1}


def test_a_handler_that_was_given_up_can_do_nothing_more():
    release, ended = threading.Event(), []
    host = FakeHost(append_entry="id")
    token = CancelToken()
    made = extension(host)

    def handler(event):
        release.wait(5)
        try:
            made.line.host("pi.append_entry").append_entry("x", 1)
        except Cancelled as error:
            ended.append(str(error))
            raise

    made.on("turn_end", Handler(made, handler, 1))
    runner = Runner([made], host, grace_s=GRACE_S)
    threading.Timer(0.02, token.cancel).start()
    runner.fire("turn_end", token)
    release.set()
    for _ in range(100):
        if ended:
            break
        time.sleep(0.01)
    assert ended == ["given up"]
    assert host.calls == []
    assert host.faults == []


@pytest.mark.parametrize("hook", ["tool_call", "user_bash"])
def test_a_gate_is_closed_when_the_token_has_fired_already(hook):
    token = CancelToken()
    token.cancel()
    ran = []
    runner, _ = runner_of(ran.append, hook=hook)
    event = runner.fire(hook, token)
    assert event.get("block") or event.result["exitCode"] == 1
    assert ran == []


def test_others_are_told_although_the_token_has_fired():
    token = CancelToken()
    token.cancel()
    ran = []
    runner, _ = runner_of(lambda event: ran.append(event.aborted), hook="agent_settled")
    runner.fire("agent_settled", token, aborted=True)
    assert ran == [True]


def test_a_slow_handler_is_told_once():
    release = threading.Event()
    runner, host = runner_of(lambda event: release.wait(0.15), slow_s=0.03)
    runner.fire("turn_start")
    assert len(host.notices) == 1
    level, text = host.notices[0]
    assert level == "warning"
    assert "guard.py is slow to handle turn_start (/x/guard.py)" in text


def test_every_handler_has_its_own_time():
    runner, host = runner_of(*[lambda event: time.sleep(0.02)] * 6, slow_s=0.08)
    runner.fire("turn_start")
    assert host.notices == []


def test_time_in_a_dialog_is_not_slow_and_is_told_as_a_prompt(tmp_path):
    user = Talking(wait=lambda token: time.sleep(0.12))
    host = FakeHost(ui=user)
    host.has_ui = True
    runner, host = running(
        tmp_path,
        """
        def extend(pi):
            def ask(event, ctx):
                if ctx.ui.confirm("Run it?", event.input["command"], timeout=900):
                    return {"block": True, "reason": "asked"}
            pi.on("tool_call", ask)
            for name in ("ui_prompt_start", "ui_prompt_end"):
                pi.on(name, lambda event: TOLD.append((event.type, event.kind, event.title)))
        TOLD = []
        """,
        host=host,
        slow_s=0.04,
    )
    token = CancelToken()
    event = runner.fire("tool_call", token, input={"command": "rm"})
    assert event.reason == "asked"
    assert host.notices == []
    assert user.asked == [("Run it?", "rm", 900, token)]
    told = sys.modules[runner.extensions[0].module].TOLD
    for _ in range(100):
        if len(told) == 2:
            break
        time.sleep(0.01)
    assert told == [
        ("ui_prompt_start", "confirm", "Run it?"),
        ("ui_prompt_end", "confirm", "Run it?"),
    ]


def test_an_abort_ends_a_dialog():
    user = Talking(answer=False, wait=lambda token: token.wait(5))
    host = FakeHost(ui=user)
    host.has_ui = True
    made = extension(host)
    made.context = Context(made)

    def ask(event, ctx):
        return {"block": not ctx.ui.confirm("Sure?", "")}

    made.on("tool_call", Handler(made, ask, 2))
    runner = Runner([made], host, grace_s=2)
    token = CancelToken()
    threading.Timer(0.03, token.cancel).start()
    assert runner.fire("tool_call", token, input={}).block is True
    assert host.faults == []


def test_posted_events_are_handled_in_order():
    seen, done = [], threading.Event()

    def handler(event):
        seen.append(event.turn_index)
        if event.turn_index == 49:
            done.set()

    runner, _ = runner_of(handler)
    for number in range(50):
        runner.post("turn_start", turn_index=number)
    assert done.wait(2)
    assert seen == list(range(50))
    runner.post("turn_end")  # nobody wants it


def test_cancelled_in_a_handler_is_no_error():
    def handler(event):
        raise Cancelled("aborted")

    runner, host = runner_of(handler, hook="tool_call")
    assert runner.fire("tool_call", None, input={}).block is True
    assert host.faults == []


def test_errors_name_file_and_line_of_the_extension(tmp_path):
    runner, host = running(
        tmp_path,
        """\
        import json

        def extend(pi):
            pi.on("turn_start", broken)
            pi.on("turn_end", lambda event: json.loads("{"))
            pi.on("agent_end", lambda event: recurse())
            pi.on("agent_start", lambda event: odd())

        def broken(event):
            return None + 1

        def recurse():
            recurse()

        class Odd(Exception):
            def __str__(self):
                raise RuntimeError

        def odd():
            raise Odd("a\\nb")
        """,
    )
    for hook in ("turn_start", "turn_end", "agent_end", "agent_start"):
        runner.fire(hook)
    first, second, third, fourth = host.errors
    assert first.startswith("TypeError: unsupported operand")
    assert first.endswith("(e0.py:10)")
    assert second.startswith("JSONDecodeError")
    assert second.endswith("(e0.py:5)")
    assert third.startswith("RecursionError")
    assert third.endswith("(e0.py:13)")
    assert fourth == "Odd: an error that cannot be shown (e0.py:20)"


def test_what_the_program_itself_raises_reaches_whoever_waits():
    class Broken(FakeHost):
        def report(self, fault):
            raise OSError("the pipe is gone")

    runner, _ = runner_of(lambda event: 1 / 0, host=Broken())
    for _ in range(3):
        with pytest.raises(OSError, match="the pipe is gone"):
            runner.fire("turn_start")
    assert pool.current() is None
    assert Pool(print).run(lambda job: None) is True


def test_a_check_that_cannot_judge_refuses_the_answer():
    runner, host = runner_of(lambda event: {"entries": [{}]}, hook="turn_end")
    event = runner.fire("turn_end", None, check=lambda event: event.entries[1], entries=[])
    assert event.entries == []
    assert "cannot be judged (IndexError" in host.errors[0]
