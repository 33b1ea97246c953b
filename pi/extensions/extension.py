"""What one extension registered.

    guard = Extension("/home/ann/.pi/agent/extensions/guard.py", line)
    guard.handlers["tool_call"]     [Handler(...), ...]
    guard.commands["hello"]         Command("hello", <function>, "Say hello", None, guard)

The order within each dict is that of registering. `line` is its end of the port to the program.
"""

from __future__ import annotations

import os

from pi.events import ExtensionFault
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.extensions.host import Line
    from pi.tools.base import Tool


ENTRIES = ("__init__.py", "index.py")
"""What makes a folder an extension, in this order."""


class Command(Value):
    """A slash command. `run(args, ctx)`; `complete(prefix)` gives completions or None.

    `extension` is who registered it; `name` is what it is called by, see `Runner.commands`.
    """

    name: str
    run: Callable[..., Any]
    description: str
    complete: Callable[[str], Any] | None
    extension: Extension


class Shortcut(Value):
    """A key. `run(ctx)`."""

    key: str
    run: Callable[..., Any]
    description: str
    extension: Extension


class Flag(Value):
    """A flag of the command line; `kind` is boolean or string."""

    name: str
    kind: str
    default: bool | str | None
    description: str
    extension: Extension


class Setting(Value):
    """A setting of an extension, kept under `extensionSettings.<extension>.<key>`."""

    key: str
    kind: str
    default: Any
    description: str
    extension: Extension


class RegisteredTool(Value):
    """A tool with what the program keeps about it beyond `Tool`.

    `exposure` is direct, model-only, codemode, deferred or hidden. `definition` is what was
    registered, keys in snake case: render_call, render_result, output_schema, namespace, ...
    """

    tool: Tool
    label: str
    exposure: str
    is_default_active: bool
    annotations: dict[str, Any]
    definition: dict[str, Any]
    extension: Extension


class Renderer(Value):
    """Draws something. `kind` says what for: a custom type, or, for a transformer, surfaces."""

    draw: Callable[..., Any]
    kinds: tuple[str, ...]
    extension: Extension


class Handler:
    """One subscription to an event: the function, and how many arguments it takes."""

    __slots__ = ("count", "extension", "run", "told")

    def __init__(self, extension: Extension, run: Callable[..., Any], count: int = 2) -> None:
        self.extension = extension
        self.run = run
        self.count = count  # of (event, ctx)
        self.told: set[str] = set()  # complaints that were reported


class Extension:
    """One extension that was loaded, or is being loaded; see the module's head."""

    def __init__(self, path: str, line: Line, *, root: str = "", found: Any = None) -> None:
        self.path = path
        self.root = root or os.path.dirname(path)
        self.line = line
        self.found = found
        self.problems: list[str] = []
        self.module = ""  # what its modules' names begin with
        self.context: Any = None
        self.handlers: dict[str, list[Handler]] = {}
        self.tools: dict[str, RegisteredTool] = {}
        self.commands: dict[str, Command] = {}
        self.shortcuts: dict[str, Shortcut] = {}
        self.flags: dict[str, Flag] = {}
        self.settings: dict[str, Setting] = {}
        self.providers: list[tuple[str, dict[str, Any]]] = []
        self.virtual_models: list[dict[str, Any]] = []
        self.message_renderers: dict[str, Renderer] = {}
        self.entry_renderers: dict[str, Renderer] = {}
        self.tool_renderers: list[Renderer] = []
        self.markdown: Renderer | None = None
        self.listening: list[Callable[[], object]] = []  # undoes subscriptions to the bus
        self.changed: Callable[[], object] = _nobody  # called when handlers came or went

    @property
    def name(self) -> str:
        """What a user calls it: guard.py, or the folder of an __init__.py or index.py."""
        base = os.path.basename(self.path)
        if base in ENTRIES:
            return os.path.basename(os.path.dirname(self.path)) or base
        return base

    @property
    def stem(self) -> str:
        """Its name in settings: guard, for guard.py; the folder's name for a folder."""
        return self.name.removesuffix(".py")

    def warn(self, line: str) -> None:
        """Something is odd, and goes on: one of `problems` while it is loaded, later a report."""
        if self.line.is_loading:
            self.problems.append(line)
        else:
            self.line.host().report(ExtensionFault(self.path, "registration", line))

    def info(self) -> dict[str, str]:
        """The `sourceInfo` of what it registered."""
        if self.found is not None:
            return self.found.info()
        return {
            "path": self.path,
            "source": "local",
            "scope": "temporary",
            "origin": "top-level",
            "baseDir": os.path.dirname(self.path),
        }

    def on(self, event: str, handler: Handler) -> Callable[[], None]:
        """Add a handler for an event; returns what removes this one again."""
        self.handlers[event] = [*self.handlers.get(event, ()), handler]
        self.changed()

        def undo() -> None:
            left = [each for each in self.handlers.get(event, ()) if each is not handler]
            self.handlers[event] = left
            self.changed()

        return undo


def _nobody() -> None:
    """Nobody asked to be told."""
