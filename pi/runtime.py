"""Where this program runs from, and what that means for its environment and its files.

pi runs as a source tree, an installed package, a zip archive (`pi.pyz`), a PyInstaller bundle, or
one executable with the archive appended to it. Nothing else in the program asks which: the
differences are all here. No function reads the environment by itself; it is handed in.

    self_command()      ["/usr/bin/python3", "/home/u/pi/pi.py"]
    read_data("themes/dark.json")

Which certificates of authorities are trusted depends on it too: see `pi/transport/roots.py`.

Known limits: under a locale that is not UTF-8 the names of files keep that locale's encoding unless
Python was started with `-X utf8`; only the standard streams can be changed later.
"""

from __future__ import annotations

import os
import sys

from pi import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any, TextIO

_PACKAGE = os.path.dirname(__file__)  # inside an archive a path that only its loader can read
_HOME = os.path.abspath(os.path.dirname(_PACKAGE))  # what the package lies in: a folder or archive

_OWN_FILE = "/proc/self/exe"
"""The path by which the single executable names itself, so that replacing its file is harmless."""


def archive() -> str | None:
    """The zip archive this module was loaded from; None when it was not."""
    return getattr(__loader__, "archive", None)


def is_frozen() -> bool:
    """Whether the program is one native executable, with its own interpreter inside."""
    return bool(getattr(sys, "frozen", False)) or archive() in (_OWN_FILE, sys.executable)


def self_command() -> list[str]:
    """The arguments that start this program again; further ones may be added.

    Never `sys.executable` alone with `-c` or `-m`: a frozen program would read them as its own.
    """
    if is_frozen():
        return [sys.executable]
    start = [sys.executable or "python3", *_interpreter_flags()]
    if archive():
        return [*start, _HOME]
    launcher = os.path.join(_HOME, "pi.py")
    return [*start, launcher] if os.path.isfile(launcher) else [*start, "-m", "pi"]


def _interpreter_flags() -> list[str]:
    flags = [
        flag for flag, is_set in (("-I", sys.flags.isolated), ("-S", sys.flags.no_site)) if is_set
    ]
    return [*flags, "-X", "utf8"] if sys.flags.utf8_mode else flags


def docs_folder() -> str | None:
    """The folder of the program's own documentation, where it came along: in a source tree."""
    folder = os.path.join(_HOME, "docs")
    has_both = os.path.isfile(os.path.join(_HOME, "pi.py")) and os.path.isdir(folder)
    return folder if has_both else None


def drop_bytecode() -> None:
    """Remove the interpreter's compiled copies of this package; they are made again when needed.

    Before Python 3.12.8 a full disk leaves a cut file behind, with which pi could not start again.
    """
    from shutil import rmtree  # noqa: PLC0415 - heavy, and needed once in a lifetime

    for folder, _, _ in os.walk(_PACKAGE):
        if os.path.basename(folder) == "__pycache__":
            rmtree(folder, ignore_errors=True)


def user_agent() -> str:
    """What requests call themselves: "pi/0.1.0 (linux; python/3.11.2; x86_64)"."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    return f"pi/{__version__} ({sys.platform}; python/{python}; {os.uname().machine})"


def clean_environment(
    environ: MutableMapping[str, str], bundle: str | None = getattr(sys, "_MEIPASS", None)
) -> None:
    """Remove what the packaging put into the environment, so that child processes see the user's.

    To be called once, at start, with `os.environ` itself. A PyInstaller bundle (its folder is
    `bundle`) exports LD_LIBRARY_PATH; left there, `git`, `ssh` and `curl` would load our libraries
    and fail on a system newer than the one we were built on.
    """
    for name in [*environ]:
        if name.startswith("_PYI_") or name in ("_MEIPASS2", "PI_BE_PYTHON"):
            del environ[name]
    if bundle is None:
        return
    current = environ.pop("LD_LIBRARY_PATH", "")
    before = environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if before is None:
        before = ":".join(path for path in current.split(":") if path and path != bundle)
    if before:
        environ["LD_LIBRARY_PATH"] = before


def force_utf8(*streams: TextIO | Any) -> None:
    """Make text streams speak UTF-8 whatever the locale says, as Python's own UTF-8 mode does.

    A name in an old locale's encoding passes through, as a lone surrogate that turns back into its
    byte. A stream that cannot be changed (closed, or replaced by a test) is left alone.
    """
    for stream in streams:
        change = getattr(stream, "reconfigure", None)
        if change is None or not getattr(stream, "encoding", None):
            continue
        if stream.encoding.lower().replace("_", "-") not in ("utf-8", "utf8"):
            errors = "backslashreplace" if stream is sys.stderr else "surrogateescape"
            change(encoding="utf-8", errors=errors)


# Data files


def data_path(name: str) -> str | None:
    """The real path of a file under `pi/data`; None when it lives in an archive or is missing."""
    path = _data_name(name)
    return path if os.path.isfile(path) else None


def read_data(name: str) -> bytes:
    """The bytes of a file under `pi/data`, wherever the program runs from.

    `name` has forward slashes: "models/openai.json". Raises FileNotFoundError.
    """
    path = _data_name(name)
    try:
        return __loader__.get_data(path)
    except (OSError, ValueError) as exc:  # an archive raises its own kind of OSError
        raise FileNotFoundError(2, "pi has no such data file", name) from exc


def _data_name(name: str) -> str:
    parts = name.split("/")
    if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
        raise FileNotFoundError(2, "not the name of a data file", name)
    return os.path.join(_PACKAGE, "data", *parts)
