"""The answer of Google's streamGenerateContent: chunks in, stream events out.

    {"candidates": [{"content": {"parts": [{"text": "Hi"}], "role": "model"}, "finishReason"?}],
     "usageMetadata", "responseId", "modelVersion"}

An answer is complete once a `finishReason` came; nothing else marks its end. A block goes on as
long as parts of its kind come. A signature belongs to the block its part joins, also when the part
has no text; a second, different one begins a block of its own, since it vouches for other words.
Calls come whole. Those without an id get one that no other answer has.

A chunk's usage is of the answer so far. It is taken over when a block begins or ends and at the
end, however the answer ends, and not with every word.

Source: Google's API reference, "GenerateContentResponse". Known limits: only the first candidate is
read, since only one is asked for; code, images and sound, which are not asked for, are left out.
"""

from __future__ import annotations

import json
import re

from pi.errors import ProviderError
from pi.events import Start
from pi.providers import failure
from pi.providers.google_usage import read_usage
from pi.text.jsontext import dumps
from pi.text.unicode import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pi.errors import ErrorKind
    from pi.events import BlockDelta, StreamEvent
    from pi.providers.draft import Draft

_STOP_REASONS = {"STOP": "stop", "MAX_TOKENS": "length"}
"""`finishReason` -> ours; every other one is an error."""

_FAILURES: dict[str, ErrorKind] = {
    **dict.fromkeys(
        (
            "SAFETY",
            "RECITATION",
            "LANGUAGE",
            "BLOCKLIST",
            "PROHIBITED_CONTENT",
            "SPII",
            "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT",
            "IMAGE_RECITATION",
            "MODEL_ARMOR",
        ),
        "content_filter",
    ),
    # the model wrote what is no call: it may well do better when asked again
    "MALFORMED_FUNCTION_CALL": "protocol",
    "MALFORMED_RESPONSE": "protocol",
    "UNEXPECTED_TOOL_CALL": "protocol",
    "MISSING_THOUGHT_SIGNATURE": "bad_request",
}
"""What a `finishReason` that is an error means; "unknown" for the rest."""

_MARKS = {"text": "textSignature", "thinking": "thinkingSignature"}
_PLAIN = ({"text"}, {"text", "thought"})
_BAD_IN_ID = re.compile(r"[^A-Za-z0-9_-]")
_NAME_IN_ID = 32  # characters


def decode(records: Iterable[tuple[str | None, str]], draft: Draft) -> Iterator[StreamEvent]:
    """The events of an answer.

    Raises ProviderError: what the service reported, "content_filter" for a blocked prompt or
    answer, "protocol" for chunks that are none and for an answer that ended without finishReason.
    """
    yield Start(draft)
    answer = _Answer(draft)
    loads, plain_delta = json.loads, answer.plain_delta
    try:
        for _, data in records:
            try:
                chunk = loads(data)
            except (ValueError, RecursionError):
                raise failure.from_unreadable(None, data) from None
            delta = plain_delta(chunk)
            if delta is None:
                yield from answer.take(chunk)
            else:
                yield delta
        yield from answer.finish()
    finally:
        answer.count()


