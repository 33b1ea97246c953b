"""What a compaction would do to a branch: where to cut, what to summarise, what to keep.

    plan = make_plan(session.tree, keep_tokens=20_000)
    plan.first_kept_id       "a0b1c2d3": the entry the kept part begins with
    plan.history             messages to summarise; on a second compaction from the last kept part
    plan.prefix              the summarised beginning of the turn that the cut goes through
    plan.previous_summary    what the last compaction wrote, to be brought up to date

Going back from the leaf, messages are kept until they are worth `keep_tokens`. The cut is then the
next place where one is allowed: before a message of the user, an answer, a command the user ran, a
note or a branch summary, and so never between a call and its result. Entries without messages that
stand right before it are kept with it. A cut inside a turn splits it: `prefix` is the part of the
turn before the cut.

One exception: when the last input alone fills the context, and nothing follows it but answers that
were hidden after they failed, that input is summarised too, else recovery could not get anywhere.

Pure; the reference's compaction page and its behaviour on random sessions are the source.
"""

from __future__ import annotations

from pi.compaction.estimate import context_tokens, message_tokens
from pi.compaction.files import Files, files_of
from pi.errors import PiError
from pi.store.context import project
from pi.store.format import role_of
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.messages import Message
    from pi.store.format import Entry
    from pi.store.tree import Tree

    Step = tuple[Entry, list[Message]]

NOTHING = "Nothing to compact (session too small)"
ALREADY = "Already compacted"

_TURN_STARTS = frozenset(("user", "bashExecution", "custom", "branchSummary"))
_CUTS = _TURN_STARTS | {"assistant"}


class Plan(Value):
    """A compaction that can be made. `tokens_before` is the size of the context it replaces."""

    first_kept_id: str
    history: list[Message]
    prefix: list[Message]
    previous_summary: str | None
    files: Files
    tokens_before: int


def make_plan(tree: Tree, keep_tokens: int) -> Plan:
    """Plan a compaction of the active branch. Raises PiError when there is nothing to do."""
    leaf = tree.get(tree.leaf_id)
    if leaf is not None and leaf.get("type") == "compaction":
        raise PiError(ALREADY)
    steps = list(project(tree.walk()))
    latest = steps[0][0] if steps and steps[0][0].get("type") == "compaction" else None
    start = 0 if latest is None else 1
    cut = _cut(steps, start, keep_tokens)
    if cut is None:
        raise PiError(NOTHING)
    turn = _turn_start(steps, start, cut)
    history, prefix = _plain(steps[start:turn]), _plain(steps[turn:cut])
    if not history and not prefix:
        raise PiError(NOTHING)
    return Plan(
        steps[cut][0]["id"],
        history,
        prefix,
        None if latest is None else str(latest.get("summary") or "") or None,
        files_of([*history, *prefix], [] if latest is None else [latest]),
        context_tokens(tree),
    )


def _cut(steps: list[Step], start: int, keep_tokens: int) -> int | None:
    """Where the kept part begins; None where no cut is allowed."""
    allowed = [at for at in range(start, len(steps)) if _role(steps[at]) in _CUTS]
    if not allowed:
        return None
    full = _filled_at(steps, start, keep_tokens)
    cut = next((at for at in allowed if at >= full), allowed[-1])
    if _is_abandoned(steps[cut + 1 :]):
        return cut + 1
    while cut > start and not steps[cut - 1][1]:
        cut -= 1
    return cut


def _filled_at(steps: list[Step], start: int, keep_tokens: int) -> int:
    """The last step from which on messages are worth `keep_tokens`; `start` if all are worth less.

    The step itself has messages.
    """
    tokens = 0
    for at in range(len(steps) - 1, start - 1, -1):
        messages = steps[at][1]
        tokens += sum(map(message_tokens, messages))
        if messages and tokens >= keep_tokens:
            return at
    return start


def _is_abandoned(suffix: list[Step]) -> bool:
    """Whether what follows the cut is only a hidden answer, given to the very input before it."""
    if any(messages for _, messages in suffix):
        return False
    if not any(role_of(entry) == "assistant" for entry, _ in suffix):
        return False
    own = {entry["id"] for entry, _ in suffix}
    return not any(
        entry.get("type") == "context_edit"
        and entry.get("targetId") not in own
        and entry.get("replacement") is not None
        for entry, _ in suffix
    )


def _turn_start(steps: list[Step], start: int, cut: int) -> int:
    """Where the turn that is cut begins; the cut itself where it goes through none."""
    if _role(steps[cut]) in _TURN_STARTS:
        return cut
    for at in range(cut - 1, start - 1, -1):
        if _role(steps[at]) in _TURN_STARTS:
            return at
    return cut


def _role(step: Step) -> str | None:
    messages = step[1]
    return messages[-1].get("role") if messages else None


def _plain(steps: list[Step]) -> list[Message]:
    """The messages of steps, without those that declare prompt and tools."""
    return [message for _, found in steps for message in found if message.get("role") != "system"]
