"""Tools, commands and programs, as extensions use them."""

from __future__ import annotations

from pi import proc
from pi.errors import PiError
from pi.extensions.host import ExtensionError
from pi.hosting.bound import Bound
from pi.text.unicode import decode
from pi.tools.shell import child_environ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pi.cancel import CancelToken
    from pi.tools.base import Tool

MAX_BUFFER = 256 << 20
"""Bytes of output, both streams together, that a program may write."""

_KILLED = 137
"""The code of a program that was killed, if it had none of its own: 128 and SIGKILL."""


class Tooling(Bound):
    """See the module's head."""

    def tools_changed(self) -> None:
        """An extension registered a tool after the start: the next request has it."""
        if self._conversation is not None:
            harness = self.harness
            harness.tools = self.conversation.toolbox.renewed(harness.tools)

    def builtin_tool(self, name: str) -> Tool:
        """A built-in tool, bound to the session's folder."""
        found = self.conversation.toolbox.builtin(name)
        if found is None:
            raise ExtensionError(f'there is no built-in tool "{name}"')
        return found

    def get_active_tools(self) -> list[str]:
        """The names of the tools that the model is told of."""
        return list(self.harness.tools)

    def get_all_tools(self) -> list[dict[str, Any]]:
        """Every tool: name, description, parameters, promptGuidelines, exposure, sourceInfo."""
        return self.conversation.toolbox.rows()

    def set_active_tools(self, names: Sequence[str]) -> None:
        """Tell the model of these tools only; unknown names are passed over."""
        self.harness.tools = self.conversation.toolbox.chosen(names)

    def execute_tool(
        self,
        parent_id: str,
        name: str,
        arguments: Any,
        *,
        token: CancelToken | None,
        on_update: Callable[[dict[str, Any]], object] | None,
    ) -> dict[str, Any]:
        """Run a tool for a tool, with hooks; what goes wrong in it is in the result."""
        return self.harness.nest(parent_id, name, arguments, token=token, report=on_update)

    def callable_tools(self) -> list[dict[str, Any]]:
        """The tools that `execute_tool` can run."""
        names = self.conversation.toolbox.callable(self.harness.tools)
        return [row for row in self.conversation.toolbox.rows() if row["name"] in names]

    def get_commands(self) -> list[dict[str, Any]]:
        """Every command that a prompt can call."""
        return self.conversation.commands()

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
        workspace = self.conversation.workspace
        limit = MAX_BUFFER if max_buffer is None else max_buffer
        try:
            ran = proc.capture(
                [command, *arguments],
                timeout_s=None if timeout_ms is None else timeout_ms / 1000,
                cwd=workspace.cwd if cwd is None else cwd,
                env=child_environ(workspace),
                token=token,
                limit=limit,
                is_patient=True,
            )
        except proc.StartError as error:
            raise PiError(str(error)) from None
        out = ran.stdout[:limit]
        err = ran.stderr[: limit - len(out)]
        is_cut = ran.truncated or len(out) + len(err) < len(ran.stdout) + len(ran.stderr)
        is_killed = is_cut or ran.timed_out or ran.cancelled
        code = ran.code if not is_killed else ran.code or _KILLED
        return {
            "stdout": decode(out),
            "stderr": decode(err),
            "code": code,
            "killed": is_killed,
            "truncated": is_cut,
        }