class _Answer:
    """What has come of an answer so far."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._kind = ""  # of the open block; "" when none is open
        self._signature = ""  # of the open block
        self._ids: set[str] = set()
        self._calls = 0
        self._report: dict[str, Any] = {}  # the last usage
        self._is_counted = True  # whether the draft has it
        self._reason = ""
        self._explanation = ""

    def plain_delta(self, chunk: Any) -> BlockDelta | None:
        """The event of a chunk that only goes on with the open block; None for all others."""
        try:
            (candidate,) = chunk["candidates"]
            (part,) = candidate["content"]["parts"]
            words = part["text"]
            kind = "thinking" if part.get("thought") else "text"
            report = chunk.get("usageMetadata")
            plain = (
                kind == self._kind
                and part.keys() in _PLAIN
                and "finishReason" not in candidate
                and "error" not in chunk
                and "promptFeedback" not in chunk
                and (report is None or type(report) is dict)
                and "responseId" in self._draft.extra  # or the chunk may bring it
            )
        except (LookupError, TypeError, ValueError, AttributeError):
            return None
        if not plain or type(words) is not str or not words:
            return None
        if report:
            self._report, self._is_counted = report, False
        return self._draft.delta(len(self._draft) - 1, words)

    def take(self, chunk: Any) -> Iterator[StreamEvent]:
        """Add a chunk. Raises ProviderError for one that reports an error."""
        if not isinstance(chunk, dict):
            return  # no chunk of the format; some gateways send null to keep the line warm
        name, report = chunk.get("responseId"), chunk.get("usageMetadata")
        if isinstance(name, str) and name:
            self._draft.extra.setdefault("responseId", clean(name))
        if isinstance(report, dict) and report:
            self._report, self._is_counted = report, False
        if chunk.get("error"):
            raise failure.from_object(chunk)
        _check_feedback(chunk.get("promptFeedback"))
        candidates = chunk.get("candidates")
        candidate = candidates[0] if isinstance(candidates, list) and candidates else None
        if isinstance(candidate, dict):
            yield from self._candidate(candidate)

    def finish(self) -> Iterator[StreamEvent]:
        """End the open block and the answer. Raises ProviderError when it is cut or failed."""
        yield from self._close()
        self.count()
        if not self._reason:
            raise ProviderError(
                "the answer ended without a finishReason: the stream was cut", "protocol"
            )
        stop = _STOP_REASONS.get(self._reason)
        if stop is None:
            line = f"the provider ended the answer with finishReason {self._reason}"
            if self._explanation:
                line = f"{line}: {self._explanation}"
            raise ProviderError(line, _FAILURES.get(self._reason, "unknown"), code=self._reason)
        yield self._draft.done("toolUse" if stop == "stop" and self._calls else stop)

    def count(self) -> None:
        """Take over the last usage that was reported."""
        if not self._is_counted:
            self._is_counted = True
            self._draft.usage = read_usage(self._report)

    def _candidate(self, candidate: dict[str, Any]) -> Iterator[StreamEvent]:
        content = candidate.get("content")
        parts = content.get("parts") if isinstance(content, dict) else None
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict):
                yield from self._part(part)
        reason = candidate.get("finishReason")
        if isinstance(reason, str) and reason:
            self._reason = self._draft.extra["rawStopReason"] = _line(reason)
            self._explanation = _line(candidate.get("finishMessage"))

    def _part(self, part: dict[str, Any]) -> Iterator[StreamEvent]:
        signature = part.get("thoughtSignature")
        signature = clean(signature) if isinstance(signature, str) else ""
        if isinstance(part.get("functionCall"), dict):
            yield from self._call(part["functionCall"], signature)
        elif isinstance(part.get("text"), str):
            yield from self._words(part["text"], bool(part.get("thought")), signature)

    def _words(self, words: str, thought: bool, signature: str) -> Iterator[StreamEvent]:
        if not words and not signature:
            return
        kind = "thinking" if thought else "text"
        is_other = bool(signature and self._signature) and signature != self._signature
        if kind != self._kind or is_other:
            yield from self._close()
            self._kind = kind
            yield self._draft.begin(kind)
            self.count()
        at = len(self._draft) - 1
        if signature:
            self._signature = signature
            self._draft.set(at, **{_MARKS[kind]: signature})
        if words:
            yield self._draft.delta(at, words)

    def _call(self, call: dict[str, Any], signature: str) -> Iterator[StreamEvent]:
        name, arguments = call.get("name"), call.get("args")
        if not isinstance(name, str) or not name:
            raise ProviderError("the answer has a call without a name", "protocol")
        yield from self._close()
        self._calls += 1
        name = clean(name)
        mark = {"thoughtSignature": signature} if signature else {}
        start = self._draft.begin("toolCall", id=self._id(call.get("id"), name), name=name, **mark)
        yield start
        arguments = {} if arguments is None else arguments
        yield self._draft.delta(start.index, dumps(arguments))
        yield self._draft.end(start.index, arguments)

    def _id(self, given: Any, name: str) -> str:
        """The id of a call: its own if it has one no other call has, else one made up."""
        chosen = clean(given) if isinstance(given, str) else ""
        if not chosen or chosen in self._ids:
            head = _BAD_IN_ID.sub("_", name)[:_NAME_IN_ID]
            chosen = f"{head}_{self._draft.shell()['timestamp']}_{self._calls}"
        self._ids.add(chosen)
        return chosen

    def _close(self) -> Iterator[StreamEvent]:
        if self._kind:
            self._kind = self._signature = ""
            self.count()
            yield self._draft.end(len(self._draft) - 1)


def _check_feedback(feedback: Any) -> None:
    """Raise ProviderError when the prompt itself was blocked: there will be no answer."""
    reason = feedback.get("blockReason") if isinstance(feedback, dict) else None
    if isinstance(reason, str) and reason:
        line = f"the provider blocked the prompt ({_line(reason)})"
        words = _line(feedback.get("blockReasonMessage"))
        raise ProviderError(
            f"{line}: {words}" if words else line, "content_filter", code=_line(reason)
        )


def _line(value: object) -> str:
    """A text on one line; "" for what is none."""
    return " ".join(clean(value).split())[:500] if isinstance(value, str) else ""
