"""Compaction in the harness: when it happens, what is stored and told, and how it stops."""

from __future__ import annotations

import gc
import json
import threading
import tracemalloc

import pytest

from pi.cancel import CancelToken
from pi.compaction.detect import CIRCLE
from pi.compaction.summarise import BranchWish
from pi.course.upkeep import CANCELLED, SECOND_OVERFLOW
from pi.errors import PiError, ProviderError, SessionError, UsageError
from pi.events import (
    AgentEnd,
    AgentSettled,
    CompactionEnd,
    CompactionStart,
    EntryAppended,
    Notice,
    SummaryRetryEnd,
    SummaryRetryScheduled,
    SummaryRetryStart,
    TurnStart,
)
from pi.messages import text, text_of
from pi.providers.faux import Reply, Script, faux_model
from pi.retry import Policy
from pi.settings import Compaction
from tests.test_harness import Rig, call

SMALL = Compaction(True, 1000, 100)
OVERFLOW = ProviderError("400: prompt is too long", "context_overflow")
BUSY = ProviderError("529: overloaded", "overloaded")
NOTES = Reply([text("NOTES")], usage={"input": 50, "output": 5})


def said(words, tokens=0, **more):
    return Reply([text(words)], usage={"input": tokens}, **more)


def calling(number, tokens=0):
    block = {**call(f"c{number}"), "arguments": {"at": number}}
    return Reply([text("t" * 600), block], usage={"input": tokens})


class Talk(Rig):
    """A rig whose model has a window of 4,000 tokens and keeps 100."""

    def __init__(self, *replies, window=4000, settings=SMALL, **setup):
        self.settings = settings
        super().__init__(*replies, compaction=lambda model: self.settings, **setup)
        self.model["contextWindow"] = window

    def begin(self):
        """One exchange that is worth summarising; it uses up the first reply."""
        self.harness.prompt("first " * 100)
        self.events.clear()
        return self

    def compactions(self):
        return [e for e in self.session.entries() if e["type"] == "compaction"]

    def order(self, *kinds):
        return [type(e).__name__ for e in self.events if isinstance(e, kinds)]


FIRST = said("answer " * 80, 500)


def test_manual_compaction_stores_an_entry_of_the_format():
    rig = Talk(FIRST, said("second"), NOTES).begin()
    rig.harness.prompt("more")
    system = rig.session.messages()[0]
    rig.events.clear()
    result = rig.harness.compact("the parser")
    [entry] = rig.compactions()
    assert list(entry)[4:] == [
        "summary", "firstKeptEntryId", "tokensBefore", "details", "usage", "fromHook",
        "systemMessage",
    ]  # fmt: skip
    assert list(result) == [
        "summary", "firstKeptEntryId", "tokensBefore", "estimatedTokensAfter", "usage", "details",
    ]  # fmt: skip
    assert entry["fromHook"] is False
    assert entry["systemMessage"]["sections"] == system["sections"]
    assert entry["systemMessage"]["toolsAdded"] == system["toolsAdded"]
    assert entry["details"] == {"readFiles": [], "modifiedFiles": []}
    assert result["usage"]["totalTokens"] == 55
    assert rig.events == [CompactionStart("manual"), CompactionEnd("manual", result)]
    asked, options = rig.script.requests[-1]
    assert (asked.tools, options.cache) == ([], "none")
    assert text_of(asked.messages[0]).endswith("Additional focus: the parser")
    assert [m["role"] for m in rig.session.context()][:3] == ["system", "user", "assistant"]


def test_the_next_request_begins_with_the_summary():
    rig = Talk(FIRST, said("second"), NOTES, said("third")).begin()
    rig.harness.prompt("more")
    rig.harness.compact()
    rig.harness.prompt("go on")
    context = rig.script.requests[-1][0]
    assert "<summary>\n" in text_of(context.messages[0])
    assert "NOTES" in text_of(context.messages[0])
    assert [m["role"] for m in context.messages] == [
        "user", "assistant", "user", "assistant", "user",
    ]  # fmt: skip
    assert context.system == "P\n\n/work"
    assert [tool["name"] for tool in context.tools] == ["echo"]


def test_after_a_run_between_agent_end_and_settled():
    rig = Talk(FIRST, said("s" * 900, 3100), NOTES).begin()
    settled = rig.harness.prompt("more")
    assert rig.order(AgentEnd, CompactionStart, CompactionEnd, AgentSettled) == [
        "AgentEnd", "CompactionStart", "CompactionEnd", "AgentSettled",
    ]  # fmt: skip
    assert rig.of(CompactionStart) == [CompactionStart("threshold")]
    assert (settled.error, text_of(settled.message)[0]) == (None, "s")
    assert rig.of(CompactionEnd)[0].result["tokensBefore"] > 3000


