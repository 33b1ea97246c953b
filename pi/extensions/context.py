"""`ctx`: what a handler, a command or a tool of an extension is given besides its event.

`CONTEXT_METHODS` has a row for each member: where it is there, and whether it is a value or a
method. Most are verbs of the port of the same name (`pi.extensions.host`). Members are looked up
when they are used, so a context may be kept, until the session is replaced.

    ctx.cwd, ctx.model, ctx.hasUI, ctx.session.get_branch(), ctx.ui.notify("hi")
"""

from __future__ import annotations

from pi.extensions import pool
from pi.extensions.action import run_program, send_message, send_user_message
from pi.extensions.front import Front, current_token
from pi.extensions.host import ExtensionError
from pi.extensions.naming import snake
from pi.extensions.takes import options
from pi.fit import why_not_content, why_not_json
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pi.extensions.extension import Extension
    from pi.extensions.host import Host
    from pi.tools.base import Call


class Member(Value):
    """One member of a context.

    `call` is how it is written. `on` is context (everywhere), command or tool.
    """

    name: str
    call: str
    on: str
    help: str
    is_value: bool = False


_ROWS = (
    Member("mode", "mode", "context", "How pi runs: tui, rpc, json or print.", True),
    Member("has_ui", "has_ui", "context", "Whether there is someone to ask: tui and rpc.", True),
    Member("ui", "ui", "context", "Questions, notices, widgets; see below.", True),
    Member("cwd", "cwd", "context", "The folder of the session.", True),
    Member(
        "is_project_trusted",
        "is_project_trusted()",
        "context",
        "Whether what the project configures counts.",
    ),
    Member("session", "session", "context", "The session, to read; see below.", True),
    Member("models", "models", "context", "The models: find, get_available, complete, ...", True),
    Member("model", "model", "context", "The selected model, a dict.", True),
    Member("thinking_level", "thinking_level", "context", "The thinking level in force.", True),
    Member("scoped_models", "scoped_models", "context", "The models of --models.", True),
    Member(
        "token",
        "token",
        "context",
        "Fires when the run is aborted: .cancelled, .on_cancel(function), .sleep(seconds). "
        "None where there is nothing to abort.",
        True,
    ),
    Member("flags", "flags", "context", "The values of the extension's own flags.", True),
    Member("is_idle", "is_idle()", "context", "Whether nothing is in progress."),
    Member("abort", "abort()", "context", "Abort what is in progress."),
    Member(
        "has_pending_messages", "has_pending_messages()", "context", "Whether messages are queued."
    ),
    Member("shutdown", "shutdown()", "context", "Ask pi to end, when it is idle."),
    Member(
        "get_context_usage",
        "get_context_usage()",
        "context",
        "How full the context is: tokens, contextWindow, percent.",
    ),
    Member(
        "compact",
        "compact(custom_instructions=None, on_complete=None, on_error=None)",
        "context",
        "Begin to compact, and return.",
    ),
    Member("get_system_prompt", "get_system_prompt()", "context", "The prompt in force."),
    Member(
        "exec",
        "exec(command, arguments=(), cwd=None, timeout_ms=None, token=None, max_buffer=None)",
        "context",
        "Run a program without a shell; see pi.exec.",
    ),
    Member(
        "get_system_prompt_options",
        "get_system_prompt_options()",
        "command",
        "What the prompt is made of.",
    ),
    Member("wait_for_idle", "wait_for_idle()", "command", "Wait until nothing is in progress."),
    Member(
        "new_session",
        "new_session(parent_session=None, setup=None, with_session=None)",
        "command",
        'Begin another session; gives {"cancelled": bool}.',
    ),
    Member(
        "fork",
        'fork(entry_id, position="before", with_session=None)',
        "command",
        'Fork at an entry, or, with position "at", copy up to it.',
    ),
    Member(
        "navigate_tree",
        "navigate_tree(target_id, summarize=False, custom_instructions=None, "
        "replace_instructions=False, label=None)",
        "command",
        "Go on from another entry of the session's tree.",
    ),
    Member(
        "switch_session",
        "switch_session(path, with_session=None)",
        "command",
        "Take up another session.",
    ),
    Member("reload", "reload()", "command", "Load extensions, skills, prompts and themes again."),
    Member(
        "send_message",
        "send_message(message, deliver_as=None, trigger_turn=None)",
        "command",
        "As pi.send_message, for this session.",
    ),
    Member(
        "send_user_message",
        "send_user_message(content, deliver_as=None, expand_prompt_templates=False)",
        "command",
        "As pi.send_user_message, for this session.",
    ),
    Member("tool_call_id", "tool_call_id", "tool", "The id of the call.", True),
    Member(
        "report", "report(partial)", "tool", "Tell of progress: a text, or content and details."
    ),
    Member("tools", "tools", "tool", "The tools that execute_tool can run.", True),
    Member(
        "execute_tool",
        "execute_tool(name, arguments, token=None, on_update=None)",
        "tool",
        "Run another tool, with its hooks; what goes wrong in it is in the result.",
    ),
)

CONTEXT_METHODS: dict[str, Member] = {row.name: row for row in _ROWS}
"""All rows by name, in the order of the documentation."""

SYNONYMS = {"session_manager": "session", "model_registry": "models", "signal": "token"}
"""Other names of members."""

