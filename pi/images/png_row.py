"""One stored PNG row as plain bytes: every sample eight bits, palettes resolved.

    Widener(header, palette, transparent).widen(row, width)      # width * channels bytes

Source: PNG specification, sections 7.2 and 11.3.1 (tRNS).
"""

from __future__ import annotations

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type -> samples of a pixel
_GRAY, _PALETTE = 0, 3


class Header(Value):
    """What IHDR says. `colour`: 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool

    @property
    def bits(self) -> int:
        """The bits of a stored pixel."""
        return self.depth * _SAMPLES[self.colour]

    def row_bytes(self, width: int) -> int:
        """The bytes of a stored row of `width` pixels, without its filter type."""
        return (width * self.bits + 7) // 8


class Widener:
    """Turns stored rows of one picture into plain ones of `channels` bytes a pixel."""

    def __init__(self, header: Header, palette: bytes, transparent: bytes) -> None:
        depth = header.depth
        self._unpack: Callable[[bytes], bytes] | None = None
        if depth < 8:
            self._unpack = _unpacker(
                depth, 1 if header.colour == _PALETTE else 255 // (2**depth - 1)
            )
        self._halve = depth == 16
        self._planes: list[bytes] = []  # a translation table for each channel of an indexed pixel
        if header.colour == _PALETTE:
            self._planes = _palette_planes(palette, transparent)
        elif header.colour == _GRAY and depth <= 8 and len(transparent) >= 2:
            hidden = transparent[1] * (255 // (2**depth - 1)) & 255
            opaque = bytes(0 if value == hidden else 255 for value in range(256))
            self._planes = [bytes(range(256)), opaque]
        self.channels = len(self._planes) or _SAMPLES[header.colour]

    def widen(self, row: bytes, width: int) -> bytes:
        """A stored row of `width` pixels as plain bytes."""
        if self._halve:
            return row[::2]
        if self._unpack is not None:
            row = self._unpack(row)[:width]
        if not self._planes:
            return row
        result = bytearray(width * self.channels)
        for part, table in enumerate(self._planes):
            result[part :: self.channels] = row.translate(table)
        return bytes(result)


def _unpacker(depth: int, scale: int) -> Callable[[bytes], bytes]:
    """Splits bytes into samples of `depth` bits, leftmost first, each multiplied by `scale`."""
    mask = 2**depth - 1
    table = [
        bytes((byte >> shift & mask) * scale for shift in range(8 - depth, -1, -depth))
        for byte in range(256)
    ]
    return lambda row: b"".join([table[byte] for byte in row])


def _palette_planes(palette: bytes, transparent: bytes) -> list[bytes]:
    planes = [palette[part:768:3].ljust(256, b"\0") for part in range(3)]
    return [*planes, transparent[:256].ljust(256, b"\xff")] if transparent else planes