def test_the_threshold_is_not_reached_by_the_reserve_itself():
    rig = Talk(FIRST, said("", 3000), NOTES).begin()
    rig.harness.prompt("more")
    assert rig.of(CompactionStart) == []
    assert rig.harness.context_usage()["tokens"] == 3000


def test_between_turns_after_the_tools_and_before_the_next_turn():
    rig = Talk(FIRST, calling(1, 3500), NOTES, said("end", 50)).begin()
    rig.harness.prompt("more")
    assert rig.order(TurnStart, CompactionEnd, AgentEnd) == [
        "TurnStart", "CompactionEnd", "TurnStart", "AgentEnd",
    ]  # fmt: skip
    last = rig.script.requests[-1][0].messages
    assert "NOTES" in text_of(last[0])
    assert [m["role"] for m in last[-2:]] == ["assistant", "toolResult"]
    assert len(rig.of(AgentEnd)[0].messages) == 4


def test_before_a_prompt_when_the_last_run_left_it_to_that():
    rig = Talk(FIRST, said("s" * 900, 3100), NOTES, said("third", 10), auto_compaction=False)
    rig.begin()
    rig.harness.prompt("more")
    rig.harness.upkeep.auto = True
    rig.events.clear()
    rig.harness.prompt("third")
    assert rig.names()[:3] == ["CompactionStart", "CompactionEnd", "AgentStart"]
    assert rig.harness.upkeep.auto


def test_what_was_queued_during_a_compaction_at_the_end_is_delivered():
    rig = Talk(FIRST, said("s" * 900, 3100), NOTES, said("steered", 10)).begin()
    rig.harness.subscribe(
        lambda e: rig.harness.steer("late") if isinstance(e, CompactionStart) else None
    )
    settled = rig.harness.prompt("more")
    assert text_of(settled.message) == "steered"
    assert rig.order(CompactionEnd, AgentEnd, AgentSettled)[-2:] == ["AgentEnd", "AgentSettled"]


def test_overflow_hides_the_attempt_compacts_and_asks_again():
    rig = Talk(FIRST, Reply(error=OVERFLOW), NOTES, said("good", 10)).begin()
    settled = rig.harness.prompt("more")
    assert (text_of(settled.message), settled.error) == ("good", None)
    assert rig.order(AgentEnd, EntryAppended, CompactionStart, CompactionEnd) == [
        "AgentEnd", "EntryAppended", "CompactionStart", "CompactionEnd", "AgentEnd",
    ]  # fmt: skip
    assert rig.of(CompactionEnd)[0].will_retry
    assert [e.will_retry for e in rig.of(AgentEnd)] == [False, False]
    last = rig.script.requests[-1][0].messages
    assert [text_of(m) for m in last if m["role"] == "user"][-1] == "more"
    assert sum("more" in text_of(m) for m in last) == 1


def test_a_second_overflow_is_given_up_with_one_event():
    rig = Talk(FIRST, Reply(error=OVERFLOW), NOTES, Reply(error=OVERFLOW)).begin()
    settled = rig.harness.prompt("more")
    assert settled.error.kind == "context_overflow"
    assert rig.of(CompactionEnd)[1:] == [CompactionEnd("overflow", None, error=SECOND_OVERFLOW)]
    assert len(rig.of(CompactionStart)) == 1
    assert len(rig.script.requests) == 4


def test_an_overflow_long_after_a_recovery_is_recovered_from_again():
    rig = Talk(
        FIRST, Reply(error=OVERFLOW), NOTES, calling(1, 10), Reply(error=OVERFLOW), NOTES, NOTES,
        said("end", 10),
    ).begin()  # fmt: skip
    settled = rig.harness.prompt("more")
    assert text_of(settled.message) == "end"
    assert [e.will_retry for e in rig.of(CompactionEnd)] == [True, True]


def test_an_answer_cut_before_its_limit_is_asked_for_again():
    rig = Talk(FIRST, said("par", 10, stop_reason="length"), NOTES, said("whole", 10)).begin()
    settled = rig.harness.prompt("more")
    assert text_of(settled.message) == "whole"
    assert [e.reason for e in rig.of(CompactionEnd)] == ["overflow"]


def test_an_answer_cut_at_its_limit_is_not():
    cut = Reply([text("par")], stop_reason="length", usage={"input": 9, "output": 16_384})
    rig = Talk(FIRST, cut, window=100_000).begin()
    settled = rig.harness.prompt("more")
    assert settled.message["stopReason"] == "length"
    assert rig.of(CompactionStart) == []