_OPTIONS = {
    "new_session": ("parent_session", "setup", "with_session"),
    "fork": ("position", "with_session"),
    "navigate_tree": ("summarize", "custom_instructions", "replace_instructions", "label"),
    "switch_session": ("with_session",),
    "compact": ("custom_instructions", "on_complete", "on_error"),
}


class Context:
    """What handlers get; see the module's head."""

    __slots__ = ("_extension", "_front")
    _on: tuple[str, ...] = ("context",)

    def __init__(self, extension: Extension) -> None:
        self._extension = extension
        self._front = Front(extension)

    def __getattr__(self, name: str) -> Any:
        found = snake(name)
        row = CONTEXT_METHODS.get(SYNONYMS.get(found, found))
        if row is None:
            raise AttributeError(f"ctx has no {name}")
        if row.on not in self._on:
            raise AttributeError(f"{row.name} is there in a {row.on} only")
        own = getattr(type(self), f"_{row.name}", None)
        if row.is_value:
            return own(self) if own else self._verb(row.name)()
        return own.__get__(self) if own else self._verb(row.name)

    def __dir__(self) -> list[str]:
        return [row.name for row in _ROWS if row.on in self._on]

    def _host(self, verb: str = "") -> Host:
        return self._extension.line.host(verb)

    def _verb(self, name: str) -> Callable[..., Any]:
        """The port's verb of this name, with options in either way."""
        verb = getattr(self._host(f"ctx.{name}"), name)
        known = _OPTIONS.get(name)
        if known is None:
            return verb
        count = 1 if name in ("fork", "navigate_tree", "switch_session") else 0

        def call(*args: Any, **named: Any) -> Any:
            given = args[count] if len(args) > count else None
            found = options(f"ctx.{name}", given, named, known)
            return verb(*args[:count], **found)

        return call

    # --- members that are more than a verb of the port -------------------------------------------

    def _mode(self) -> str:
        return self._host().mode

    def _has_ui(self) -> bool:
        return self._host().has_ui

    def _ui(self) -> Front:
        self._extension.line.check()
        return self._front

    def _token(self) -> Any:
        return current_token(self._host("ctx.token"))

    def _flags(self) -> dict[str, Any]:
        return {name: flag_value(self._extension, name) for name in self._extension.flags}

    def _get_system_prompt(self) -> str:
        """While a run begins, the prompt as its handlers have made it so far."""
        host = self._host("ctx.get_system_prompt")
        job = pool.current()
        event = job.event if job is not None else None
        if event is not None and event.type == "before_agent_start" and event.system_prompt:
            return event.system_prompt
        return host.get_system_prompt()

    def _compact(self, given: dict[str, Any] | None = None, **named: Any) -> None:
        found = options("ctx.compact", given, named, _OPTIONS["compact"])
        self._host("ctx.compact").compact(**{key: found.get(key) for key in _OPTIONS["compact"]})

    def _exec(self, command: str, arguments: Sequence[str] = (), *rest: Any, **named: Any) -> Any:
        return run_program(self._host("ctx.exec"), command, arguments, *rest, **named)


class CommandContext(Context):
    """What commands get: a context that can replace the session."""

    __slots__ = ()
    _on = ("context", "command")

    def _send_message(self, *args: Any, **named: Any) -> None:
        send_message(self._host("ctx.send_message"), *args, **named)

    def _send_user_message(self, *args: Any, **named: Any) -> None:
        send_user_message(self._host("ctx.send_user_message"), *args, **named)


class ToolContext(Context):
    """What tools get: a context that knows the call."""

    __slots__ = ("_call",)
    _on = ("context", "tool")

    def __init__(self, extension: Extension, call: Call) -> None:
        super().__init__(extension)
        self._call = call

    def _token(self) -> Any:
        return self._call.token

    def _tool_call_id(self) -> str:
        return self._call.id

    def _report(self, partial: Any) -> None:
        self._call.report(partial_result(partial))

    def _tools(self) -> list[dict[str, Any]]:
        return self._host("ctx.tools").callable_tools()

    def _execute_tool(
        self, name: str, arguments: Any = None, given: dict[str, Any] | None = None, **named: Any
    ) -> dict[str, Any]:
        found = options("ctx.execute_tool", given, named, ("token", "signal", "on_update"))
        token = found.get("token") or found.get("signal") or self._call.token
        return self._host("ctx.execute_tool").execute_tool(
            self._call.id,
            name,
            {} if arguments is None else arguments,
            token=token,
            on_update=found.get("on_update"),
        )


def partial_result(given: Any) -> dict[str, Any]:
    """What a tool reports, as content and details. Raises ExtensionError."""
    if isinstance(given, str):
        return {"content": [{"type": "text", "text": given}]}
    if isinstance(given, dict) and not (
        why_not_content(given.get("content")) or why_not_json(given)
    ):
        if isinstance(given["content"], str):
            return {**given, "content": [{"type": "text", "text": given["content"]}]}
        return given
    raise ExtensionError('progress is a text, or a dict with "content" that JSON can hold')


def flag_value(extension: Extension, name: str) -> Any:
    """The value of an extension's flag: the command line's, or its default; None: no such flag."""
    flag = extension.flags.get(name)
    if flag is None:
        return None
    value = None if extension.line.is_loading else extension.line.host().flag(name)
    return flag.default if value is None else value
