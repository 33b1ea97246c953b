"""What extensions do to a session once it has started, with what they give checked.

    send_message(host, {"customType": "todo", "content": "3 left", "display": True})
    ran = run_program(host, "git", ["status"], timeout_ms=5000)
    ran.stdout, ran.stderr, ran.code, ran.killed, ran.truncated

Each takes the port first; `pi.extensions.api` and `.context` offer them without it.
"""

from __future__ import annotations

from pi.extensions.fold import is_of, wanted
from pi.extensions.front import current_token
from pi.extensions.host import ExtensionError
from pi.extensions.takes import options
from pi.fit import why_not_content, why_not_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pi.extensions.host import Host

_EXEC = ("cwd", "timeout_ms", "timeout", "token", "signal", "max_buffer")
_DELIVERIES = (None, "steer", "followUp", "nextTurn")


class Ran(dict):
    """How a program ended; a dict whose keys are attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def run_program(
    host: Host,
    command: str,
    arguments: Sequence[str] = (),
    given: dict[str, Any] | None = None,
    **named: Any,
) -> Ran:
    """Run a program without a shell and wait for its end. Raises PiError if it cannot start.

    It ends when the current run is aborted, unless it is given a token of its own.
    """
    found = options("exec", given, named, _EXEC)
    texts = not isinstance(arguments, str) and all(isinstance(each, str) for each in arguments)
    if not isinstance(command, str) or not texts:
        raise ExtensionError('exec takes a name and a list of texts: exec("git", ["status"])')
    ran = host.exec(
        command,
        list(arguments),
        cwd=found.get("cwd"),
        timeout_ms=found.get("timeout_ms", found.get("timeout")),
        token=found.get("token") or found.get("signal") or current_token(host),
        max_buffer=found.get("max_buffer"),
    )
    return Ran(ran)


def send_message(
    host: Host, message: dict[str, Any], given: dict[str, Any] | None = None, **named: Any
) -> None:
    """Put a custom message into the conversation: customType, content, display, details."""
    found = options("send_message", given, named, ("deliver_as", "trigger_turn"))
    require("send_message: message", "dict", message)
    keys = {"custom_type": "customType"}
    whole = {keys.get(key, key): value for key, value in message.items()}
    require("send_message: customType", "text", whole.get("customType"))
    _content("send_message", whole.get("content"))
    if why_not_json(whole):
        raise ExtensionError("send_message: the message has something that JSON cannot hold")
    whole["display"] = bool(whole.get("display", True))
    host.send_message(
        whole, deliver_as=_delivery("send_message", found), trigger_turn=found.get("trigger_turn")
    )


def send_user_message(
    host: Host, content: str | list[Any], given: dict[str, Any] | None = None, **named: Any
) -> None:
    """Send a message as if the user had typed it."""
    known = ("deliver_as", "expand_prompt_templates", "expand")
    found = options("send_user_message", given, named, known)
    _content("send_user_message", content)
    host.send_user_message(
        content,
        deliver_as=_delivery("send_user_message", found),
        expand=bool(found.get("expand_prompt_templates", found.get("expand", False))),
    )


def append_entry(host: Host, custom_type: str, data: Any = None) -> str:
    """Store an entry that no model sees; returns its id."""
    require("append_entry: custom_type", "text", custom_type)
    return host.append_entry(custom_type, data)


def set_session_name(host: Host, name: str) -> None:
    """Set the display name of the session."""
    require("set_session_name: name", "text", name)
    host.set_session_name(name)


def set_label(host: Host, entry_id: str, label: str | None = None) -> None:
    """Set the label of an entry; None removes it."""
    require("set_label: entry_id", "text", entry_id)
    if label is not None:
        require("set_label: label", "text", label)
    host.set_label(entry_id, label)


def set_active_tools(host: Host, names: Sequence[str]) -> None:
    """Tell the model of these tools only."""
    require("set_active_tools: names", "texts", names if isinstance(names, str) else list(names))
    host.set_active_tools(list(names))


def set_thinking_level(host: Host, level: str) -> None:
    """Select a thinking level."""
    require("set_thinking_level: level", "text", level)
    host.set_thinking_level(level)


def builtin_tool(host: Host, name: str) -> Any:
    """A built-in tool, to wrap."""
    require("builtin_tool: name", "text", name)
    return host.builtin_tool(name)


def require(where: str, kind: str, value: Any) -> None:
    """Raises ExtensionError where a value is not of a kind (`pi.extensions.row`)."""
    if not is_of(kind, value):
        raise ExtensionError(f"{where} must be {wanted(kind)}, not {type(value).__name__}")


def _content(where: str, content: Any) -> None:
    if not isinstance(content, str):
        require(f"{where}: content", "dicts", content)
    if why_not_content(content):
        raise ExtensionError(f"{where}: content must be a text, or a list of text and image blocks")


def _delivery(where: str, found: dict[str, Any]) -> str | None:
    deliver_as = found.get("deliver_as")
    deliver_as = "followUp" if deliver_as == "follow_up" else deliver_as
    deliver_as = "nextTurn" if deliver_as == "next_turn" else deliver_as
    if deliver_as not in _DELIVERIES:
        raise ExtensionError(f"{where}: deliver_as must be steer, followUp or nextTurn")
    return deliver_as
