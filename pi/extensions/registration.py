"""What an extension registers: the half of `pi` that may be used inside `extend`.

Everything is checked when it is registered; what is wrong raises ExtensionError, which ends
`extend` and with it the extension, naming its file and line. Registering the same name again
replaces what the extension had.
"""

from __future__ import annotations

from pi.extensions.action import require
from pi.extensions.bus import Channel
from pi.extensions.context import flag_value
from pi.extensions.definition import registered
from pi.extensions.extension import Command, Flag, Handler, Renderer, Setting, Shortcut
from pi.extensions.fold import is_of, wanted
from pi.extensions.hook import ELSEWHERE, HOOKS
from pi.extensions.host import ExtensionError
from pi.extensions.naming import snake
from pi.extensions.takes import checked, fitting, options, positional

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.extensions.bus import Bus
    from pi.extensions.extension import Extension
    from pi.extensions.host import Host

SURFACES = ("user", "assistant", "assistant-thinking", "custom", "summary", "changelog")
"""What Markdown transformers can be for; the first three if they do not say."""

_SETTING_KINDS = ("text", "truth", "number", "list", "dict", "any")
_FLAG_KINDS = {"boolean": bool, "string": str}


class Registration:
    """Registers for one extension; see the module's head."""

    def __init__(self, extension: Extension, bus: Bus) -> None:
        self._extension = extension
        self.events = Channel(bus, extension)

    # --- events ----------------------------------------------------------------------------------

    def on(self, event: str, handler: Callable[..., Any] | None = None) -> Callable[..., Any]:
        """Handle an event. Returns what undoes it; without a handler, a decorator."""
        name = snake(event) if isinstance(event, str) else ""
        if name not in HOOKS and name not in ELSEWHERE:
            raise ExtensionError(f"there is no event {event!r}; there are {', '.join(HOOKS)}")
        if handler is None:
            return lambda function: (self._subscribe(name, function), function)[1]
        return self._subscribe(name, handler)

    def _subscribe(self, name: str, handler: Callable[..., Any]) -> Callable[[], None]:
        checked(handler, f"the handler of {name}")
        self._extension.line.check()
        count = min(2, positional(handler))
        return self._extension.on(name, Handler(self._extension, handler, count))

    # --- tools -----------------------------------------------------------------------------------

    def register_tool(self, definition: Any = None, **fields: Any) -> None:
        """Register a tool: a dict, a Tool or a plain function; fields by name count more."""
        self._extension.line.check()
        tool, odd = registered(self._extension, definition, fields)
        for line in odd:
            self._extension.warn(line)
        self._extension.tools[tool.tool.name] = tool
        host = self._late()
        if host is not None:
            host.tools_changed()

    def tool(self, function: Callable[..., Any] | None = None, **fields: Any) -> Callable[..., Any]:
        """A decorator that registers a plain function as a tool; it may be given fields."""
        if function is None:
            return lambda each: self.tool(each, **fields)
        self.register_tool(function, **fields)
        return function

    # --- commands, shortcuts, flags, settings ----------------------------------------------------

    def register_command(
        self,
        name: str,
        handler: Callable[..., Any] | dict[str, Any] | None = None,
        **named: Any,
    ) -> None:
        """Register a slash command: `handler(args, ctx)`, description, complete(prefix)."""
        known = ("handler", "description", "complete", "get_argument_completions")
        own = handler if isinstance(handler, dict) else {"handler": handler}
        found = {**own, **{key: value for key, value in named.items() if value is not None}}
        found = options("register_command", found, {}, known)
        name = name.strip().removeprefix("/") if isinstance(name, str) else ""
        if not name or any(char.isspace() for char in name):
            raise ExtensionError("a command needs a name without spaces")
        run = checked(found.get("handler"), f"the handler of /{name}")
        complete = found.get("complete") or found.get("get_argument_completions")
        if complete is not None:
            checked(complete, f"complete of /{name}")
        description = found.get("description") or _first_line(run)
        require(f"description of /{name}", "text", description)
        self._extension.line.check()
        command = Command(name, run, description, complete, self._extension)
        self._extension.commands[name] = command

    def command(
        self, name: str | Callable[..., Any] | None = None, **named: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A decorator that registers a function as a command, by default under its own name."""
        if callable(name):
            return self.command()(name)

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            own = function.__name__.replace("_", "-") if name is None else name
            self.register_command(own, function, **named)
            return function

        return register

    def register_shortcut(
        self,
        key: str,
        handler: Callable[..., Any] | dict[str, Any] | None = None,
        **named: Any,
    ) -> None:
        """Register a key: `handler(ctx)`, description."""
        own = handler if isinstance(handler, dict) else {"handler": handler}
        found = options(
            "register_shortcut",
            {**own, **{name: value for name, value in named.items() if value is not None}},
            {},
            ("handler", "description"),
        )
        if not isinstance(key, str) or not key.strip():
            raise ExtensionError('a shortcut needs a key, such as "ctrl+shift+p"')
        run = checked(found.get("handler"), f"the handler of {key}")
        self._extension.line.check()
        description = str(found.get("description") or _first_line(run))
        self._extension.shortcuts[key] = Shortcut(key, run, description, self._extension)

    def register_flag(self, name: str, given: dict[str, Any] | None = None, **named: Any) -> None:
        """Register a flag of the command line: type boolean or string, default, description."""
        found = options("register_flag", given, named, ("type", "default", "description"))
        name = name.lstrip("-") if isinstance(name, str) else ""
        if not name or not all(char.isalnum() or char in "-_." for char in name):
            raise ExtensionError("a flag needs a name of letters, digits and -")
        kind, default = found.get("type", "boolean"), found.get("default")
        if kind not in _FLAG_KINDS:
            raise ExtensionError(f"flag --{name}: type must be boolean or string")
        if default is not None and not isinstance(default, _FLAG_KINDS[kind]):
            raise ExtensionError(f"flag --{name}: the default must be a {kind}")
        self._extension.line.check()
        description = str(found.get("description") or "")
        self._extension.flags[name] = Flag(name, kind, default, description, self._extension)

    def get_flag(self, name: str) -> Any:
        """The value of one of the extension's own flags; inside `extend`, its default."""
        self._extension.line.check()
        return flag_value(self._extension, str(name).lstrip("-"))

    def register_setting(
        self,
        key: str,
        kind: str = "text",
        default: Any = None,
        help: str = "",  # noqa: A002
    ) -> None:
        """Register a setting: kind text, truth, number, list, dict or any."""
        if not isinstance(key, str) or not key:
            raise ExtensionError("a setting needs a key")
        if kind not in _SETTING_KINDS:
            raise ExtensionError(f"setting {key}: kind must be {wanted('|'.join(_SETTING_KINDS))}")
        if default is not None:
            require(f"setting {key}: the default", kind, default)
        self._extension.settings[key] = Setting(key, kind, default, str(help), self._extension)

    def get_setting(self, key: str) -> Any:
        """The value of one of the extension's own settings, or its default."""
        setting = self._extension.settings.get(key)
        if setting is None:
            raise ExtensionError(f"there is no setting {key}: register it first")
        try:
            every = self._extension.line.host().get_settings()
        except ExtensionError:
            if not self._extension.line.is_loading:
                raise
            return setting.default
        own = (every.get("extensionSettings") or {}).get(self._extension.stem) or {}
        value = own.get(key)
        if value is None or not is_of(setting.kind, value):
            return setting.default
        return value

    # --- models ----------------------------------------------------------------------------------

    def register_provider(
        self, name: str, config: dict[str, Any] | None = None, **fields: Any
    ) -> None:
        """Register or change a provider; see the page on custom providers."""
        require("register_provider: name", "text", name)
        config = {**(config or {}), **fields}
        if not config:
            raise ExtensionError(f"provider {name}: say what it is: base_url, api, models, ...")
        host = self._late()
        if host is None:
            self._extension.providers.append((name, config))
        else:
            host.register_provider(self._extension.path, name, config)

    def unregister_provider(self, name: str) -> None:
        """Take back what was registered."""
        host = self._late()
        if host is None:
            left = [each for each in self._extension.providers if each[0] != name]
            self._extension.providers[:] = left
        else:
            host.unregister_provider(self._extension.path, name)

    def register_virtual_model(self, model: dict[str, Any] | None = None, **fields: Any) -> None:
        """Register a model that chooses another: provider, id, route(request, ctx), ..."""
        definition = {**(model or {}), **fields}
        for key in ("provider", "id"):
            require(f"register_virtual_model: {key}", "text", definition.get(key))
        theirs = checked(definition.get("route"), "route of a virtual model")
        context = self._extension.context
        definition["route"] = lambda request: fitting(theirs, request, context)
        host = self._late()
        if host is None:
            self._extension.virtual_models.append(definition)
        else:
            host.register_virtual_model(self._extension.path, definition)

    def unregister_virtual_model(self, provider: str, model_id: str) -> None:
        """Take it back."""
        host = self._late()
        if host is None:
            left = [
                each
                for each in self._extension.virtual_models
                if (each["provider"], each["id"]) != (provider, model_id)
            ]
            self._extension.virtual_models[:] = left
        else:
            host.unregister_virtual_model(self._extension.path, provider, model_id)

    # --- drawing ---------------------------------------------------------------------------------

    def register_message_renderer(self, custom_type: str, renderer: Callable[..., Any]) -> None:
        """Draw custom messages of a type: renderer(message, options, theme)."""
        self._renderer(self._extension.message_renderers, custom_type, renderer)

    def register_entry_renderer(self, custom_type: str, renderer: Callable[..., Any]) -> None:
        """Draw custom entries of a type: renderer(entry, options, theme)."""
        self._renderer(self._extension.entry_renderers, custom_type, renderer)

    def register_tool_renderer(self, resolver: Callable[..., Any]) -> None:
        """Say how calls of any tool are drawn: resolver(tool_name, next)."""
        checked(resolver, "a tool renderer")
        self._extension.tool_renderers.append(Renderer(resolver, (), self._extension))

    def register_markdown_transformer(
        self, transformer: Callable[..., Any], given: dict[str, Any] | None = None, **named: Any
    ) -> None:
        """Change Markdown before it is drawn: transformer(markdown, context); message_types."""
        found = options("register_markdown_transformer", given, named, ("message_types",))
        kinds = tuple(found.get("message_types") or SURFACES[:3])
        for kind in kinds:
            if kind not in SURFACES:
                raise ExtensionError(f"there is no message type {kind!r}; {', '.join(SURFACES)}")
        checked(transformer, "a Markdown transformer")
        self._extension.markdown = Renderer(transformer, kinds, self._extension)

    def _renderer(
        self, held: dict[str, Renderer], custom_type: str, renderer: Callable[..., Any]
    ) -> None:
        require("custom_type", "text", custom_type)
        checked(renderer, f"the renderer of {custom_type}")
        held[custom_type] = Renderer(renderer, (custom_type,), self._extension)

    def _late(self) -> Host | None:
        """The program, once the extension was loaded; None inside `extend`."""
        host = self._extension.line.host()
        return None if self._extension.line.is_loading else host


def _first_line(function: Callable[..., Any]) -> str:
    return (getattr(function, "__doc__", None) or "").strip().partition("\n")[0]
