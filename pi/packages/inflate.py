"""What a compressed file unfolds to, in bounded pieces and up to a limit.

    for piece in inflated(path, limit_bytes): ...      gzip, bzip2, xz, or as it is

A few kilobytes can stand for gigabytes, so the unfolded bytes are counted, and no piece is larger
than 64 KiB. An xz file may ask for gigabytes of memory: it gets 128 MiB.
"""

from __future__ import annotations

import zlib
from functools import partial
from importlib import import_module

from pi import files
from pi.errors import PackageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO
    from typing import Any

PIECE = 64 * 1024
_XZ_MEMORY = 128 * 2**20

_HEADS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"PK\x03\x04": "zip",
         b"PK\x05\x06": "zip"}  # fmt: skip


def kind_of(path: str) -> str:
    """ "gzip", "bzip2", "xz", "zip", or "" for anything else. Raises OSError."""
    with files.open_regular(path) as stream:
        return kind_of_head(stream.read(8))


def kind_of_head(head: bytes) -> str:
    """The same, told by the first bytes of a file."""
    return next((kind for start, kind in _HEADS.items() if head.startswith(start)), "")


def inflated(path: str, limit_bytes: int) -> Iterator[bytes]:
    """The unfolded content of a file. Raises PackageError, OSError."""
    kind = kind_of(path)
    left = limit_bytes
    with files.open_regular(path) as stream:
        for piece in _unfolded(stream, kind) if kind else iter(lambda: stream.read(PIECE), b""):
            left -= len(piece)
            if left < 0:
                raise PackageError(
                    f"the archive unfolds to more than {limit_bytes >> 20} MiB, which is refused"
                )
            yield piece


def _unfolded(stream: FileIO, kind: str) -> Iterator[bytes]:
    """One compressed member after the other; what follows the last is no matter."""
    make, failures = _engine(kind)
    engine, data = make(), b""
    while True:
        if engine.eof:
            data = engine.unused_data or stream.read(PIECE)
            if kind_of_head(data) != kind:
                return
            engine = make()
        elif engine.needs_input and not data:
            data = stream.read(PIECE)
            if not data:
                raise PackageError("the archive is cut: its compressed data has no end")
        try:
            piece = engine.decompress(data, PIECE)
        except failures:
            raise PackageError("the archive is damaged: it cannot be decompressed") from None
        data = b""
        if piece:
            yield piece


def _engine(kind: str) -> tuple[Callable[[], Any], tuple[type[Exception], ...]]:
    """(what makes a decompressor, what it raises). Raises PackageError."""
    if kind == "gzip":
        return _Gzip, (zlib.error,)
    try:
        module = import_module("bz2" if kind == "bzip2" else "lzma")
    except ImportError:
        raise PackageError(f"this Python cannot read {kind} archives") from None
    if kind == "bzip2":
        return module.BZ2Decompressor, (OSError, ValueError)
    return partial(module.LZMADecompressor, memlimit=_XZ_MEMORY), (module.LZMAError,)


class _Gzip:
    """zlib's decompressor with the interface of the other two."""

    def __init__(self) -> None:
        self._engine = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._engine.eof

    @property
    def unused_data(self) -> bytes:
        return self._engine.unused_data

    def decompress(self, data: bytes, limit: int) -> bytes:
        piece = self._engine.decompress(self._engine.unconsumed_tail + data, limit)
        self.needs_input = len(piece) < limit and not self._engine.unconsumed_tail
        return piece
