"""What a row of the table of events is; the table itself is `pi.extensions.hook`.

A row says what an event has and what answers of handlers do:

    fields      what a handler reads: event.tool_name
    answers     the keys of the dict a handler may return; each replaces the event's field of its
                name, so that the handlers after it see it (`pi.extensions.fold`)
    stops       an answer that ends the dispatch
    collects    answers that are appended to a list: {"message": "messages"}
    whole       any answer but None is this field
    adjust      looks at an answer before it counts; may change it, or refuse it with ValueError
    on_error    the answer that counts when a handler fails: the row fails closed
    mutable     fields that handlers may change in place, or set

Kinds of fields and answers: text, truth (anything, taken as true or false), number, dict, list,
dicts (a list of dicts), texts, any; or the words of a choice, "steer|followUp".
"""

from __future__ import annotations

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Answer = dict[str, Any]
    Complain = Callable[[str], None]


class Field(Value):
    """A field of an event, or a key of an answer. `kind`: see the module's head."""

    kind: str
    help: str


class Hook(Value):
    """One event; see the module's head.

    `group` is the section of the documentation; `rule` says in a word what answers do: notice (they
    are ignored), chain (they replace fields), gate (they may stop what is about to happen),
    collect, boundary. `adjust(answer, event, path, complain)` returns the answer that counts.
    """

    name: str
    group: str
    rule: str
    help: str
    fields: dict[str, Field]
    answers: dict[str, Field] = {}  # noqa: RUF012 - never changed
    stops: Callable[[Answer], bool] | None = None
    collects: dict[str, str] = {}  # noqa: RUF012 - never changed
    whole: str = ""
    adjust: Callable[[Answer, Any, str, Complain], Answer] | None = None
    on_error: Callable[[str], Answer] | None = None
    mutable: tuple[str, ...] = ()
