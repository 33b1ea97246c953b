"""`pi`: what `extend(pi)` is given.

`METHODS` has a row for each member. Those of the first half register something and may be used at
any time (`pi.extensions.registration`); the others act on a session and have to wait until one has
started (`pi.extensions.action`, or a verb of the port of the same name).

    pi.register_tool(...), pi.registerTool(...)     either spelling
"""

from __future__ import annotations

from pi import __version__
from pi.extensions import action
from pi.extensions.naming import snake
from pi.extensions.registration import Registration
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.extensions.bus import Bus
    from pi.extensions.extension import Extension


class Method(Value):
    """One member of `pi`. `call` is how it is written; `when` is load (at any time) or session."""

    name: str
    call: str
    when: str
    help: str


_ROWS = (
    Method(
        "on",
        "on(event, handler=None)",
        "load",
        "Handle an event: handler(event, ctx). Returns what undoes it; without a handler it is a "
        "decorator.",
    ),
    Method(
        "register_tool",
        "register_tool(definition=None, **fields)",
        "load",
        "Register a tool: a dict, fields by name, or a plain function.",
    ),
    Method(
        "tool",
        "tool(function=None, **fields)",
        "load",
        "Decorator: register a plain function as a tool. A parameter ctx gets the context.",
    ),
    Method(
        "register_command",
        'register_command(name, handler, description="", complete=None)',
        "load",
        "Register a slash command: handler(args, ctx). complete(prefix) gives texts, or dicts with "
        "value and label.",
    ),
    Method(
        "command",
        'command(name, description="", complete=None)',
        "load",
        "Decorator: register a function as a slash command.",
    ),
    Method(
        "register_shortcut",
        'register_shortcut(key, handler, description="")',
        "load",
        'Register a key, such as "ctrl+shift+p": handler(ctx).',
    ),
    Method(
        "register_flag",
        'register_flag(name, type="boolean", default=None, description="")',
        "load",
        "Register a flag of the command line, boolean or string.",
    ),
    Method(
        "get_flag",
        "get_flag(name)",
        "load",
        "The value of one of the extension's own flags; inside extend, its default.",
    ),
    Method(
        "register_setting",
        'register_setting(key, kind="text", default=None, help="")',
        "load",
        "Register a setting of the extension, kept under extensionSettings.<extension>.<key>; kind "
        "is text, truth, number, list, dict or any.",
    ),
    Method(
        "get_setting", "get_setting(key)", "load", "The value of one of the extension's settings."
    ),
    Method(
        "register_provider",
        "register_provider(name, config)",
        "load",
        "Register or change a provider of models.",
    ),
    Method("unregister_provider", "unregister_provider(name)", "load", "Take a provider back."),
    Method(
        "register_virtual_model",
        "register_virtual_model(model)",
        "load",
        "Register a model that chooses another for each request: provider, id, "
        "route(request, ctx), name, thinkingLevels, contextWindow, maxTokens, input.",
    ),
    Method(
        "unregister_virtual_model",
        "unregister_virtual_model(provider, model_id)",
        "load",
        "Take a virtual model back.",
    ),
    Method(
        "register_message_renderer",
        "register_message_renderer(custom_type, renderer)",
        "load",
        "Draw custom messages of a type: renderer(message, options, theme).",
    ),
    Method(
        "register_entry_renderer",
        "register_entry_renderer(custom_type, renderer)",
        "load",
        "Draw custom entries of a type: renderer(entry, options, theme).",
    ),
    Method(
        "register_tool_renderer",
        "register_tool_renderer(resolver)",
        "load",
        "Say how calls of any tool are drawn: resolver(tool_name, next).",
    ),
    Method(
        "register_markdown_transformer",
        "register_markdown_transformer(transformer, message_types=None)",
        "load",
        "Change Markdown before it is drawn: transformer(markdown, context).",
    ),
    Method(
        "events",
        "events.on(channel, handler), events.emit(channel, data)",
        "load",
        "Messages between extensions.",
    ),
    Method("version", "version", "load", "The version of pi."),
    Method(
        "send_message",
        "send_message(message, deliver_as=None, trigger_turn=None)",
        "session",
        "Put a custom message into the conversation: customType, content, display, details. "
        "deliver_as is steer, followUp or nextTurn; trigger_turn starts a run if nothing runs.",
    ),
    Method(
        "send_user_message",
        "send_user_message(content, deliver_as=None, expand_prompt_templates=False)",
        "session",
        "Send a message as if the user had typed it. deliver_as, steer or followUp, is needed "
        "while a run is in progress.",
    ),
    Method(
        "append_entry",
        "append_entry(custom_type, data=None)",
        "session",
        "Store an entry that no model sees; returns its id.",
    ),
    Method("set_session_name", "set_session_name(name)", "session", "Set the display name."),
    Method("get_session_name", "get_session_name()", "session", "The display name, or None."),
    Method(
        "set_label", "set_label(entry_id, label)", "session", "Label an entry; None removes it."
    ),
    Method(
        "exec",
        "exec(command, arguments=(), cwd=None, timeout_ms=None, token=None, max_buffer=None)",
        "session",
        "Run a program without a shell; gives stdout, stderr, code, killed and truncated.",
    ),
    Method(
        "get_active_tools",
        "get_active_tools()",
        "session",
        "The names of the tools that the model is told of.",
    ),
    Method(
        "get_all_tools",
        "get_all_tools()",
        "session",
        "Every tool: name, description, parameters, promptGuidelines, exposure, sourceInfo.",
    ),
    Method(
        "set_active_tools",
        "set_active_tools(names)",
        "session",
        "Tell the model of these tools only; unknown names are passed over.",
    ),
    Method(
        "builtin_tool",
        "builtin_tool(name)",
        "session",
        "A built-in tool, to wrap: its run(arguments, call) does the work.",
    ),
    Method(
        "set_model",
        "set_model(model)",
        "session",
        "Select a model for this session; False if there are no credentials for it.",
    ),
    Method("get_thinking_level", "get_thinking_level()", "session", "The thinking level in force."),
    Method(
        "set_thinking_level",
        "set_thinking_level(level)",
        "session",
        "Select a thinking level; it is clamped to what the model can do.",
    ),
    Method(
        "get_commands",
        "get_commands()",
        "session",
        "Every command that a prompt can call: name, description, source, sourceInfo.",
    ),
    Method("get_settings", "get_settings()", "session", "A copy of the settings in force."),
)