def test_more_than_the_window_without_a_complaint_is_an_overflow_too():
    rig = Talk(FIRST, said("fine", 5000), NOTES).begin()
    rig.harness.prompt("more")
    assert [(e.reason, e.will_retry) for e in rig.of(CompactionEnd)] == [("overflow", False)]


def test_switched_off_nothing_happens_by_itself():
    rig = Talk(FIRST, Reply(error=OVERFLOW), auto_compaction=False).begin()
    before = rig.session.leaf_id
    settled = rig.harness.prompt("more")
    assert settled.error is OVERFLOW
    assert (rig.of(CompactionStart), rig.of(EntryAppended)) == ([], [])
    assert before != rig.session.leaf_id


FAILURES = [
    (Reply(error=ProviderError("401: bad key", "auth")), "401: bad key"),
    (said("half", stop_reason="length"), "cut at the output token limit"),
    (Reply([call("1")]), "called a tool"),
    (said(" "), "wrote nothing"),
]


@pytest.mark.parametrize(("reply", "why"), FAILURES)
def test_a_failed_summary_leaves_the_session_as_it_was(reply, why):
    rig = Talk(FIRST, said("second"), reply).begin()
    rig.harness.prompt("more")
    entries, rig.events[:] = rig.session.entries(), []
    with pytest.raises(PiError, match=why):
        rig.harness.compact()
    assert rig.session.entries() == entries
    [_, end] = rig.events
    assert end.error.startswith("Compaction failed: ")
    assert why in end.error
    assert (end.result, end.aborted, end.will_retry) == (None, False, False)
    assert not rig.harness.upkeep.is_busy


def test_an_automatic_failure_is_told_and_the_run_goes_on():
    bad = Reply(error=ProviderError("500: no", "bad_request"))
    rig = Talk(FIRST, calling(1, 3500), bad, said("end", 10)).begin()
    settled = rig.harness.prompt("more")
    assert text_of(settled.message) == "end"
    assert rig.of(CompactionEnd)[0].error.startswith("Auto-compaction failed: ")
    assert rig.compactions() == []


def test_a_session_that_cannot_be_written_is_a_failure_too():
    rig = Talk(FIRST, said("second"), NOTES).begin()
    rig.harness.prompt("more")
    append = rig.session.append

    def refuse(kind, /, **fields):
        if kind == "compaction":
            raise SessionError("the disk is full")
        return append(kind, **fields)

    rig.session.append = refuse
    with pytest.raises(PiError, match="disk is full"):
        rig.harness.compact()
    assert rig.of(CompactionEnd)[-1].error == "Compaction failed: the disk is full"


def test_nothing_to_compact_is_told_when_asked_for_and_silent_by_itself():
    rig = Talk(said("short", 3900))
    rig.harness.prompt("hi")
    assert rig.of(CompactionStart) == []
    with pytest.raises(PiError, match="Nothing to compact"):
        rig.harness.compact()
    assert rig.of(CompactionEnd)[0].error == (
        "Compaction failed: Nothing to compact (session too small)"
    )


def test_wrong_settings_are_told_and_harm_no_run():
    def wrong(model):
        raise UsageError("compaction.reserveTokens: expected a whole number")

    rig = Rig(said("fine", 10), compaction=wrong)
    assert text_of(rig.harness.prompt("hi").message) == "fine"
    assert {e.text for e in rig.of(Notice)} == {"compaction.reserveTokens: expected a whole number"}


def test_a_failure_that_may_pass_is_repeated():
    rig = Talk(FIRST, said("second"), Reply(error=BUSY), Reply(error=BUSY), NOTES).begin()
    rig.harness.prompt("more")
    rig.events.clear()
    rig.harness.compact()
    kinds = (SummaryRetryScheduled, SummaryRetryStart, SummaryRetryEnd)
    assert rig.order(*kinds) == [
        "SummaryRetryScheduled", "SummaryRetryStart",
        "SummaryRetryScheduled", "SummaryRetryStart", "SummaryRetryEnd",
    ]  # fmt: skip
    assert rig.of(SummaryRetryScheduled)[1] == SummaryRetryScheduled(2, 3, 0, "529: overloaded")
    assert rig.of(SummaryRetryStart)[0] == SummaryRetryStart("compaction", "manual")
    assert len(rig.compactions()) == 1


# --- stopping ------------------------------------------------------------------------------------


def stop_at(rig, kind, stop):
    rig.harness.subscribe(lambda e: stop() if isinstance(e, kind) else None)


