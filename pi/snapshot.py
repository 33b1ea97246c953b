"""A conversation as plain JSON, to be moved between machines, programs and providers.

    text = Snapshot(messages, sections, tools, model).to_json()
    Snapshot.from_json(text).history()        messages that a session or a request begins with

The JSON is one object, and its parts are those of the session format:

    {"format": "pi-snapshot", "version": 1,
     "model": {"provider": "anthropic", "id": "...", ...}, "thinkingLevel": "high",
     "system": "", "sections": {"preamble": "You are ..."}, "tools": [{"name": "read", ...}],
     "messages": [{"role": "user", "content": [...], "timestamp": 1}, ...]}

`system`, `sections` and `tools` are the prompt the conversation begins with; system messages that
change it later stay among the messages. A model's `headers`, which may hold credentials, are
neither written nor read. Keys this version does not know are passed over in the outer object and
kept in messages.
"""

from __future__ import annotations

import json

from pi.errors import PiError
from pi.messages import system_message
from pi.text.jsontext import dumps
from pi.text.unicode import clean_json, decode
from pi.transcript import named, replay
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pi.messages import Message
    from pi.request import Model, ToolDecl

FORMAT = "pi-snapshot"
VERSION = 1
_NOT_MOVED = ("headers", "script")  # of a model: credentials; the replies of the scripted one


class SnapshotError(PiError):
    """A text is no snapshot, or none that this version reads."""


class Snapshot(Value):
    """A conversation and what it is held with; see the module's head.

    `model` is a catalogue entry. `thinking` is the level in force at the end. Where they are None,
    whoever goes on chooses them.
    """

    messages: Sequence[Message]
    sections: Mapping[str, str]
    tools: Sequence[ToolDecl] = ()
    model: Model | None = None
    thinking: str | None = None
    system: str = ""

    def to_json(self) -> str:
        """The whole of it as one line of JSON. Raises TypeError for what JSON cannot hold."""
        return dumps(
            {
                "format": FORMAT,
                "version": VERSION,
                "model": _moved(self.model),
                "thinkingLevel": self.thinking,
                "system": self.system,
                "sections": self.sections,
                "tools": self.tools,
                "messages": self.messages,
            }
        )

    @classmethod
    def from_json(cls, data: str | bytes) -> Snapshot:
        """What `to_json` wrote. Raises SnapshotError."""
        value = _parsed(data)
        _check(value)
        return cls(
            value["messages"],
            value.get("sections") or {},
            value.get("tools") or [],
            _moved(value.get("model")),
            value.get("thinkingLevel"),
            value.get("system") or "",
        )

    def history(self) -> list[Message]:
        """All messages, the first of which is a system message that declares prompt and tools."""
        stamp = self.messages[0].get("timestamp", 0) if self.messages else 0
        opening = system_message(self.sections, stamp, list(self.tools))
        opening["content"] = self.system
        says_something = self.system or self.sections or self.tools
        return [opening, *self.messages] if says_something else list(self.messages)


def snapshot_of(messages: Sequence[Message], model: Model | None, thinking: str | None) -> Snapshot:
    """The snapshot of a whole history: system messages it opens with become the prompt."""
    first = next((at for at, m in enumerate(messages) if m["role"] != "system"), len(messages))
    start = replay(messages[:first])
    return Snapshot(messages[first:], start.sections, start.tools, model, thinking, start.text)


def _moved(model: Model | None) -> Model | None:
    return model and {key: value for key, value in model.items() if key not in _NOT_MOVED}


def _parsed(data: str | bytes) -> dict[str, Any]:
    text = data if isinstance(data, str) else decode(data)
    try:
        value = clean_json(json.loads(text, parse_constant=_refuse))
    except RecursionError:
        raise SnapshotError("this is no snapshot: its JSON is nested too deeply") from None
    except ValueError as error:
        raise SnapshotError(f"this is no snapshot: {error}") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise SnapshotError(f'this is no snapshot: it is no object with "format": "{FORMAT}"')
    if value.get("version") != VERSION:
        raise SnapshotError(
            f"a snapshot of version {value.get('version')!r}; this pi reads version {VERSION}"
        )
    return value


def _refuse(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def _check(value: dict[str, Any]) -> None:
    """Raise SnapshotError for a part of the wrong shape."""
    for key, (expected, accepts) in _SHAPES.items():
        if not (accepts(value.get(key)) or (value.get(key) is None and key != "messages")):
            raise SnapshotError(f"the snapshot's {key} is wrong: it must be {expected}")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _are_messages(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) and isinstance(item.get("role"), str) for item in value
    )


def is_model(value: object) -> bool:
    """Whether a value is a model's description, as far as can be told from its keys."""
    return isinstance(value, dict) and all(
        isinstance(value.get(key), str) for key in ("provider", "id", "api")
    )


_SHAPES = {
    "messages": ("a list of messages with a role", _are_messages),
    "sections": (
        "an object of texts",
        lambda value: isinstance(value, dict) and all(map(_is_text, value.values())),
    ),
    "tools": (
        "a list of objects with a name",
        lambda value: isinstance(value, list) and named(value) == value,
    ),
    "model": ("an object with provider, id and api", is_model),
    "thinkingLevel": ("a text", _is_text),
    "system": ("a text", _is_text),
}
