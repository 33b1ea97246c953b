"""The folder the tools work in, and what the built-in tools share.

    space = Workspace("/home/ann/project")
    space.path("src/a.py")                "/home/ann/project/src/a.py"
    space.existing("Shot 9.41 AM.png")    the same, or the name it really has on the disk
    with space.lock(path, token): ...     alone with the real file, in order of arrival
    show_name("two\\nlines")               the name on one line, with a backslash and an n

What a model may write for a path is told in `pi.tools.path`.
"""

from __future__ import annotations

import os
import re

from pi.errors import ToolError
from pi.text.unicode import clean
from pi.tools import turn
from pi.tools.path import on_disk, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pi.cancel import CancelToken

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Workspace:
    """Where the tools work: a folder, an environment, and what is known of model and session.

    `cwd` is absolute. `environ` is what child processes get. `shell_path` and `command_prefix` are
    the settings of those names, None if unset. The callables are asked at each use:
    `session_env` gives variables for children, None for one to remove (PI_SESSION_ID,
    PI_SESSION_FILE, PI_PROVIDER, PI_MODEL, PI_REASONING_LEVEL); `can_see_images` whether the model
    takes images; `image_limits` its `inputLimits.images.resize`, {} for the default limits;
    `auto_resize` whether larger images are scaled (else they are sent as they are).
    """

    def __init__(  # noqa: PLR0913 - all but the folder have names and defaults
        self,
        cwd: str,
        *,
        environ: Mapping[str, str] | None = None,
        shell_path: str | None = None,
        command_prefix: str | None = None,
        session_env: Callable[[], Mapping[str, str | None]] = dict,
        can_see_images: Callable[[], bool] = lambda: True,
        image_limits: Callable[[], Mapping[str, int]] = dict,
        auto_resize: Callable[[], bool] = lambda: True,
    ) -> None:
        self.cwd = os.path.abspath(cwd)
        self.environ: Mapping[str, str] = os.environ if environ is None else environ
        self.shell_path = shell_path
        self.command_prefix = command_prefix
        self.session_env = session_env
        self.can_see_images = can_see_images
        self.image_limits = image_limits
        self.auto_resize = auto_resize

    def path(self, given: str) -> str:
        """The absolute, normalised path of what the model wrote; it need not exist.

        An empty path is the folder itself. Raises ToolError for a path that no file can have.
        """
        return resolve(given, self.cwd, self.home)

    def existing(self, given: str) -> str:
        """`path`, or the spelling under which the file is really on the disk, if there is one.

        For reading and changing; a new file gets the name that was asked for.
        """
        path = self.path(given)
        return on_disk(path) or path

    def lock(self, path: str, token: CancelToken | None = None) -> turn.Turn:
        """A context manager that holds the file, whatever link leads to it, alone.

        Calls get it in the order in which they asked; waiting ends with Cancelled when the token
        fires.
        """
        return turn.take(os.path.realpath(path), token)

    def claim(
        self, given: str, token: CancelToken | None = None, *, new: bool = False
    ) -> turn.Turn | None:
        """Take the place in the line for a file now; its turn comes when the result is entered.

        The file is found as by `path` if it may be `new`, else as by `existing`. None for a path
        that no file can have.
        """
        try:
            path = self.path(given) if new else self.existing(given)
        except ToolError:  # for the call itself to report
            return None
        return turn.claim(os.path.realpath(path), token)

    @property
    def home(self) -> str:
        """What ~ stands for."""
        return self.environ.get("HOME") or os.path.expanduser("~")


def show_name(name: str) -> str:
    """A file name on one line: control characters as escapes, bytes that are no text as U+FFFD."""
    shown = clean(name)
    return _CONTROL.sub(lambda match: repr(match[0])[1:-1], shown)
