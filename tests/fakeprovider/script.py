"""Scripts: which reply, with which fault, answers which request.

    Script(["Hello", {"calls": [...]}, "Done"])            one reply a model request, in order
    Script(["Hello"], after="repeat-last")                 or "repeat", or "refuse" (default)
    Script(lambda request: f"You said {request.conversation.last_user_text}")
    Script(["Hi"], schedule=[{"first": 2, "error": "overloaded"}])

A script file is JSON: a list of replies, or an object with `replies` or `agent` (see `agent`), and
`after`, `schedule`. A rule of the schedule names the requests it is for: `first` (how many),
`at` (numbers), `every` (each n-th), `from` (number), and perhaps `model` or `format`; and what it
does: `error` or `fault`. Requests are counted from 1 over all model requests. A rule that makes the
answer useless does not use up a reply, so the client's next attempt gets it; `uses_reply` overrides
this where a client puts up with the fault.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path

from pi.value import Value, replace
from tests.fakeprovider.agent import agent_of
from tests.fakeprovider.fault import Fault, fault_of, merged
from tests.fakeprovider.reply import Reply, ScriptError, reply_of
from tests.fakeprovider.vendor_error import error_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from tests.fakeprovider.request import Request
    from tests.fakeprovider.vendor_error import VendorError

AFTER = ("refuse", "repeat-last", "repeat")
_RULE_KEYS = (
    "first",
    "at",
    "every",
    "from",
    "model",
    "format",
    "error",
    "fault",
    "headers",
    "uses_reply",
)


class Rule(Value):
    """One row of a schedule; see the module's head."""

    first: int = 0
    at: tuple[int, ...] = ()
    every: int = 0
    start: int = 0
    model: str = ""
    format: str = ""
    error: VendorError | None = None
    headers: tuple[tuple[str, str], ...] = ()
    fault: Fault | None = None
    uses_reply: bool | None = None

    @property
    def spares_reply(self) -> bool:
        """Whether the reply is kept for the next request."""
        if self.uses_reply is not None:
            return not self.uses_reply
        return self.error is not None or (self.fault is not None and self.fault.is_spoiling)

    def is_for(self, number: int, request: Request) -> bool:
        """Whether the rule is for the n-th model request."""
        if self.model and self.model != request.body.get("model"):
            return False
        if self.format and self.format != request.format.NAME:
            return False
        when = (
            number <= self.first if self.first else None,
            number in self.at if self.at else None,
            number % self.every == 0 if self.every else None,
            number >= self.start if self.start else None,
        )
        said = [holds for holds in when if holds is not None]
        return not said or any(said)


def rule_of(value: object, where: str = "schedule") -> Rule:
    """The Rule an object means. Raises ScriptError."""
    if isinstance(value, Rule):
        return value
    if not isinstance(value, dict) or not ("error" in value or "fault" in value):
        raise ScriptError(f'{where}: a rule is an object with "error" or "fault"')
    unknown = [key for key in value if key not in _RULE_KEYS]
    if unknown:
        raise ScriptError(
            f'{where}: unknown key "{unknown[0]}"; known are: {", ".join(_RULE_KEYS)}'
        )
    try:
        return Rule(
            first=value.get("first", 0),
            at=tuple(value.get("at", ())),
            every=value.get("every", 0),
            start=value.get("from", 0),
            model=value.get("model", ""),
            format=value.get("format", ""),
            error=error_of(value["error"]) if "error" in value else None,
            headers=tuple((name, str(text)) for name, text in value.get("headers", {}).items()),
            fault=fault_of(value["fault"]) if "fault" in value else None,
            uses_reply=value.get("uses_reply"),
        )
    except (ValueError, TypeError) as error:
        raise ScriptError(f"{where}: {error}") from None


class Script:
    """A source of replies, safe to ask from several threads."""

    def __init__(
        self,
        replies: Iterable[Any] | Callable[[Request], Any] = (),
        *,
        schedule: Iterable[Any] = (),
        after: str = "refuse",
    ) -> None:
        if after not in AFTER:
            raise ScriptError(f'"after" must be one of {", ".join(AFTER)}, got {after!r}')
        self._function = replies if callable(replies) else None
        self._replies = [] if callable(replies) else self._checked(replies)
        self._rules = [
            rule_of(rule, f"schedule rule {number}") for number, rule in enumerate(schedule, 1)
        ]
        self._after = after
        self._asked = self._used = 0
        self._lock = threading.Lock()

    @staticmethod
    def _checked(replies: Iterable[Any]) -> list[Any]:
        return [
            reply if callable(reply) else reply_of(reply, f"reply {number}")
            for number, reply in enumerate(replies, 1)
        ]

    def add(self, *replies: Any) -> None:
        """Append replies."""
        with self._lock:
            self._replies += self._checked(replies)

    def add_rule(self, rule: Any) -> None:
        """Append a rule of the schedule, counted from the script's first request."""
        with self._lock:
            self._rules.append(rule_of(rule))

    @property
    def left(self) -> int:
        """How many replies have not been used."""
        return max(0, len(self._replies) - self._used)

    def answer(self, request: Request) -> tuple[Reply | None, Fault]:
        """What to answer, and how; no reply when the script has come to its end."""
        with self._lock:
            self._asked += 1
            rules = [rule for rule in self._rules if rule.is_for(self._asked, request)]
            spared = any(rule.spares_reply for rule in rules)
            failing = next((rule for rule in rules if rule.error is not None), None)
            source = None if failing else self._take(spared)
        if failing:
            reply = Reply(error=failing.error, headers=failing.headers)
        else:
            reply = reply_of(source(request) if callable(source) else source) if source else None
        fault = reply.fault if reply is not None and reply.fault else Fault()
        for rule in rules:
            fault = merged(fault, rule.fault) if rule.fault else fault
        if reply is not None and fault.reply:
            reply = replace(reply, **dict(fault.reply))
        return reply, fault

    def _take(self, spared: bool) -> Any:
        """The next reply, or the function; it is used up unless the answer will be useless."""
        if self._function is not None:
            return self._function
        at = self._used
        if at >= len(self._replies):
            if self._after == "refuse" or not self._replies:
                return None
            at = -1 if self._after == "repeat-last" else at % len(self._replies)
        if not spared:
            self._used += 1
        return self._replies[at]


def script_of(value: Any) -> Script:
    """The Script a list, a function, or an object as in a script file means."""
    if isinstance(value, Script):
        return value
    if callable(value) or isinstance(value, (list, tuple)):
        return Script(value)
    if not isinstance(value, dict):
        raise ScriptError(f"a script is a list or an object, got {type(value).__name__}")
    unknown = value.keys() - {"replies", "agent", "after", "schedule"}
    if unknown:
        raise ScriptError(f'unknown key "{min(unknown)}" in the script')
    replies = value.get("replies", [])
    if "agent" in value:
        try:
            replies = agent_of(value["agent"])
        except (ValueError, TypeError) as error:
            raise ScriptError(f"agent: {error}") from None
    return Script(replies, schedule=value.get("schedule", ()), after=value.get("after", "refuse"))


def load(path: str | Path) -> Script:
    """The script in a file. Raises ScriptError, naming the file."""
    try:
        return script_of(json.loads(Path(path).read_text("utf-8")))
    except OSError as error:
        raise ScriptError(f"cannot read the script {path}: {error.strerror}") from None
    except ValueError as error:
        raise ScriptError(f"{path}: {error}") from None
