"""What all extensions together registered, and who wins where two registered the same.

Tools, flags, message and entry renderers: the extension that was loaded first; `conflicts` tells
of the others. Shortcuts: the last one. Commands are all kept: where a name occurs more than once,
each gets a number, in load order: review:1, review:2.
"""

from __future__ import annotations

from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from pi.extensions.extension import (
        Command,
        Extension,
        Flag,
        Handler,
        RegisteredTool,
        Renderer,
        Setting,
        Shortcut,
    )


class Register:
    """Everything that `extensions` registered, in load order."""

    def __init__(self, extensions: Sequence[Extension]) -> None:
        self.extensions = tuple(extensions)
        self._index: dict[str, tuple[Handler, ...]] = {}
        for extension in self.extensions:
            extension.changed = self._reindex
        self._reindex()

    def wants(self, hook: str) -> bool:
        """Whether an event has a handler; one look into a dict."""
        return hook in self._index

    def handlers(self, hook: str) -> tuple[Handler, ...]:
        """The handlers of an event, in the order in which they are called."""
        return self._index.get(hook, ())

    def _reindex(self) -> None:
        index: dict[str, tuple[Handler, ...]] = {}
        for extension in self.extensions:
            for hook, handlers in tuple(extension.handlers.items()):
                if handlers:
                    index[hook] = (*index.get(hook, ()), *handlers)
        self._index = index

    def tools(self) -> list[RegisteredTool]:
        """The tools, each name once."""
        return list(self._first("tools").values())

    def flags(self) -> dict[str, Flag]:
        """The flags by name."""
        return self._first("flags")

    def commands(self) -> list[Command]:
        """The commands, each with the name it is called by."""
        every = [each for one in self.extensions for each in one.commands.values()]
        names = [command.name for command in every]
        seen: dict[str, int] = {}
        taken: set[str] = set()
        result = []
        for command in every:
            count = seen[command.name] = seen.get(command.name, 0) + 1
            name = command.name if names.count(command.name) == 1 else f"{command.name}:{count}"
            while name in taken:
                count += 1
                name = f"{command.name}:{count}"
            taken.add(name)
            result.append(replace(command, name=name))
        return result

    def command(self, name: str) -> Command | None:
        """The command that is called by a name."""
        return next((each for each in self.commands() if each.name == name), None)

    def shortcuts(self) -> dict[str, Shortcut]:
        """The shortcuts by key, in lower case."""
        return {
            key.lower(): shortcut
            for extension in self.extensions
            for key, shortcut in extension.shortcuts.items()
        }

    def settings(self) -> list[Setting]:
        """The settings."""
        return [each for one in self.extensions for each in one.settings.values()]

    def message_renderer(self, custom_type: str) -> Renderer | None:
        """Who draws custom messages of a type."""
        return self._first("message_renderers").get(custom_type)

    def entry_renderer(self, custom_type: str) -> Renderer | None:
        """Who draws custom entries of a type."""
        return self._first("entry_renderers").get(custom_type)

    def markdown_transformers(self, surface: str) -> list[Renderer]:
        """Who changes Markdown of a surface before it is drawn, in order."""
        every = [one.markdown for one in self.extensions if one.markdown is not None]
        return [each for each in every if surface in each.kinds]

    def tool_renderers(self, name: str, base: Callable[[], Any]) -> Any:
        """How calls of a tool are drawn: what the resolvers say, in order; `base()` at the end."""
        every = [each for one in self.extensions for each in one.tool_renderers]

        def resolve(index: int) -> Any:
            if index == len(every):
                return base()
            return every[index].draw(name, lambda: resolve(index + 1))

        return resolve(0)

    def conflicts(self) -> list[tuple[str, str]]:
        """Tools and flags that lost against another extension's: its path, and a line."""
        return list(self._lost())

    def _lost(self) -> Iterator[tuple[str, str]]:
        for kind, sign in (("tools", 'the tool "{}"'), ("flags", "the flag --{}")):
            owners: dict[str, str] = {}
            for extension in self.extensions:
                for name in getattr(extension, kind):
                    owner = owners.setdefault(name, extension.path)
                    if owner != extension.path:
                        yield extension.path, f"{sign.format(name)} is already {owner}'s"

    def _first(self, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for extension in self.extensions:
            for name, each in getattr(extension, kind).items():
                found.setdefault(name, each)
        return found
