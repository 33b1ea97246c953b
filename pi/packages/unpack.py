"""Archives of packages: unpacked without escapes, completely or not at all.

    unpack(path, "/r/node_modules/x", "x@1.0.0", Job(token), strip=1)

Tar archives (plain, gzip, bzip2, xz) and zip archives (also as `.whl`). The content goes into a
fresh folder next to the target and takes its place when everything is there and right.

What an archive may hold: files, folders, and links to what is inside. Refused, and with it the
whole archive: absolute names and `..`, links that lead outside, hard links, devices, pipes, names
with control characters or too long, two names that differ only by case, a name that is both file
and folder, encrypted or zip64 archives, and too much of anything (`Bounds`). Files get the modes
0644 or 0755, whatever the archive says.

`strip` drops the first parts of every name, as npm does with "package/".
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib

from pi import files
from pi.errors import PackageError
from pi.packages import inflate, swap, tar
from pi.packages.unpack_folder import Landing, too_large
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

    from pi.packages.progress import Job


class Bounds(Value):
    """How much an archive may hold. `ratio` is unfolded to packed, above `free_bytes` of it."""

    files: int = 100_000
    total_bytes: int = 2**30
    ratio: int = 100
    free_bytes: int = 64 * 2**20

    def bytes_for(self, packed_bytes: int) -> int:
        """What an archive of that size may unfold to."""
        return min(self.total_bytes, max(self.free_bytes, packed_bytes * self.ratio))


BOUNDS = Bounds()
_DIRECTORY_LIMIT = 16 * 2**20  # bytes of a zip archive's table of contents
_LINK_LIMIT = 4096
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    ValueError,
)


def unpack(
    path: str,
    target: str,
    subject: str,
    job: Job,
    *,
    strip: int = 0,
) -> None:
    """Make the content of the archive at `path` the folder `target`.

    What was there before is replaced, and untouched when this fails.

    Raises PackageError, Cancelled.
    """
    with swap.in_place_of(target, subject) as fresh:
        unpack_into(path, fresh, subject, job, strip=strip)


def unpack_into(
    path: str,
    folder: str,
    subject: str,
    job: Job,
    *,
    strip: int = 0,
    bounds: Bounds = BOUNDS,
) -> None:
    """Unpack into a folder of our own, which is made if it is missing.

    When this fails, what came so far is left in it. Raises PackageError, Cancelled.
    """
    try:
        limit_bytes = bounds.bytes_for(os.path.getsize(path))
        landing = Landing(folder, strip, bounds.files, limit_bytes)
        members = _zip_members if inflate.kind_of(path) == "zip" else _tar_members
        for entry, chunks in members(path, limit_bytes):
            job.tell("unpack", subject, landing.count)
            landing.add(entry, chunks, job.token)
        landing.finish()
    except PackageError as error:
        raise PackageError(f"{subject}: {error}") from None
    except OSError as error:
        raise PackageError(f"{subject}: cannot be unpacked ({files.reason(error)})") from None


def _tar_members(path: str, limit_bytes: int) -> Iterator[tuple[tar.Entry, Iterator[bytes]]]:
    # Headers and padding count too, so there is some room above what the files may hold.
    for entry in tar.entries(inflate.inflated(path, 2 * limit_bytes)):
        yield entry, entry.chunks()


def _zip_members(path: str, limit_bytes: int) -> Iterator[tuple[tar.Entry, Iterator[bytes]]]:
    with files.open_regular(path) as stream:
        _check_directory(stream)
        try:
            archive = zipfile.ZipFile(stream)
        except _DAMAGES as error:
            raise _damaged(error) from None
        with archive:
            for info in archive.infolist():
                entry = _zip_entry(info)
                chunks = _zip_chunks(archive, info, limit_bytes)
                if entry.kind == "link":
                    entry.link = b"".join(chunks)[:_LINK_LIMIT].decode("utf-8", "replace")
                yield entry, chunks


def _check_directory(stream: FileIO) -> None:
    """Refuse a table of contents that would take gigabytes of memory to read."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - 65_557))
    tail = stream.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) < at + 22:
        raise PackageError("the archive is damaged: a zip archive without its table of contents")
    if tail[max(0, at - 20) : at].startswith(b"PK\6\7"):
        raise PackageError("the archive is in the zip64 format, which is for far larger ones")
    if int.from_bytes(tail[at + 12 : at + 16], "little") > _DIRECTORY_LIMIT:
        raise PackageError("the archive's table of contents is too long")


def _zip_entry(info: zipfile.ZipInfo) -> tar.Entry:
    mode = info.external_attr >> 16
    kind = "folder" if info.filename.endswith("/") else "file"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        kind = "link" if stat.S_ISLNK(mode) else "device"
    if info.flag_bits & 0x1:
        raise PackageError("the archive is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise PackageError("the archive is compressed in a way that is not read")
    if "\0" in info.orig_filename:
        raise PackageError("the archive holds a name with a NUL in it")
    if kind == "link" and info.file_size > _LINK_LIMIT:
        raise PackageError("the archive holds a link that is too long")
    return tar.Entry(info.filename, kind, mode, info.file_size, "")


def _zip_chunks(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit_bytes: int
) -> Iterator[bytes]:
    if info.file_size > limit_bytes:
        raise too_large(limit_bytes)
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(inflate.PIECE):
                yield chunk
    except _DAMAGES as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> PackageError:
    words = " ".join(str(error).split())[:100]
    return PackageError(f"the archive is damaged ({words or type(error).__name__})")
