"""What is looked at: the environment of this process, its folders, what is configured in them.

    subject = Subject(os.environ, os.getcwd())
    subject.agent_dir
    subject.configured          read when it is first asked for, from the disk alone

Nothing is fetched and no command is run for it: packages count as they are, local model servers are
not asked, keys are not resolved.
"""

from __future__ import annotations

from pi import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pi.assembly.configuration import Configuration


class Subject:
    """See the module's head. `live` are the providers to be asked, [] for all; None: none.

    `approval` is a flag about trusting the project, None without one. `tell` is told what takes its
    time. `closed` is a folder that turned out to be unreadable: what is below it need not be told
    one by one.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        cwd: str,
        live: list[str] | None = None,
        approval: str | None = None,
        tell: Callable[[str], object] = lambda line: None,
    ) -> None:
        self.environ = environ
        self.cwd = cwd
        self.live = live
        self.approval = approval
        self.tell = tell
        self.home = paths.home_dir(environ)
        self.agent_dir = paths.agent_dir(environ, cwd)
        self.closed = ""
        self._configured: Configuration | None = None

    @property
    def configured(self) -> Configuration:
        """What is configured here. Raises PiError, OSError."""
        if self._configured is None:
            from pi.assembly.configuration import open_configuration  # noqa: PLC0415 - it may be broken

            offline = {**self.environ, "PI_OFFLINE": "1"}
            self._configured = open_configuration(offline, self.cwd, self.approval)
        return self._configured
