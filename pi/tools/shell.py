"""Running one shell command in a workspace: for the `bash` tool, and for what the user runs.

output = ShellOutput(log_folder(space.environ), plain=True)
end = run_command(space, "make", token, output, on_text=print)
end                     Exit(code=2, ...), see `pi.proc`
output.cut().text       the end of what it wrote
"""

from __future__ import annotations

from pi.proc import find_shell, run_shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pi.cancel import CancelToken
    from pi.proc import Exit
    from pi.tools.shell_output import ShellOutput
    from pi.tools.workspace import Workspace

MARKERS = {"AI_AGENT": "pi", "PI_CODING_AGENT": "true"}
"""Variables by which a program knows that an agent runs it."""


def run_command(
    workspace: Workspace,
    command: str,
    token: CancelToken,
    output: ShellOutput,
    *,
    on_text: Callable[[str], float | None],
    timeout_s: float | None = None,
) -> Exit:
    """Run a command to its end; `output` has what it wrote.

    `on_text` gets each piece of text after `output` took it; "" where there is none yet, as in the
    middle of a character. If it returns a number, it is called with "" after that many seconds
    without output. Raises `proc.StartError`.
    """
    environ = child_environ(workspace)
    prefix = workspace.command_prefix
    end = run_shell(
        f"{prefix}\n{command}" if prefix else command,
        cwd=workspace.cwd,
        env=environ,
        token=token,
        on_output=lambda data: on_text(output.feed(data) if data else ""),
        timeout_s=timeout_s,
        shell=find_shell(workspace.shell_path, environ),
        on_late=output.late,
    )
    rest = output.finish()
    if rest:
        on_text(rest)
    return end


def child_environ(workspace: Workspace) -> dict[str, str]:
    """The environment of a command: the workspace's, the session's variables, and the markers."""
    environ = {**workspace.environ, **MARKERS}
    for name, value in workspace.session_env().items():
        if value is None:
            environ.pop(name, None)
        else:
            environ[name] = value
    return environ