METHODS: dict[str, Method] = {row.name: row for row in _ROWS}
"""All rows by name, in the order of the documentation."""

_CHECKED = {
    "send_message": action.send_message,
    "send_user_message": action.send_user_message,
    "append_entry": action.append_entry,
    "set_session_name": action.set_session_name,
    "set_label": action.set_label,
    "exec": action.run_program,
    "set_active_tools": action.set_active_tools,
    "set_thinking_level": action.set_thinking_level,
    "builtin_tool": action.builtin_tool,
}
_VERBS = {"get_thinking_level": "thinking_level"}


class Api:
    """`pi`, for one extension; see the module's head."""

    __slots__ = ("_extension", "_registration", "version")

    def __init__(self, extension: Extension, bus: Bus) -> None:
        self._extension = extension
        self._registration = Registration(extension, bus)
        self.version = __version__

    def __getattr__(self, name: str) -> Any:
        row = METHODS.get(snake(name))
        if row is None:
            raise AttributeError(f"pi has no {name}")
        if row.when == "load":
            return getattr(self._registration, row.name)
        host = self._extension.line.host(f"pi.{row.name}")
        function = _CHECKED.get(row.name)
        if function is None:
            return getattr(host, _VERBS.get(row.name, row.name))
        return lambda *args, **named: function(host, *args, **named)

    def __dir__(self) -> list[str]:
        return list(METHODS)

    def __repr__(self) -> str:
        return f"<pi {self.version} for {self._extension.name}>"
