"""Where the members of an archive land: each name checked, each byte counted.

    landing = Landing("/tmp/fresh", strip=1, max_files=100_000, max_bytes=2**30)
    landing.add(entry, chunks, token)
    landing.finish()                # makes the links, which nothing can be written through then

Everything here raises PackageError whose text goes on after "<subject>: ".
"""

from __future__ import annotations

import os
import stat
import unicodedata

from pi.errors import PackageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pi.cancel import CancelToken
    from pi.packages.tar import Entry

MAX_NAME = 255  # bytes of one part of a path
MAX_PATH = 1024  # bytes of a whole one, below the folder
MAX_DEPTH = 64

_FORBIDDEN = {"hard link": "a hard link", "device": "a device", "pipe": "a named pipe"}


class Landing:
    """A folder under construction. `count` is how many files it got so far."""

    def __init__(self, folder: str, strip: int, max_files: int, max_bytes: int) -> None:
        self.count = 0
        self._folder = folder
        self._strip = strip
        self._max_files = max_files
        self._max_bytes = max_bytes
        self._left = max_bytes
        self._members = 0
        self._kinds: dict[str, tuple[str, str]] = {}  # folded path -> (path, kind)
        self._links: list[tuple[str, str]] = []
        os.makedirs(folder, exist_ok=True)

    def add(self, entry: Entry, chunks: Iterable[bytes], token: CancelToken) -> None:
        """Take in one member. Raises PackageError, OSError, Cancelled."""
        self._members += 1
        if self._members > self._max_files:
            raise self._too_many()
        if entry.kind in _FORBIDDEN:
            what = _FORBIDDEN[entry.kind]
            raise PackageError(f"the archive holds {what} ({shown(entry.name)}), which is refused")
        parts = parts_of(entry.name)[self._strip :]
        if not parts:
            return
        self._claim(parts, "folder" if entry.kind == "folder" else "file")
        path = os.path.join(self._folder, *parts)
        if entry.kind == "link":
            self._links.append(("/".join(parts), entry.link))
        elif entry.kind == "folder":
            self._make_folders(parts)
        else:
            self._make_folders(parts[:-1])
            self._write(path, entry, chunks, token)
            self.count += 1

    def finish(self) -> None:
        """Make the links. Raises PackageError for one that leads outside, OSError."""
        for place, target in self._links:
            if not _stays_inside(place, target):
                raise PackageError(
                    f"the archive holds a link that leads outside ({shown(place)} to "
                    f"{shown(target)}), which is refused"
                )
            parts = place.split("/")
            self._make_folders(tuple(parts[:-1]))
            path = os.path.join(self._folder, *parts)
            if os.path.lexists(path):
                os.unlink(path)
            os.symlink(target, path)
        top = os.path.realpath(self._folder)
        for place, target in self._links:  # links may lead through links
            real = os.path.realpath(os.path.join(self._folder, place))
            if real != top and not real.startswith(top + os.sep):
                raise PackageError(
                    f"the archive holds links that lead outside together ({shown(place)} to "
                    f"{shown(target)}), which is refused"
                )

    def _claim(self, parts: tuple[str, ...], kind: str) -> None:
        """Refuse a name that another file system would take for one that is there already."""
        for size in range(1, len(parts) + 1):
            path = "/".join(parts[:size])
            is_whole = size == len(parts)
            now = (path, kind if is_whole else "folder")
            before = self._kinds.setdefault(_folded(path), now)
            if len(self._kinds) > self._max_files:  # folders that are only implied are folders
                raise self._too_many()
            if before[0] != path:
                raise PackageError(
                    f"the archive holds {shown(before[0])} and {shown(path)}, which are one name "
                    "on some systems: refused"
                )
            if before[1] != now[1]:
                raise PackageError(f"the archive holds {shown(path)} as a file and as a folder")

    def _too_many(self) -> PackageError:
        return PackageError(f"the archive holds more than {self._max_files} files: refused")

    def _make_folders(self, parts: tuple[str, ...]) -> None:
        path = self._folder
        for part in parts:
            path = os.path.join(path, part)
            try:
                os.mkdir(path)
            except FileExistsError:
                if not stat.S_ISDIR(os.lstat(path).st_mode):
                    raise PackageError(
                        f"{shown('/'.join(parts))}: a file or a link is in the way"
                    ) from None

    def _write(self, path: str, entry: Entry, chunks: Iterable[bytes], token: CancelToken) -> None:
        if os.path.lexists(path):  # the last of several wins; a link is not followed
            os.unlink(path)
        mode = 0o755 if entry.mode & 0o111 else 0o644
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        with open(os.open(path, flags, mode), "wb") as stream:
            for chunk in chunks:
                self._left -= len(chunk)
                if self._left < 0:
                    raise too_large(self._max_bytes)
                token.check()
                stream.write(chunk)


def parts_of(name: str) -> tuple[str, ...]:
    """The parts of a member's name. Raises PackageError for one that must not become a path."""
    if name.startswith("/"):
        raise PackageError(f"the archive holds an absolute name ({shown(name)}), which is refused")
    if any(ord(char) < 32 or ord(char) == 127 for char in name):
        raise PackageError(f"the archive holds a name with control characters ({shown(name)})")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise PackageError(f"the archive holds a name with .. ({shown(name)}), which is refused")
    sizes = [len(part.encode("utf-8", "surrogatepass")) for part in parts]
    if (
        len(parts) > MAX_DEPTH
        or sum(sizes) + len(sizes) > MAX_PATH
        or max(sizes, default=0) > MAX_NAME
    ):
        raise PackageError(f"the archive holds a name that is too long ({shown(name)})")
    return parts


def too_large(limit_bytes: int) -> PackageError:
    """The error of an archive that unfolds to too much."""
    return PackageError(
        f"the archive unfolds to more than {limit_bytes >> 20} MiB, which is refused"
    )


def shown(name: str) -> str:
    """A name from an archive in a message: short, and without anything a terminal obeys."""
    short = name if len(name) <= 80 else f"{name[:77]}..."
    return "".join(char if char.isprintable() else "?" for char in short) or "an empty name"


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path.casefold()) if not path.isascii() else path.lower()


def _stays_inside(place: str, target: str) -> bool:
    if not target or target.startswith("/") or "\0" in target or len(target) > MAX_PATH:
        return False
    path = os.path.normpath(os.path.join(os.path.dirname(place), target))
    return path != ".." and not path.startswith("../")
