"""Events: what happens, as immutable values, never on disk.

Three families, each built on the one before it:

  stream events   one model response, from `decode`:     Start BlockStart BlockDelta BlockEnd
                                                         then exactly one of Done, Failed
  agent events    one run of the loop:                   AgentStart TurnStart MessageStart ...
  harness events  a conversation: retries, queues, compaction, settled

`pi.wire` alone spells their names for the outside (JSON mode, RPC).
"""

from __future__ import annotations

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol, TypeAlias

    from pi.errors import ProviderError
    from pi.messages import Message, Usage

    class DraftView(Protocol):
        """What may be read of a message under construction (`pi.providers.draft.Draft`)."""

        usage: Usage  # replaced, never changed in place

        def shell(self) -> Message:
            """The pending message, without content."""

    StreamEvent: TypeAlias = "Start | BlockStart | BlockDelta | BlockEnd | Done | Failed"

# --- stream events -------------------------------------------------------------------------------


class Start(Value):
    """The provider began to answer. `draft` is the message being built; read it, do not keep it."""

    draft: DraftView


class BlockStart(Value):
    """A content block opened. `index` counts blocks; `kind` is text, thinking or toolCall."""

    index: int
    kind: str
    id: str = ""  # tool calls only
    name: str = ""  # tool calls only


class BlockDelta(Value):
    """More of a block: text, thinking, or the JSON text of a call's arguments."""

    index: int
    kind: str
    text: str


class BlockEnd(Value):
    """A block is complete; `block` is its final content."""

    index: int
    kind: str
    block: dict[str, Any]


class Done(Value):
    """The response is complete."""

    message: Message


class Failed(Value):
    """The response failed or was aborted; `message` keeps what had arrived.

    `error` is the classified cause; None for an abort.
    """

    message: Message
    error: ProviderError | None = None


# --- agent events --------------------------------------------------------------------------------


class AgentStart(Value):
    """A run of the loop began."""


class AgentEnd(Value):
    """A run of the loop ended. `messages` are those it added; the harness sets `will_retry`."""

    messages: list[Message]
    will_retry: bool = False


class TurnStart(Value):
    """One model response and its tool calls began."""


class TurnEnd(Value):
    """One model response and its tool calls ended; `results` are in call order."""

    message: Message
    results: list[Message]


class MessageStart(Value):
    """A message began. For a streaming answer it is a shell with stopReason "pending"."""

    message: Message


class MessageUpdate(Value):
    """A stream event of the answer in progress; `usage` is what is known so far."""

    event: BlockStart | BlockDelta | BlockEnd
    usage: Usage


class MessageEnd(Value):
    """A message is complete; this is the authoritative one.

    `error` says why an answer failed, for whoever decides about retrying; it is not on the wire.
    """

    message: Message
    error: ProviderError | None = None


class ToolStart(Value):
    """A tool call is about to run. `parent` is the call whose tool made it; None: the model did."""

    call_id: str
    name: str
    arguments: dict[str, Any]
    parent: str | None = None


class ToolUpdate(Value):
    """A running tool reported progress; `partial` has `content` and perhaps `details`."""

    call_id: str
    name: str
    arguments: dict[str, Any]
    partial: dict[str, Any]
    parent: str | None = None


class ToolEnd(Value):
    """A tool call ended. `result` has `content`, and perhaps `details`, `structuredContent`, ...

    `duration_ms` is None when nothing ran (unknown tool, invalid arguments, refused).
    """

    call_id: str
    name: str
    result: dict[str, Any]
    is_error: bool
    duration_ms: int | None = None
    parent: str | None = None


# --- harness events ------------------------------------------------------------------------------


class AgentSettled(Value):
    """No automatic work is left for this prompt: the one end mark."""

    aborted: bool


class RetryStart(Value):
    """A failed answer will be asked for again after `delay_ms`. `attempt` counts from 1."""

    attempt: int
    max_attempts: int
    delay_ms: int
    error: str


class RetryEnd(Value):
    """Retrying ended: with a good answer, or with `error` when it was given up."""

    success: bool
    attempt: int
    error: str | None = None


class EntryAppended(Value):
    """A session entry that is not a message of the run was stored."""

    entry: dict[str, Any]


class QueueUpdate(Value):
    """A queue changed; both complete queues, as texts."""

    steering: list[str]
    follow_up: list[str]


class CompactionStart(Value):
    """The history is being summarised. `reason` is manual, threshold or overflow."""

    reason: str


class CompactionEnd(Value):
    """Summarising ended; `result` is None when it was aborted or failed."""

    reason: str
    result: dict[str, Any] | None
    aborted: bool = False
    will_retry: bool = False
    error: str | None = None


class SummaryRetryScheduled(Value):
    """A failed summary request will be repeated after `delay_ms`."""

    attempt: int
    max_attempts: int
    delay_ms: int
    error: str


class SummaryRetryStart(Value):
    """A summary request is being repeated. `source` is compaction or branchSummary."""

    source: str
    reason: str | None = None


class SummaryRetryEnd(Value):
    """Repeating a summary request is over."""


class SessionInfoChanged(Value):
    """The session got another display name; None clears it."""

    name: str | None


class ThinkingLevelChanged(Value):
    """Another thinking level is in force."""

    level: str


class ShellUpdate(Value):
    """A command the user runs wrote something; `id` is what whoever started it calls it."""

    id: Any
    delta: str


class Notice(Value):
    """A line for the user that is not part of the conversation. `level` is info, warning or error.

    Print and JSON mode write it to stderr; it is not part of the JSON stream.
    """

    level: str
    text: str


class ExtensionFault(Value):
    """A function of an extension failed. `path` is the extension, `event` what it was called for.

    It is part of the RPC stream; print and JSON mode write it to stderr.
    """

    path: str
    event: str
    error: str
