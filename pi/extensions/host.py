"""The port through which extensions reach the program, and what goes wrong with them.

`Host` names every verb that the arguments `pi` and `ctx` of an extension need and that this package
cannot do itself. Row 6 implements it over an agent; until then each verb says that it is not
available yet. `Line` is an extension's end of the port: it is cut when the session is replaced or
the extensions are loaded anew, or when loading the extension failed.
"""

from __future__ import annotations

from pi.errors import Cancelled, PiError
from pi.extensions import pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pi.cancel import CancelToken
    from pi.events import ExtensionFault
    from pi.extensions.ui import Ui
    from pi.tools.base import Tool

REPLACED = (
    "this session was replaced or its extensions were loaded again: "
    "use what the newest session_start, or with_session, was given"
)
TOO_EARLY = "is not possible inside extend(): do it in a session_start handler or later"


class ExtensionError(PiError):
    """An extension asks for something that cannot be done; the text is one line for its author."""


class Host:
    """What the program does for extensions. Every verb may be called from any thread.

    Dicts are JSON with the session format's keys. A verb that cannot do what is asked raises a
    `PiError` of one line.
    """

    mode = "print"
    """How pi runs: tui, rpc, json or print."""

    has_ui = False
    """Whether there is someone to ask: in tui and rpc."""

    # --- always there ----------------------------------------------------------------------------

    def report(self, fault: ExtensionFault) -> None:
        """Tell that an extension failed: an event of the session, or a line on standard error."""
        raise _not_yet("report")

    def notice(self, level: str, text: str) -> None:
        """Tell the user a line; `level` is info, warning or error."""
        raise _not_yet("notice")

    def ui(self) -> Ui:
        """The user as this mode reaches him."""
        raise _not_yet("ui")

    def flag(self, name: str) -> Any:
        """What the command line gave for a flag of an extension; None if nothing."""
        raise _not_yet("flag")

    # --- the session (`ctx`, `pi`) ---------------------------------------------------------------

    def cwd(self) -> str:
        """The folder of the session."""
        raise _not_yet("cwd")

    def is_project_trusted(self) -> bool:
        """Whether what the project configures counts."""
        raise _not_yet("is_project_trusted")

    def session(self) -> Any:
        """A read-only view of the session (`pi.extensions.view.SessionView`)."""
        raise _not_yet("session")

    def append_entry(self, custom_type: str, data: Any) -> str:
        """Store an entry that no model sees; returns its id."""
        raise _not_yet("append_entry")

    def set_session_name(self, name: str) -> None:
        """Set the display name."""
        raise _not_yet("set_session_name")

    def get_session_name(self) -> str | None:
        """The display name."""
        raise _not_yet("get_session_name")

    def set_label(self, entry_id: str, label: str | None) -> None:
        """Set or, with None, remove the label of an entry."""
        raise _not_yet("set_label")

    def get_settings(self) -> dict[str, Any]:
        """A copy of the settings that count."""
        raise _not_yet("get_settings")

    def theme(self) -> Any:
        """The chosen theme, see `pi.theme.theme`."""
        raise _not_yet("theme")

    # --- messages and runs -----------------------------------------------------------------------

    def send_message(
        self, message: dict[str, Any], *, deliver_as: str | None, trigger_turn: bool | None
    ) -> None:
        """Put a custom message into the conversation; `deliver_as` steer, followUp or nextTurn."""
        raise _not_yet("send_message")

    def send_user_message(
        self, content: str | list[Any], *, deliver_as: str | None, expand: bool
    ) -> None:
        """Send a message as if the user had typed it; `expand` runs commands and templates."""
        raise _not_yet("send_user_message")

    def token(self) -> CancelToken | None:
        """The token of the run in progress; None when nothing runs."""
        raise _not_yet("token")

    def is_idle(self) -> bool:
        """Whether no run, retry or compaction is in progress."""
        raise _not_yet("is_idle")

    def abort(self) -> None:
        """Abort what runs."""
        raise _not_yet("abort")

    def has_pending_messages(self) -> bool:
        """Whether messages wait in a queue."""
        raise _not_yet("has_pending_messages")

    def shutdown(self) -> None:
        """Ask pi to end when it is idle."""
        raise _not_yet("shutdown")

    def get_context_usage(self) -> dict[str, Any] | None:
        """`{"tokens": n | None, "contextWindow": n, "percent": x | None}`."""
        raise _not_yet("get_context_usage")

    def compact(
        self,
        *,
        custom_instructions: str | None,
        on_complete: Callable[[dict[str, Any]], object] | None,
        on_error: Callable[[Exception], object] | None,
    ) -> None:
        """Begin to compact, and return."""
        raise _not_yet("compact")

    def get_system_prompt(self) -> str:
        """The prompt in force."""
        raise _not_yet("get_system_prompt")

    def get_system_prompt_options(self) -> dict[str, Any]:
        """What the prompt is made of."""
        raise _not_yet("get_system_prompt_options")

    # --- models ----------------------------------------------------------------------------------

    def models(self) -> Any:
        """The models: find, get_available, get_all, complete."""
        raise _not_yet("models")

    def model(self) -> dict[str, Any] | None:
        """The selected model."""
        raise _not_yet("model")

    def scoped_models(self) -> list[dict[str, Any]]:
        """The models of `--models`, each `{"model": ..., "thinkingLevel"?: ...}`."""
        raise _not_yet("scoped_models")

    def set_model(self, model: Any) -> bool:
        """Select a model; False if there are no credentials for it."""
        raise _not_yet("set_model")

    def thinking_level(self) -> str:
        """The level in force."""
        raise _not_yet("thinking_level")

    def set_thinking_level(self, level: str) -> None:
        """Select a level; it is clamped to what the model can do."""
        raise _not_yet("set_thinking_level")

    def register_provider(self, path: str, name: str, config: dict[str, Any]) -> None:
        """Add or change a provider for the extension at `path`, at once."""
        raise _not_yet("register_provider")

    def unregister_provider(self, path: str, name: str) -> None:
        """Take back what the extension registered."""
        raise _not_yet("unregister_provider")

    def register_virtual_model(self, path: str, model: dict[str, Any]) -> None:
        """Add a model that routes: `model["route"](request)` gives the one to use."""
        raise _not_yet("register_virtual_model")

    def unregister_virtual_model(self, path: str, provider: str, model_id: str) -> None:
        """Remove it."""
        raise _not_yet("unregister_virtual_model")

    # --- tools and commands ----------------------------------------------------------------------

    def tools_changed(self) -> None:
        """An extension registered a tool after the start: read `Runner.tools()` again."""
        raise _not_yet("tools_changed")

    def builtin_tool(self, name: str) -> Tool:
        """A built-in tool, bound to the session's folder."""
        raise _not_yet("builtin_tool")

    def get_active_tools(self) -> list[str]:
        """The names of the tools that the model is told of."""
        raise _not_yet("get_active_tools")

    def get_all_tools(self) -> list[dict[str, Any]]:
        """Every tool: name, description, parameters, promptGuidelines, exposure, sourceInfo."""
        raise _not_yet("get_all_tools")

    def set_active_tools(self, names: Sequence[str]) -> None:
        """Tell the model of these tools only; unknown names are passed over."""
        raise _not_yet("set_active_tools")

    def execute_tool(
        self,
        parent_id: str,
        name: str,
        arguments: Any,
        *,
        token: CancelToken | None,
        on_update: Callable[[dict[str, Any]], object] | None,
    ) -> dict[str, Any]:
        """Run a tool for a tool, with hooks; never raises for what goes wrong in it."""
        raise _not_yet("execute_tool")

    def callable_tools(self) -> list[dict[str, Any]]:
        """The tools that `execute_tool` can run."""
        raise _not_yet("callable_tools")

    def get_commands(self) -> list[dict[str, Any]]:
        """Every command that a prompt can call: name, description, source, sourceInfo."""
        raise _not_yet("get_commands")

    def exec(
        self,
        command: str,
        arguments: Sequence[str],
        *,
        cwd: str | None,
        timeout_ms: float | None,
        token: CancelToken | None,
        max_buffer: int | None,
    ) -> dict[str, Any]:
        """Run a program without a shell: stdout, stderr, code, killed, truncated."""
        raise _not_yet("exec")

    # --- what only commands may do ---------------------------------------------------------------

    def wait_for_idle(self) -> None:
        """Wait until nothing is in progress."""
        raise _not_yet("wait_for_idle")

    def new_session(self, **options: Any) -> dict[str, Any]:
        """Begin another session: parent_session, setup, with_session. `{"cancelled": bool}`."""
        raise _not_yet("new_session")

    def fork(self, entry_id: str, **options: Any) -> dict[str, Any]:
        """Fork at an entry: position "before" or "at", with_session. `{"cancelled": bool}`."""
        raise _not_yet("fork")

    def navigate_tree(self, target_id: str, **options: Any) -> dict[str, Any]:
        """Move to another entry: summarize, custom_instructions, replace_instructions, label."""
        raise _not_yet("navigate_tree")

    def switch_session(self, path: str, **options: Any) -> dict[str, Any]:
        """Take up another session: with_session. `{"cancelled": bool}`."""
        raise _not_yet("switch_session")

    def reload(self) -> None:
        """Load extensions, skills, prompts, themes and context files again."""
        raise _not_yet("reload")


