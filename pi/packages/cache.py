"""What was fetched before: the answers of registries and the archives, in a folder of the user's.

    cache = Cache("/home/u/.pi/agent/npm/_cache")
    cache.document(url)                     Document(url, validators, body) or None
    cache.keep_document(document)
    cache.archive("sha512", digest)         the path of the file with that digest, or None
    cache.keep_archive(path, "sha512", digest)

    <folder>/answers/<sha256 of the URL>    one line of JSON, then the body as it came
    <folder>/archives/sha512/<hex digest>   archives under the digest they were checked against
    <folder>/partial/                       what is being downloaded

A cache can be deleted at any time. It holds what only its owner may fetch, so nobody else may read
it. What is in it is never believed: an archive is hashed again when it is used, and a document
whose first line names another URL counts as absent.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress

from pi import files
from pi.text.jsontext import dumps
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DOCUMENT_LIMIT = 64 * 2**20

LIMITS = {"archives": 512 * 2**20, "answers": 256 * 2**20, "partial": 512 * 2**20}
"""Bytes that are kept of each; what was not used for longest goes first."""


class Document(Value):
    """An answer. `validators` are the request headers that ask whether it still holds."""

    url: str
    validators: dict[str, str]
    body: bytes


class Cache:
    """A folder of answers and archives; made when something is first kept."""

    def __init__(self, folder: str, limits: Mapping[str, int] = LIMITS) -> None:
        self._folder = folder
        self._limits = limits

    def document(self, url: str) -> Document | None:
        """The answer that was kept for `url`; None if there is none that can be used."""
        try:
            data = files.read_bounded(self._document_path(url), DOCUMENT_LIMIT + 2**16)
        except OSError:
            return None
        head, _, body = data.partition(b"\n")
        try:
            found = json.loads(head)
        except ValueError:
            return None
        if not isinstance(found, dict) or found.get("url") != url:
            return None
        validators = found.get("validators")
        if not isinstance(validators, dict):
            return None
        return Document(url, {str(k): str(v) for k, v in validators.items()}, body)

    def keep_document(self, document: Document) -> None:
        """Keep an answer; a disk that does not let us costs nothing but the next look-up."""
        head = dumps({"url": document.url, "validators": document.validators}).encode()
        path = self._document_path(document.url)
        with suppress(OSError):
            files.make_folder(os.path.dirname(path), 0o700)
            files.replace_atomically(path, head + b"\n" + document.body, mode=0o600)

    def archive(self, algorithm: str, digest: bytes) -> str | None:
        """The path of the archive with that digest, None if it is not here."""
        path = self._archive_path(algorithm, digest)
        if not os.path.isfile(path):
            return None
        with suppress(OSError):
            os.utime(path)
        return path

    def keep_archive(self, path: str, algorithm: str, digest: bytes) -> str:
        """Take over the file at `path`, whose digest was checked; returns where it is now."""
        target = self._archive_path(algorithm, digest)
        files.make_folder(os.path.dirname(target), 0o700)
        os.replace(path, target)
        return target

    def drop_archive(self, path: str) -> None:
        """Remove an archive that is not what its name says."""
        with suppress(OSError):
            os.unlink(path)

    def partial_path(self) -> str:
        """A fresh path for a download, in the same file system. Raises OSError."""
        folder = os.path.join(self._folder, "partial")
        files.make_folder(folder, 0o700)
        return os.path.join(folder, os.urandom(12).hex())

    def keep_text(self, name: str, text: str) -> str:
        """Keep a small file under a name; returns its path. Raises OSError."""
        files.make_folder(self._folder, 0o700)
        path = os.path.join(self._folder, name)
        files.replace_atomically(path, text.encode(), mode=0o600)
        return path

    def trim(self) -> None:
        """Delete the oldest until the limits hold."""
        for name, limit_bytes in self._limits.items():
            _trim(os.path.join(self._folder, name), limit_bytes)

    def _document_path(self, url: str) -> str:
        name = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
        return os.path.join(self._folder, "answers", name)

    def _archive_path(self, algorithm: str, digest: bytes) -> str:
        return os.path.join(self._folder, "archives", algorithm, digest.hex())


def _trim(folder: str, limit_bytes: int) -> None:
    found = sorted(_contents(folder), reverse=True)
    total = 0
    for _, size, path in found:
        total += size
        if total > limit_bytes:
            with suppress(OSError):
                os.unlink(path)


def _contents(folder: str) -> Iterator[tuple[float, int, str]]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            with suppress(OSError):
                status = os.stat(path)
                yield status.st_mtime, status.st_size, path