@pytest.mark.parametrize("verb", ["abort", "cancel"])
def test_an_automatic_compaction_can_be_stopped(verb):
    rig = Talk(FIRST, said("s" * 900, 3100), NOTES).begin()
    stop = rig.harness.abort if verb == "abort" else rig.harness.upkeep.cancel
    stop_at(rig, CompactionStart, stop)
    settled = rig.harness.prompt("more")
    assert rig.of(CompactionEnd) == [CompactionEnd("threshold", None, aborted=True)]
    assert rig.of(AgentSettled) == [AgentSettled(verb == "abort")]
    assert settled.aborted is (verb == "abort")
    assert rig.compactions() == []


def test_a_stop_between_turns_ends_the_run_and_a_cancelled_compaction_alone_does_not():
    rig = Talk(FIRST, calling(1, 3500), said("end", 10)).begin()
    stop_at(rig, CompactionStart, rig.harness.upkeep.cancel)
    assert text_of(rig.harness.prompt("more").message) == "end"
    rig = Talk(FIRST, calling(1, 3500), said("end", 10)).begin()
    stop_at(rig, CompactionStart, rig.harness.abort)
    settled = rig.harness.prompt("more")
    assert (settled.aborted, settled.message["stopReason"]) == (True, "aborted")
    assert len(rig.script.requests) == 2


def test_a_stop_in_the_pause_before_another_attempt():
    rig = Talk(
        FIRST, said("second"), Reply(error=BUSY), policy=Policy(base_delay_ms=60_000)
    ).begin()
    rig.harness.prompt("more")
    stop_at(rig, SummaryRetryScheduled, rig.harness.upkeep.cancel)
    rig.events.clear()
    with pytest.raises(PiError, match=CANCELLED):
        rig.harness.compact()
    assert rig.names()[-2:] == ["SummaryRetryEnd", "CompactionEnd"]
    assert rig.of(CompactionEnd)[0].aborted


def test_a_stop_by_the_callers_own_token():
    rig = Talk(FIRST, said("second"), NOTES).begin()
    rig.harness.prompt("more")
    token = CancelToken()
    token.cancel()
    with pytest.raises(PiError, match=CANCELLED):
        rig.harness.compact(token=token)
    assert rig.compactions() == []


def test_compacting_by_hand_aborts_the_run_first():
    began, states = threading.Event(), []
    slow = Reply([text("slow " * 100)], piece=1, pause_s=0.05)
    rig = Talk(FIRST, slow, NOTES).begin()
    stop_at(rig, TurnStart, began.set)
    run = threading.Thread(target=rig.harness.prompt, args=("more",))
    run.start()
    began.wait(5)
    stop_at(rig, CompactionStart, lambda: states.append(rig.harness.upkeep.is_busy))
    stop_at(rig, CompactionStart, lambda: states.append(rig.harness.is_streaming))
    rig.harness.compact()
    run.join(5)
    assert rig.order(AgentSettled, CompactionStart) == ["AgentSettled", "CompactionStart"]
    assert rig.of(AgentSettled) == [AgentSettled(True)]
    assert states == [True, False]


def test_a_prompt_during_a_compaction_is_refused():
    rig = Talk(FIRST, said("second"), NOTES).begin()
    rig.harness.prompt("more")
    refused = []

    def prompt():
        with pytest.raises(PiError, match="busy"):
            rig.harness.prompt("now")
        with pytest.raises(PiError, match="already"):
            rig.harness.compact()
        refused.append(True)

    stop_at(rig, CompactionStart, prompt)
    rig.harness.compact()
    assert refused == [True]


# --- long runs -----------------------------------------------------------------------------------


def test_a_circle_of_compacting_and_reading_again_is_stopped():
    rig = Talk(FIRST, calling(7, 3500), NOTES, NOTES, *[calling(7, 3500), NOTES] * 20).begin()
    settled = rig.harness.prompt("more")
    assert str(settled.error) == CIRCLE
    assert rig.of(CompactionEnd)[-1] == CompactionEnd("threshold", None, error=CIRCLE)
    assert len(rig.compactions()) == 3
    assert rig.order(AgentEnd, AgentSettled) == ["AgentEnd", "AgentSettled"]


class Endless(Script):
    """Calls a tool with new arguments `turns` times; summaries in between do not count."""

    def __init__(self, turns):
        super().__init__([NOTES])
        self.turns = turns
        self.made = 0
        self.largest = 0

    def next_reply(self, context, options):
        self.largest = max(self.largest, len(context.messages))
        if not context.tools:
            return NOTES
        self.made += 1
        if self.made > self.turns:
            return said("done", 10)
        tokens = 150 * len(context.messages)
        return calling(self.made, tokens)


