"""The commands of RPC mode: one row each, with the fields it takes and what it does.

    COMMANDS["bash"]        Command("bash", bash, (Field("command", TEXT), ...))
    run(value, agent, write, spawn)

A handler runs on the thread that takes the commands in, so commands happen in the order they come.
One that takes long returns a function instead of its result: that runs on a thread of its own, and
the next command is not kept waiting. What is wrong with a field is told before anything is done.
"""

from __future__ import annotations

from pi.errors import PiError
from pi.modes.rpc import handler as do
from pi.modes.rpc.call import LATER, Call
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.agent.agent import Agent


class Kind(Value):
    """What a field may hold: how that is called, and the check."""

    name: str
    accepts: Callable[[Any], bool]


class Field(Value):
    """A field of a command. One that is not required may also be null."""

    name: str
    kind: Kind
    required: bool = True


class Command(Value):
    """A command: `handle(call)` gives its data, or a function that does, or raises PiError."""

    name: str
    handle: Callable[[Call], Any]
    fields: tuple[Field, ...] = ()


def _is_image(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(key), str) for key in ("data", "mimeType")
    )


def _one_of(*names: str) -> Kind:
    return Kind(" or ".join(f'"{name}"' for name in names), lambda value: value in names)


TEXT = Kind("a string", lambda value: isinstance(value, str))
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
IMAGES = Kind(
    "a list of images with data (base64) and mimeType",
    lambda value: isinstance(value, list) and all(map(_is_image, value)),
)
MODE = _one_of("all", "one-at-a-time")

_MESSAGE = (Field("message", TEXT), Field("images", IMAGES, False))
_MODE = (Field("mode", MODE),)
_ENABLED = (Field("enabled", FLAG),)

_ROWS = (
    Command(
        "prompt",
        do.prompt,
        (*_MESSAGE, Field("streamingBehavior", _one_of("steer", "followUp"), False)),
    ),
    Command("steer", do.steer, _MESSAGE),
    Command("follow_up", do.follow_up, _MESSAGE),
    Command("abort", do.abort),
    Command("clear_queue", do.clear_queue),
    Command("new_session", do.new_session, (Field("parentSession", TEXT, False),)),
    Command("get_state", do.get_state),
    Command("get_messages", do.get_messages),
    Command("set_model", do.set_model, (Field("provider", TEXT), Field("modelId", TEXT))),
    Command("cycle_model", do.cycle_model),
    Command("get_available_models", do.get_available_models),
    Command("set_thinking_level", do.set_thinking_level, (Field("level", TEXT),)),
    Command("cycle_thinking_level", do.cycle_thinking_level),
    Command("get_available_thinking_levels", do.get_available_thinking_levels),
    Command("set_steering_mode", do.set_steering_mode, _MODE),
    Command("set_follow_up_mode", do.set_follow_up_mode, _MODE),
    Command("compact", do.compact, (Field("customInstructions", TEXT, False),)),
    Command("set_auto_compaction", do.set_auto_compaction, _ENABLED),
    Command("set_auto_retry", do.set_auto_retry, _ENABLED),
    Command("abort_retry", do.abort_retry),
    Command("bash", do.bash, (Field("command", TEXT), Field("excludeFromContext", FLAG, False))),
    Command("abort_bash", do.abort_bash),
    Command("get_session_stats", do.get_session_stats),
    Command("export_html", do.export_html, (Field("outputPath", TEXT, False),)),
    Command("switch_session", do.switch_session, (Field("sessionPath", TEXT),)),
    Command("fork", do.fork, (Field("entryId", TEXT),)),
    Command("clone", do.clone),
    Command("get_fork_messages", do.get_fork_messages),
    Command("get_entries", do.get_entries, (Field("since", TEXT, False),)),
    Command("get_tree", do.get_tree),
    Command("get_last_assistant_text", do.get_last_assistant_text),
    Command("set_session_name", do.set_session_name, (Field("name", TEXT),)),
    Command("get_commands", do.get_commands),
)
COMMANDS = {row.name: row for row in _ROWS}
"""Every command by name."""


def run(
    value: Any,
    agent: Agent,
    write: Callable[[str], object],
    spawn: Callable[[Callable[[], object]], object],
) -> None:
    """Handle one command. `value` is whatever JSON came; every one of them gets a response.

    `write` takes lines to send; `spawn` runs a function on a thread of its own.
    """
    call = Call(value, agent, write)
    row = COMMANDS.get(call.name) if isinstance(call.name, str) else None
    if row is None:
        call.fail(_unknown(value, call.name))
        return
    problem = _problem(row, value)
    if problem:
        call.fail(problem)
    else:
        _answer(call, lambda: row.handle(call), spawn)


def _answer(
    call: Call, handle: Callable[[], Any], spawn: Callable[[Callable[[], object]], object]
) -> None:
    try:
        data = handle()
    except PiError as error:
        call.fail(str(error))
    except Exception as error:  # noqa: BLE001 - a user's request: one of the three named places
        call.fail(f"{type(error).__name__}: {error}")
    else:
        if callable(data):
            spawn(lambda: _answer(call, data, spawn))
        elif data is not LATER:
            call.succeed(data)


def _unknown(value: Any, name: Any) -> str:
    if not isinstance(value, dict) or name is None:
        return 'A command is an object with a type, such as {"type":"get_state"}'
    return f"Unknown command: {name}"


def _problem(row: Command, command: dict[str, Any]) -> str:
    """What is wrong with the fields of a command; "" if nothing is."""
    for field in row.fields:
        value = command.get(field.name)
        if value is None and not field.required:
            continue
        if not field.kind.accepts(value):
            problem = "is missing" if value is None else "is wrong"
            return f"{row.name}: {field.name} {problem}: it must be {field.kind.name}"
    return ""
