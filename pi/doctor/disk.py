"""The sessions on disk: where, how many, how large, whether the newest are sound; free space."""

from __future__ import annotations

import os
import stat
import tempfile
from time import monotonic

from pi import paths
from pi.errors import SessionError
from pi.paths import SESSION_DIR_VARIABLE
from pi.store import check, find
from pi.store.host import HOST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pi.doctor.report import Section
    from pi.doctor.subject import Subject
    from pi.store.find import Place

CHECKED = 20
"""How many sessions are looked into, the newest first, and no longer than `CHECK_S`."""

CHECK_S = 2.0
CHECK_BYTES = 32 << 20
_SCARCE, _NONE = 200 << 20, 10 << 20


def examine(subject: Subject, section: Section) -> None:
    """Fill the section."""
    setting = subject.configured.settings.get("sessionDir")
    folder = paths.custom_sessions_dir(subject.environ, subject.cwd, None, setting)
    if folder is None:
        place = find.project_place(subject.agent_dir, subject.cwd)
        why = "default"
    else:
        place = find.shared_place(folder, subject.cwd)
        is_variable = bool(subject.environ.get(SESSION_DIR_VARIABLE))
        why = SESSION_DIR_VARIABLE if is_variable else "the setting sessionDir"
    top = place.root or place.folder
    section.fact("sessions", top, why)
    _folder(top, section)
    _sessions(place, section)
    for path in dict.fromkeys((top, subject.cwd, *_temporary(section))):
        _space(path, section)


def _temporary(section: Section) -> list[str]:
    try:
        return [tempfile.gettempdir()]
    except OSError:
        section.problem("no folder for temporary files can be written to", "set TMPDIR to one")
        return []


def _folder(path: str, section: Section) -> None:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        section.problem(
            f"{path}: {error.strerror}", "correct its rights; no session is found there"
        )
        return
    if not stat.S_ISDIR(mode):
        section.problem(f"{path} is no folder", "move it away, or name another with --session-dir")
        return
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        section.problem(
            f"{path} cannot be read and written, so no session is kept",
            "make it yours: chown, chmod u+rwx; or name another with --session-dir",
        )
    if mode & 0o077:
        section.warn(f"others may look into {path}", f"chmod 700 {path}")


def _sessions(place: Place, section: Section) -> None:
    sizes = {}
    written = {}
    for path in find.all_files(place):
        try:
            found = os.stat(path)
        except OSError:  # removed meanwhile
            continue
        sizes[path], written[path] = found.st_size, found.st_mtime
    total = sum(sizes.values())
    section.fact("kept", f"{len(sizes)} sessions, {_size(total)}")
    if sizes:
        largest = max(sizes, key=lambda path: sizes[path])
        section.fact("largest", _size(sizes[largest]), largest)
        newest = sorted(sizes, key=lambda path: written[path], reverse=True)
        _check([path for path in newest if sizes[path] <= CHECK_BYTES][:CHECKED], section)


def _check(newest: Sequence[str], section: Section) -> None:
    end = monotonic() + CHECK_S
    count = 0
    for path in newest:
        if monotonic() > end:
            break
        count += 1
        trouble = _damage(path)
        if trouble:
            section.problem(f"{path}: {trouble}", f"pi sessions check --repair {path}")
    section.fact("looked into", f"the newest {count}", "`pi sessions check` looks into all")


def _damage(path: str) -> str:
    """What is wrong with a session file, "" if nothing is."""
    try:
        found = check.examine(HOST.disk.read(path), path, HOST)
    except SessionError as error:
        return str(error).removeprefix(f"{path}: ")
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    return "; ".join(found.problems)


def _space(path: str, section: Section) -> None:
    folder = next(above for above in paths.upwards(path) if os.path.isdir(above))
    try:
        found = os.statvfs(folder)
    except OSError as error:
        section.warn(f"{folder}: {error.strerror}", "look at the disk it is on")
        return
    if not found.f_blocks:  # no disk, /proc for one
        return
    free = found.f_bavail * found.f_frsize
    section.fact("free", _size(free), folder)
    if found.f_flag & os.ST_RDONLY:
        section.problem(
            f"the disk of {folder} can only be read", "mount it writable, or work elsewhere"
        )
    elif free < _NONE or (found.f_files and not found.f_favail):
        section.problem(f"the disk of {folder} is full", "free some space")
    elif free < _SCARCE:
        section.warn(f"the disk of {folder} is nearly full", "free some space")


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