def _not_yet(verb: str) -> ExtensionError:
    return ExtensionError(f"{verb} is not available yet: no session has started")


class Line:
    """An extension's end of the port. `why` says why it is cut; "" while it is not.

    `span` is where open dialogs are counted (`pi.extensions.front.Span`), None before a session.
    """

    __slots__ = ("_host", "is_loading", "span", "why")

    def __init__(self, host: Host) -> None:
        self._host = host
        self.is_loading = True
        self.span: Any = None
        self.why = ""

    def host(self, verb: str = "") -> Host:
        """The program. Raises ExtensionError if the line is cut, or `verb` has to wait."""
        self.check()
        if verb and self.is_loading:
            raise ExtensionError(f"{verb} {TOO_EARLY}")
        return self._host

    def check(self) -> None:
        """Raises ExtensionError if the line is cut, Cancelled in a handler that was given up."""
        if self.why:
            raise ExtensionError(self.why)
        job = pool.current()
        if job is not None and job.is_given_up:
            raise Cancelled("given up")

    def report(self, fault: ExtensionFault) -> None:
        """Tell that the extension failed, whether or not the line is cut."""
        self._host.report(fault)

    def cut(self, why: str) -> None:
        """From now on everything that needs the session is refused with this reason."""
        self.why = self.why or why
