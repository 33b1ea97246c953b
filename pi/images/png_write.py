"""Writing PNG: eight bits a channel, no interlace, the filter of each row chosen by its result.

Filters are applied to whole rows as big integers with one 16-bit lane a byte, as in `unfilter`.
The filter whose differences are smallest in sum usually compresses best (PNG specification, 12.8).
"""

from __future__ import annotations

import zlib

from pi.images.unfilter import PAETH, SUB, UP, paeth_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pi.images.pixels import Pixels

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}  # channels -> colour type
_MAGNITUDE = bytes(min(value, 256 - value) for value in range(256))


def write_png(pixels: Pixels, check: Callable[[], None] = lambda: None) -> bytes:
    """A picture as a PNG file. `check` is called for every row and may raise."""
    colour = _COLOUR_TYPES[pixels.channels]
    header = pixels.width.to_bytes(4, "big") + pixels.height.to_bytes(4, "big")
    deflate = zlib.compressobj(6)
    body = []
    for row in _filtered_rows(pixels):
        check()
        body.append(deflate.compress(row))
    body.append(deflate.flush())
    chunks = (
        chunk(b"IHDR", header + bytes((8, colour, 0, 0, 0))),
        chunk(b"IDAT", b"".join(body)),
        chunk(b"IEND", b""),
    )
    return SIGNATURE + b"".join(chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One PNG chunk: length, type, data, checksum."""
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return len(data).to_bytes(4, "big") + kind + data + checksum.to_bytes(4, "big")


def _filtered_rows(pixels: Pixels) -> Iterator[bytes]:
    size = pixels.width * pixels.channels
    differ = _Differences(size, pixels.channels)
    prior = bytes(size)
    for at in range(0, len(pixels.data), size):
        row = pixels.data[at : at + size]
        yield min(differ.rows(row, prior), key=_cost)
        prior = row


def _cost(filtered: bytes) -> int:
    return sum(filtered.translate(_MAGNITUDE))


class _Differences:
    """Rows under the filters sub, up and Paeth."""

    def __init__(self, size: int, bpp: int) -> None:
        self._size = size
        self._bpp = bpp
        ones = int.from_bytes(b"\1\0" * size, "little")
        self._low = ones * 255
        self._high = ones << 15

    def rows(self, row: bytes, prior: bytes) -> tuple[bytes, bytes, bytes]:
        """The row in each form, with the filter's number in front."""
        here, up = self._lanes(row), self._lanes(prior)
        left = self._lanes(bytes(self._bpp) + row[: -self._bpp])
        corner = self._lanes(bytes(self._bpp) + prior[: -self._bpp])
        return (
            bytes((SUB,)) + self._difference(here, left),
            bytes((UP,)) + self._difference(here, up),
            bytes((PAETH,)) + self._difference(here, paeth_of(left, up, corner, self._high)),
        )

    def _lanes(self, row: bytes) -> int:
        lanes = bytearray(2 * self._size)
        lanes[::2] = row
        return int.from_bytes(lanes, "little")

    def _difference(self, here: int, predicted: int) -> bytes:
        value = (here | self._high) - predicted & self._low
        return value.to_bytes(2 * self._size, "little")[::2]
