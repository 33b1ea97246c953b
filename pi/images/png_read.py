"""Reading PNG: header, and rows as plain bytes, bounded before anything is decompressed.

    picture = open_png(data)                 # Picture(width=3000, height=1500, channels=3, ...)
    for row in picture.rows(check): ...      # each width * channels bytes, from the top
    still(data)                              # an animated PNG without its animation, else the same

All colour types, depths and both interlace methods. Sixteen bits are cut to eight, gray of fewer
than eight is widened, palettes become colours; transparency of a palette or of a gray value becomes
an alpha channel (that of a single RGB colour or a 16-bit gray is ignored). Checksums are verified
and decompression stops at the size the header promises. Everything wrong raises ValueError with
the reason. Source: PNG specification (W3C, third edition).
"""

from __future__ import annotations

import zlib

from pi.images.pixels import MAX_PIXELS
from pi.images.png_row import Header, Widener
from pi.images.png_write import SIGNATURE, chunk
from pi.images.unfilter import BAND_ROWS, unfilter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_VERIFY_BYTES = 1 << 20
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_ANIMATION = frozenset((b"acTL", b"fcTL", b"fdAT"))
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""First column, first row, column step and row step of each pass."""


class Picture:
    """A PNG whose header and chunks are in order; its pixels are decompressed by `rows`."""

    def __init__(self, header: Header, widener: Widener, body: list[memoryview]) -> None:
        self.width = header.width
        self.height = header.height
        self.channels = widener.channels
        self._header = header
        self._widener = widener
        self._body = body

    def rows(self, check: Callable[[], None] = lambda: None) -> Iterator[bytes]:
        """The rows from the top. `check` is called between bands and may raise."""
        source = _Inflater(self._body)
        if self._header.interlaced:
            return self._interlaced(source, check)
        return self._plain(source, check, self.width, self.height)

    def verify(self) -> None:
        """Decompress the pixels and let them go. Raises ValueError if they are not all there."""
        source, header = _Inflater(self._body), self._header
        for width, height, _ in self._passes():
            left = (header.row_bytes(width) + 1) * height
            while left > 0:
                left -= len(source.take(min(left, _VERIFY_BYTES)))

    def _passes(self) -> Iterator[tuple[int, int, tuple[int, int, int, int]]]:
        """Width, height and place of each picture in the data; the whole one if not interlaced."""
        for place in _ADAM7 if self._header.interlaced else ((0, 0, 1, 1),):
            left, top, across, down = place
            width, height = -(-(self.width - left) // across), -(-(self.height - top) // down)
            if width > 0 and height > 0:
                yield width, height, place

    def _plain(
        self, source: _Inflater, check: Callable[[], None], width: int, height: int
    ) -> Iterator[bytes]:
        size = self._header.row_bytes(width)
        pitch, prior = size + 1, bytes(size)
        for top in range(0, height, BAND_ROWS):
            check()
            band = source.take(pitch * min(BAND_ROWS, height - top))
            unfilter(band, pitch, max(1, self._header.bits // 8), prior)
            prior = bytes(band[-size:])
            for at in range(1, len(band), pitch):
                yield self._widener.widen(bytes(band[at : at + size]), width)

    def _interlaced(self, source: _Inflater, check: Callable[[], None]) -> Iterator[bytes]:
        channels, pitch = self.channels, self.width * self.channels
        canvas = bytearray(pitch * self.height)
        for width, height, (left, top, across, down) in self._passes():
            for at, row in enumerate(self._plain(source, check, width, height)):
                begin = (top + at * down) * pitch
                end = begin + pitch
                for part in range(channels):
                    to = slice(begin + left * channels + part, end, across * channels)
                    canvas[to] = row[part::channels]
        return (bytes(canvas[at : at + pitch]) for at in range(0, len(canvas), pitch))


def open_png(data: bytes) -> Picture:
    """A PNG file, its structure checked. Raises ValueError with what is wrong."""
    header = _read_header(data)
    palette = transparent = b""
    body = []
    for kind, content in _chunks(data):
        if kind == b"IDAT":
            body.append(content)
        elif kind == b"PLTE":
            palette = bytes(content)
        elif kind == b"tRNS":
            transparent = bytes(content)
    if not body or (header.colour == 3 and not palette):
        raise ValueError("a PNG without picture data")
    return Picture(header, Widener(header, palette, transparent), body)


def still(data: bytes) -> bytes:
    """An animated PNG reduced to the picture that stands for it; any other as it is."""
    chunks = list(_chunks(data))
    if not any(kind in _ANIMATION for kind, _ in chunks):
        return data
    kept = [chunk(kind, bytes(content)) for kind, content in chunks if kind not in _ANIMATION]
    return SIGNATURE + b"".join(kept)


def _read_header(data: bytes) -> Header:
    if not data.startswith(SIGNATURE) or data[12:16] != b"IHDR" or len(data) < 33:
        raise ValueError("no PNG header")
    depth, colour, compression, filtering, interlace = data[24:29]
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise ValueError("a PNG header that makes no sense")
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if not 0 < width * height <= MAX_PIXELS:
        raise ValueError(f"a PNG of {width}x{height} pixels")
    return Header(width, height, depth, colour, interlace == 1)


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Every chunk's type and content up to and with IEND."""
    view = memoryview(data)
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        length = int.from_bytes(view[at : at + 4], "big")
        kind = bytes(view[at + 4 : at + 8])
        content, end = view[at + 8 : at + 8 + length], at + 12 + length
        if end > len(data):
            raise ValueError("a PNG that ends too early")
        if zlib.crc32(content, zlib.crc32(kind)) != int.from_bytes(view[end - 4 : end], "big"):
            raise ValueError("a PNG with a wrong checksum")
        yield kind, content
        at = end


class _Inflater:
    """Gives out decompressed bytes in the amounts asked for, and never holds more than those."""

    def __init__(self, parts: list[memoryview]) -> None:
        self._parts = iter(parts)
        self._zlib = zlib.decompressobj()

    def take(self, size: int) -> bytearray:
        """Exactly `size` bytes. Raises ValueError if there are fewer, or if they are broken."""
        result = bytearray()
        while len(result) < size:
            pending = self._zlib.unconsumed_tail or next(self._parts, None)
            if pending is None or self._zlib.eof:
                raise ValueError("a PNG with too little picture data")
            try:
                result += self._zlib.decompress(pending, size - len(result))
            except zlib.error as error:
                raise ValueError(f"a PNG with broken picture data ({error})") from None
        return result
