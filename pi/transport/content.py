"""Undoing a content coding that was not asked for.

Requests say `Accept-Encoding: identity`; some gateways compress all the same. Memory stays bounded
however much a few bytes unfold to, since the pieces are handed on as they appear.

Source: RFC 9110 section 8.4. Known limits: gzip and deflate, one layer.
"""

from __future__ import annotations

import zlib

from pi.transport.body import CutError
from pi.transport.head import MalformedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 256 * 1024  # bytes unfolded at a time
_ZLIB, _GZIP, _RAW = zlib.MAX_WBITS, zlib.MAX_WBITS | 16, -zlib.MAX_WBITS


class Inflate:
    """Unfolds a gzip or deflate body. `coding` is the Content-Encoding, lower-case.

    Raises MalformedError for another coding.
    """

    def __init__(self, coding: str) -> None:
        if coding not in ("gzip", "x-gzip", "deflate"):
            raise MalformedError(
                "is compressed in a way that was not asked for and is not supported"
            )
        self._is_gzip = coding != "deflate"
        self._unfold = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bytes `data` stands for, in pieces. Raises MalformedError."""
        more = False  # whether the last piece was full, so that output may be pending inside
        while data or more:
            if self._unfold is None or self._unfold.eof:
                if self._unfold is not None and not (self._is_gzip and data[0] == 0x1F):
                    return  # padding after the end
                self._unfold = zlib.decompressobj(self._window(data))
            try:
                piece = self._unfold.decompress(data, PIECE)
            except zlib.error:
                raise MalformedError("is compressed but damaged") from None
            if piece:
                yield piece
            data = self._unfold.unconsumed_tail or self._unfold.unused_data
            more = len(piece) == PIECE and not self._unfold.eof

    def end(self) -> None:
        """The body is over. Raises CutError when the compressed data is not."""
        if self._unfold is not None and not self._unfold.eof:
            raise CutError("within the compressed data of the answer")

    def _window(self, data: bytes) -> int:
        if self._is_gzip:
            return _GZIP
        return _ZLIB if data[0] & 0x8F == 0x08 else _RAW  # some senders leave the wrapper out
