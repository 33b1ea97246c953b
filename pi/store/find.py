"""Finding sessions: of a project, by id or the beginning of one, by path, the latest.

    place = project_place(agent_dir, "/home/u/app")     # the default: a folder per project
    place = shared_place("/data/sessions", "/home/u/app")  # --session-dir: one folder for all
    latest(place)                    "/.../2026-01-02T03-04-05-678Z_01a2....jsonl", or None
    with_id(place, "my-id")          likewise
    resolve(place, "01a2")           Found(path=..., is_elsewhere=False, ...)

Files are listed newest first by the time they were last written. Only the beginning of a file is
read. A shared folder holds sessions of many projects; there the header's `cwd` tells them apart.
A file whose header is damaged is listed with what can be told of it; one that is no session is not.
"""

from __future__ import annotations

import os
import re
import stat
from zlib import crc32

from pi.errors import SessionError
from pi.files import open_regular
from pi.paths import sessions_dir
from pi.store.format import SUFFIX, VERSION, is_header
from pi.store.host import HOST
from pi.store.line import records
from pi.store.load import load
from pi.store.migrate import version_of
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pi.store.format import Entry

_HEAD_BYTES = 4096
_MOST_HEAD_BYTES = 1 << 20
_MOST_NAME_BYTES = 240  # of a folder's name; file systems end at 255


class Place(Value):
    """Where the sessions of a project are: `folder`, which is the project's own below `root`, or
    shared by all projects where there is no `root`."""

    cwd: str
    folder: str
    root: str | None


class Found(Value):
    """A session file: its header, when it was last written (seconds), and its size in bytes.

    `is_elsewhere` says that it is another project's; that project is the header's `cwd`.
    """

    path: str
    header: Entry
    written_s: float
    size: int
    is_elsewhere: bool = False

    @property
    def id(self) -> str:
        return self.header["id"]

    @property
    def cwd(self) -> str:
        cwd = self.header.get("cwd")
        return cwd if isinstance(cwd, str) else ""


def project_place(agent_dir: str, cwd: str) -> Place:
    """The default place of a project: a folder of its own in the agent directory."""
    return Place(cwd, default_folder(agent_dir, cwd), sessions_dir(agent_dir))


def shared_place(folder: str, cwd: str) -> Place:
    """A folder someone chose, by flag, environment or setting."""
    return Place(cwd, os.path.abspath(os.path.join(cwd, folder)), None)


def default_folder(agent_dir: str, cwd: str) -> str:
    """The folder of a project: "/home/u/app" is "<agent_dir>/sessions/--home-u-app--".

    A name no file system would take is shortened and gets a checksum.
    """
    path = os.path.abspath(cwd).lstrip("/").removeprefix("\\")
    name = re.sub(r"[/\\:]", "-", path)
    data = os.fsencode(name)
    if len(data) > _MOST_NAME_BYTES:
        name = f"{data[: _MOST_NAME_BYTES - 9].decode('utf-8', 'ignore')}~{crc32(data):08x}"
    return os.path.join(sessions_dir(agent_dir), f"--{name}--")


def sessions(place: Place) -> Iterator[Found]:
    """The sessions of the project, newest first; read as far as the caller goes."""
    for found in _in_folders([place.folder]):
        if place.root is not None or found.cwd == place.cwd:
            yield found


def other_sessions(place: Place) -> Iterator[Found]:
    """The sessions of all other projects, newest first."""
    if place.root is None:
        for found in _in_folders([place.folder]):
            if found.cwd != place.cwd:
                yield Found(found.path, found.header, found.written_s, found.size, True)
        return
    own = os.path.basename(place.folder)
    folders = [os.path.join(place.root, name) for name in _names(place.root) if name != own]
    for found in _in_folders(folders):
        yield Found(found.path, found.header, found.written_s, found.size, True)


