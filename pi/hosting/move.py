"""Other sessions, other places in the session, and loading everything again.

    host.new_session(with_session=go_on)        {"cancelled": False}

`with_session(ctx)` is called when the other session has begun, with a context of the extension that
now is in the place of the one that asked. These verbs are for commands: they wait for what runs.
"""

from __future__ import annotations

from pi.agent import succession
from pi.extensions.context import CommandContext
from pi.extensions.host import ExtensionError
from pi.hosting.bound import Bound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.extensions.extension import Extension

    After = Callable[[Any], object] | None

BEFORE, AT = "before", "at"


class Moving(Bound):
    """See the module's head."""

    def wait_for_idle(self) -> None:
        """Wait until nothing is in progress."""
        agent = self.agent
        while not agent.is_idle:
            agent.wait()

    def new_session(
        self,
        *,
        parent_session: str | None = None,
        setup: After = None,
        with_session: After = None,
    ) -> dict[str, Any]:
        """Begin another session; `setup(session)` may add to it before anybody sees it."""
        done = succession.new_session(self.agent, parent_session, setup)
        return self._moved(done, with_session)

    def fork(
        self, entry_id: str, *, position: str = BEFORE, with_session: After = None
    ) -> dict[str, Any]:
        """Go on in a copy: of what came before a user message, or, "at", up to an entry."""
        if position not in (BEFORE, AT):
            raise ExtensionError(f'fork: position is "{BEFORE}" or "{AT}", not {position!r}')
        if position == AT:
            return self._moved(succession.clone(self.agent, entry_id), with_session)
        text = succession.fork(self.agent, entry_id)
        moved = self._moved(text is not None, with_session)
        return moved if text is None else {**moved, "text": text}

    def switch_session(self, path: str, *, with_session: After = None) -> dict[str, Any]:
        """Go on in the session of a file."""
        return self._moved(succession.switch_to(self.agent, path), with_session)

    def navigate_tree(
        self,
        target_id: str,
        *,
        summarize: bool = False,
        custom_instructions: str | None = None,
        replace_instructions: bool = False,
        label: str | None = None,
    ) -> dict[str, Any]:
        """Go on from another entry of the session."""
        return self.harness.navigate(
            target_id,
            summarize=summarize,
            custom_instructions=custom_instructions,
            replace_instructions=replace_instructions,
            label=label,
        )

    def reload(self) -> None:
        """Read settings, extensions, skills, prompts and context files again."""
        self.agent.reload()

    def _moved(self, is_done: bool, with_session: After) -> dict[str, Any]:
        if is_done and with_session is not None:
            successor = self._successor(with_session)
            if successor is None:
                raise ExtensionError("the extension that asked is not there any more")
            with_session(CommandContext(successor))
        return {"cancelled": not is_done}

    def _successor(self, function: Any) -> Extension | None:
        """The extension now that was loaded from the file a function is of."""
        module = getattr(function, "__module__", None) or ""
        paths = [
            each.path
            for each in self.hooks.extensions
            if module == each.module or module.startswith(f"{each.module}.")
        ]
        now = self.agent.hooks.extensions
        return next((each for each in now if each.path in paths), now[0] if now else None)
