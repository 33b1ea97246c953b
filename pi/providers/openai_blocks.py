"""Where the words of an answer go: the text and thinking blocks of chat services.

Services differ in what their answers may look like, so there are two ways to lay one out:

    OneOfEach   at most one thinking and one text block, however often the service goes back and
                forth between them; both stay open to the end (Chat Completions)
    InTurns     a new block whenever the kind changes or a tool call comes between; the one before
                ends there (Mistral, which takes thinking and text back in their order)

Both have `open`, kind -> the block that more words of that kind go to, if there is one.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pi.events import StreamEvent
    from pi.providers.draft import Draft


class OneOfEach:
    """At most one block of each kind. `source`, where thinking came from, is its signature."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self.open: dict[str, int] = {}

    def add(self, kind: str, words: str, source: str) -> Iterator[StreamEvent]:
        """Add words, or with "" just see to it that the block is there."""
        if kind not in self.open:
            mark = {"thinkingSignature": source} if kind == "thinking" else {}
            start = self._draft.begin(kind, **mark)
            self.open[kind] = start.index
            yield start
        if words:
            yield self._draft.delta(self.open[kind], words)

    def pause(self) -> Iterator[StreamEvent]:
        """A tool call comes: nothing to do."""
        yield from ()


class InTurns:
    """One block at a time. Thinking has no signature: its words are all there is to it."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self.open: dict[str, int] = {}

    def add(self, kind: str, words: str, source: str) -> Iterator[StreamEvent]:
        """Add words; "" is nothing."""
        if not words:
            return
        if kind not in self.open:
            yield from self.pause()
            start = self._draft.begin(kind)
            self.open[kind] = start.index
            yield start
        yield self._draft.delta(self.open[kind], words)

    def pause(self) -> Iterator[StreamEvent]:
        """End the block in progress, if any."""
        for block in self.open.values():
            yield self._draft.end(block)
        self.open.clear()
