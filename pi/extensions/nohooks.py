"""What stands where a `Runner` would if there is no extension: nobody wants anything.

    NO_HOOKS.wants("tool_call")                     False
    NO_HOOKS.fire("input", token, text="hi").text   "hi"

It has the reading methods of `pi.extensions.runner.Runner` and imports nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Untouched:
    """An event that nobody saw: its fields as they were given, None for all others."""

    def __init__(self, hook: str, fields: dict[str, Any]) -> None:
        self.__dict__.update(fields)
        self.type = hook
        self.answered: frozenset[str] = frozenset()

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


class NoHooks:
    """A runner without extensions."""

    extensions: tuple[Any, ...] = ()

    def wants(self, name: str) -> bool:
        """Never."""
        return False

    def fire(
        self, hook: str, token: Any = None, /, *, check: Any = None, **fields: Any
    ) -> Untouched:
        """The event as it was given."""
        return Untouched(hook, fields)

    def post(self, hook: str, /, **fields: Any) -> None:
        """Nothing to do."""

    def retire(self, why: str = "") -> None:
        """Nothing to do."""

    def commands(self) -> list[Any]:
        """None."""
        return []

    def command(self, name: str) -> None:
        """None."""

    def tools(self) -> list[Any]:
        """None."""
        return []

    def flags(self) -> dict[str, Any]:
        """None."""
        return {}


NO_HOOKS = NoHooks()