def test_500_turns_stay_within_the_window_and_in_flat_memory():
    rig = Talk(NOTES)
    script = Endless(500)
    rig.model.update(faux_model(script), contextWindow=4000)
    sizes = []

    def measure(event):
        if isinstance(event, CompactionEnd):
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
            rig.events.clear()

    rig.harness.subscribe(measure)
    tracemalloc.start()
    try:
        settled = rig.harness.prompt("work " * 50)
        stored = rig.session.entries()
    finally:
        tracemalloc.stop()
    assert text_of(settled.message) == "done"
    assert script.largest < 40
    assert len(rig.compactions()) > 20
    # What grows is the session itself: about as much with each compaction, early and late, and
    # no more than its entries take as objects.
    middle, last = sizes[len(sizes) // 2], sizes[-1]
    assert last - middle < 1.3 * (middle - sizes[0])
    assert last - sizes[0] < 4 * sum(len(json.dumps(entry)) for entry in stored)
    assert len(stored) > 1000


# --- who writes, what it comes to ----------------------------------------------------------------


def test_another_model_may_write_the_summaries():
    scribe = faux_model(Script([NOTES]), id="scribe", contextWindow=9000)
    rig = Talk(FIRST, said("second"), summariser=lambda model, level: (scribe, "off")).begin()
    rig.harness.prompt("more")
    rig.harness.compact()
    [(context, options)] = scribe["script"].requests
    assert (options.thinking, context.tools) == ("off", [])
    assert len(rig.script.requests) == 2
    assert "NOTES" in rig.compactions()[0]["summary"]


def test_rules_of_the_user_outlive_every_compaction():
    rig = Talk(FIRST, said("b" * 900), NOTES, NOTES, said("c" * 900), NOTES)
    rig.harness.prompt("Never push to main. " + "x" * 600)
    rig.harness.prompt("second")
    rig.harness.compact()
    rig.harness.prompt("third")
    rig.harness.compact()
    first, second = rig.compactions()
    rule = "<user-rules>\n- Never push to main.\n</user-rules>"
    assert rule in first["summary"]
    assert rule in second["summary"]
    assert second["summary"].count("Never push") == 1


def test_usage_of_the_context_is_unknown_right_after_a_compaction():
    rig = Talk(FIRST, said("second", 700), NOTES, said("third", 400), window=10_000).begin()
    rig.harness.prompt("more")
    assert rig.harness.context_usage() == {"tokens": 701, "contextWindow": 10_000, "percent": 7.01}
    rig.harness.compact()
    assert rig.harness.context_usage() == {
        "tokens": None, "contextWindow": 10_000, "percent": None,
    }  # fmt: skip
    rig.harness.prompt("go on")
    assert rig.harness.context_usage()["tokens"] == 401
    rig.model["contextWindow"] = None
    assert rig.harness.context_usage() is None


def test_the_stats_count_summaries_and_what_was_summarised():
    rig = Talk(FIRST, calling(1, 100), said("end", 100), NOTES).begin()
    rig.harness.prompt("more")
    rig.harness.compact()
    stats = rig.harness.stats()
    counts = {
        name: stats[name] for name in stats if name.endswith(("Messages", "Calls", "Results"))
    }
    assert counts == {
        "userMessages": 2, "assistantMessages": 3, "toolCalls": 1, "toolResults": 1,
        "totalMessages": 7,
    }  # fmt: skip
    assert stats["tokens"]["input"] == 500 + 100 + 100 + 2 * 50  # a past and a turn
    assert stats["tokens"]["total"] == sum(
        stats["tokens"][part] for part in ("input", "output", "cacheRead", "cacheWrite")
    )
    assert "sessionFile" not in stats
    assert stats["contextUsage"]["tokens"] is None


def test_a_branch_that_is_left_can_be_summarised():
    rig = Talk(FIRST, said("tried"), NOTES).begin()
    fork = rig.session.leaf_id
    rig.harness.prompt("try something")
    left, before = rig.session.leaf_id, rig.session.entries()
    whom = (rig.model, "off", CancelToken())
    fields = rig.harness.upkeep.branch_summary(fork, *whom, BranchWish("briefly"))
    assert list(fields) == ["fromId", "summary", "details", "usage", "fromHook"]
    assert (fields["fromId"], fields["summary"]) == (left, "NOTES")
    assert rig.session.entries() == before
    rig.session.move_to(fork)
    rig.session.append("branch_summary", **fields)
    assert "NOTES" in text_of(rig.session.context()[-1])
    here = rig.session.leaf_id
    assert rig.harness.upkeep.branch_summary(here, *whom, BranchWish()) is None
