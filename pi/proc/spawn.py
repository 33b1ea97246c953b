"""Starting one child process: in a session of its own, with nothing of ours open in it."""

from __future__ import annotations

import os

from pi.errors import PiError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from subprocess import Popen


class StartError(PiError):
    """A command could not be started; the text says why, in one line."""


def spawn(
    argv: Sequence[bytes | str],
    *,
    outputs: tuple[int | None, int | None],
    stdin: int | None = None,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
    keep: Sequence[int] = (),
) -> Popen[bytes]:
    """Start a process as the leader of a new session.

    `outputs` are the descriptors of stdout and stderr; None, as for `stdin`, is /dev/null. `keep`
    are further descriptors the process gets. `env` None is ours. Raises StartError.
    """
    from subprocess import DEVNULL, Popen  # noqa: PLC0415 - 5 ms, at the first command only

    try:
        return Popen(
            argv,
            stdin=DEVNULL if stdin is None else stdin,
            stdout=DEVNULL if outputs[0] is None else outputs[0],
            stderr=DEVNULL if outputs[1] is None else outputs[1],
            cwd=cwd,
            env=env,
            pass_fds=keep,
            start_new_session=True,
        )
    except OSError as error:
        raise StartError(_why(error, argv[0], cwd)) from error
    except ValueError as error:  # a NUL character
        raise StartError(f"Cannot run {_shown(argv[0])}: {error}") from error


def _why(error: OSError, program: bytes | str, cwd: str | None) -> str:
    if cwd is not None and not os.path.isdir(cwd):
        return f"Cannot run a command in {cwd}: the folder does not exist (any more)"
    if cwd is not None and not os.access(cwd, os.X_OK):
        return f"Cannot run a command in {cwd}: no permission to enter the folder"
    words = error.strerror or str(error)
    return f"Cannot run {_shown(program)}: {words[:1].lower()}{words[1:]}"


def _shown(program: bytes | str) -> str:
    return os.fsdecode(program).encode("utf-8", "replace").decode()
