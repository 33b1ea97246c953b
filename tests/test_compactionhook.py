"""What extensions have to do with a compaction."""

from __future__ import annotations

import pytest

from pi.course.asking import FORBIDDEN
from pi.errors import PiError, ProviderError
from pi.events import CompactionEnd, CompactionStart
from pi.messages import text
from pi.providers.faux import Reply
from tests.test_course_hooks import LONG, NOTES, Small

BEFORE = "session_before_compact"


def begun(*replies, **more):
    """One exchange that is worth summarising, and a little one."""
    rig = Small(LONG, Reply([text("tried")]), *replies, **more)
    rig.harness.prompt("first " * 100)
    rig.harness.prompt("second")
    rig.seen.clear()
    rig.events.clear()
    return rig


def compactions(rig):
    return [entry for entry in rig.session.entries() if entry["type"] == "compaction"]


def test_what_handlers_are_told():
    rig = begun(NOTES)
    rig.harness.compact("the parser")
    assert rig.order() == [BEFORE, "session_compact"]
    [before], [after] = rig.fired(BEFORE), rig.fired("session_compact")
    assert (before.reason, before.will_retry, before.custom_instructions) == (
        "manual", False, "the parser",
    )  # fmt: skip
    shown = before.preparation
    [entry] = compactions(rig)
    assert shown["firstKeptEntryId"] == entry["firstKeptEntryId"]
    assert shown["tokensBefore"] == entry["tokensBefore"]
    told = [*shown["messagesToSummarize"], *shown["turnPrefixMessages"]]
    assert told[0]["role"] == "user"
    assert shown["isSplitTurn"] is bool(shown["turnPrefixMessages"])
    assert shown["settings"] == {
        "enabled": True, "reserveTokens": 1000, "keepRecentTokens": 100,
    }  # fmt: skip
    assert shown["fileOps"] == {"read": [], "written": [], "edited": []}
    assert before.branch_entries == rig.session.entries()[:-1]
    assert (after.compaction_entry, after.from_extension) == (entry, False)
    assert entry["fromHook"] is False


def test_an_extension_brings_the_summary():
    def own(event):
        kept = event.preparation["firstKeptEntryId"]
        return {"compaction": {"summary": "MINE", "firstKeptEntryId": kept, "details": {"q": 1}}}

    rig = begun(on={BEFORE: own})
    asked = len(rig.script.requests)
    result = rig.harness.compact()
    [entry] = compactions(rig)
    assert (entry["summary"], entry["details"], entry["fromHook"]) == ("MINE", {"q": 1}, True)
    assert "usage" not in entry
    assert entry["systemMessage"]["toolsAdded"]  # prompt and tools outlive it
    assert (result["summary"], result["tokensBefore"]) == ("MINE", entry["tokensBefore"])
    assert len(rig.script.requests) == asked
    [after] = rig.fired("session_compact")
    assert after.from_extension is True
    ends = [e for e in rig.events if isinstance(e, (CompactionStart, CompactionEnd))]
    assert ends == [CompactionStart("manual"), CompactionEnd("manual", result)]


def test_an_extension_forbids_it():
    rig = begun(on={BEFORE: lambda e: {"cancel": True}})
    with pytest.raises(PiError, match=FORBIDDEN):
        rig.harness.compact()
    assert rig.order() == ["session_compact_failed"]
    [failed] = rig.fired("session_compact_failed")
    assert (failed.aborted, failed.error_message, failed.from_extension) == (True, None, False)
    assert compactions(rig) == []
    ends = [e for e in rig.events if isinstance(e, CompactionEnd)]
    assert ends == [CompactionEnd("manual", None, aborted=True)]


def test_nothing_to_do_is_told_as_a_failure():
    rig = Small(Reply([text("short")]))
    with pytest.raises(PiError, match="Nothing to compact"):
        rig.harness.compact()
    [failed] = rig.fired("session_compact_failed")
    assert (failed.aborted, failed.reason) == (False, "manual")
    assert failed.error_message.startswith("Compaction failed: Nothing to compact")
    assert rig.fired(BEFORE) == []


def test_a_failure_is_told():
    rig = begun(Reply(error=ProviderError("401: no key", "auth")))
    with pytest.raises(PiError, match="401"):
        rig.harness.compact()
    [failed] = rig.fired("session_compact_failed")
    assert "401: no key" in failed.error_message


@pytest.mark.parametrize(
    "own",
    [
        {"summary": "  "},
        {"summary": 5},
        {"summary": "S", "firstKeptEntryId": "nope"},
        {"summary": "S", "tokensBefore": "many"},
        {"summary": "S", "details": {1, 2}},
        {"summary": "S", "usage": {"input": "many"}},
        {"summary": "S", "usage": "much"},
    ],
)
def test_a_summary_that_cannot_be_stored_is_refused_and_pi_writes_its_own(own):
    rig = begun(NOTES, on={BEFORE: lambda e: {"compaction": own}})
    rig.harness.compact()
    [entry] = compactions(rig)
    assert "NOTES" in entry["summary"]
    assert [event for event, _ in rig.problems] == [BEFORE]


def test_a_forbidden_recovery_settles_with_the_failure():
    overflow = ProviderError("400: prompt is too long", "context_overflow")
    rig = Small(LONG, Reply(error=overflow), on={BEFORE: lambda e: {"cancel": True}})
    rig.harness.prompt("first " * 100)
    settled = rig.harness.prompt("more")
    assert settled.error is not None
    assert rig.fired("session_compact_failed")[-1].will_retry is True
    assert rig.entry_types()[-1] == "context_edit"  # the attempt stays hidden
