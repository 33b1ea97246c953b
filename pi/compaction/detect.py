"""Telling a conversation that works on from one that goes in circles: compact, read again, compact.

    rounds = Rounds()
    rounds.note_call("read", {"path": "a.py"})
    rounds.note_compaction()        False; True when nothing new was called for too long

A round is what lies between two automatic compactions. One in which every call had been made before
in the same run, with the same arguments, brought nothing; `LIMIT` of these in a row are a circle.
Something the user says begins anew.
"""

from __future__ import annotations

from pi.text.jsontext import dumps

LIMIT = 2

CIRCLE = (
    "Stopped: the conversation was summarised three times without any new tool call in between, so "
    "the work goes in circles: what is read no longer fits beside what is kept. Take a model with "
    "a larger context window, lower compaction.keepRecentTokens or compaction.reserveTokens, or "
    "ask for a smaller part of the task."
)


class Rounds:
    """The calls of one run, by fingerprint, and how many rounds brought nothing."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._is_fresh = True
        self._barren = 0

    def note_call(self, name: object, arguments: object) -> None:
        """A tool was called."""
        mark = hash((str(name), dumps(arguments)))
        self._is_fresh = self._is_fresh or mark not in self._seen
        self._seen.add(mark)

    def note_user(self) -> None:
        """The user said something."""
        self._is_fresh = True

    def note_compaction(self) -> bool:
        """A round ended; whether the run goes in circles."""
        self._barren = 0 if self._is_fresh else self._barren + 1
        self._is_fresh = False
        return self._barren >= LIMIT