def all_files(place: Place) -> list[str]:
    """The paths of all session files of the place, of other projects too, in no order."""
    folders = [place.folder]
    if place.root is not None:
        folders = [os.path.join(place.root, name) for name in _names(place.root)]
    return [
        os.path.join(folder, name)
        for folder in folders
        for name in _names(folder)
        if name.endswith(SUFFIX)
    ]


def latest(place: Place) -> str | None:
    """The path of the session of the project that was written last; None if there is none."""
    return next((found.path for found in sessions(place)), None)


def with_id(place: Place, session_id: str) -> str | None:
    """The path of the session of the project with exactly this id; None if there is none."""
    return next((found.path for found in sessions(place) if found.id == session_id), None)


def check_id_is_free(place: Place, session_id: str) -> None:
    """Raises SessionError if the project has a session with this id."""
    if with_id(place, session_id) is not None:
        raise SessionError(f"Session already exists with id '{session_id}'")


def resolve(place: Place, reference: str) -> Found:
    """The session that `reference`, given to --session or --fork, means.

    What has a slash or ends in ".jsonl" is a path, relative to the project; its header is empty
    and the file may be missing. Otherwise it is an id or the beginning of one, sought in this
    project first, then in the others; an exact id goes before a beginning, and of several the one
    written last is meant. Raises SessionError if there is none.
    """
    if is_path(reference):
        path = os.path.join(place.cwd, os.path.expanduser(reference))
        return Found(os.path.normpath(path), {"id": ""}, 0.0, 0)
    found = None
    if reference:  # nothing is the beginning of everything
        found = _matching(sessions(place), reference) or _matching(other_sessions(place), reference)
    if found is None:
        raise SessionError(f"No session found matching '{reference}'")
    return found


def is_path(reference: str) -> bool:
    """Whether a reference to a session is a path and not an id."""
    return "/" in reference or "\\" in reference or reference.endswith(SUFFIX)


def check_cwd(path: str | None, cwd: str) -> None:
    """Raises SessionError if the working directory of a session is gone."""
    if not os.path.isdir(cwd):
        raise SessionError(
            f"The working directory of the session no longer exists: {cwd} (session file: {path}); "
            "use --fork with that file to continue in the current directory"
        )


def _matching(candidates: Iterable[Found], reference: str) -> Found | None:
    first = None
    for found in candidates:
        if found.id == reference:
            return found
        if first is None and found.id.startswith(reference):
            first = found
    return first


def _in_folders(folders: Iterable[str]) -> Iterator[Found]:
    files: list[tuple[float, str, int]] = []
    for folder in folders:
        for name in _names(folder):
            path = os.path.join(folder, name)
            status = _status(path) if name.endswith(SUFFIX) else None
            if status is not None and status.st_size:
                files.append((status.st_mtime, path, status.st_size))
    files.sort(reverse=True)
    for written_s, path, size in files:
        header = read_header(path)
        if header is not None:
            yield Found(path, header, written_s, size)


def read_header(path: str) -> Entry | None:
    """The header of a session file, rebuilt if it is damaged; None if that is no session."""
    try:
        with open_regular(path) as stream:
            data = b""
            for size in (_HEAD_BYTES, _MOST_HEAD_BYTES):
                data += stream.read(size - len(data)) or b""
                header = _header_in(data, path) if b"\n" in data.strip() else None
                if header is not None or len(data) < size:
                    break
            return header or _header_in(data, path)
    except OSError:  # unreadable, so not for this list
        return None


def _header_in(data: bytes, path: str) -> Entry | None:
    first = next(records(data[: data.find(b"\n") + 1]), None)
    if first is not None and is_header(first[2]) and version_of(first[2]) >= VERSION:
        return first[2]  # nearly always, and among thousands of files that counts
    try:
        return load(data, path, HOST).header
    except SessionError:  # something else, or more is needed to see a damaged header
        return None


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # not there yet, or not ours to read: nothing to be found in it
        return []


def _status(path: str) -> os.stat_result | None:
    try:
        status = os.stat(path)
    except OSError:  # removed meanwhile
        return None
    return status if stat.S_ISREG(status.st_mode) else None
