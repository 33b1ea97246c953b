"""Reading BMP: uncompressed pictures of 1, 4, 8, 16, 24 and 32 bits as plain pixels.

    read_bmp(data)      # Pixels of 3 channels, or of 4 where the header names an alpha mask

Run-length, JPEG and PNG contents are refused. Everything wrong raises ValueError with the reason.
Source: Windows GDI, BITMAPFILEHEADER to BITMAPV5HEADER.
"""

from __future__ import annotations

from pi.images.pixels import MAX_PIXELS, Pixels
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_RGB, _BITFIELDS, _ALPHA_BITFIELDS = 0, 3, 6
_MASKS_16 = (0x7C00, 0x03E0, 0x001F)


class _Header(Value):
    width: int
    height: int
    top_down: bool
    depth: int
    palette: list[bytes]  # red, green, blue
    masks: tuple[int, ...]  # red, green, blue, and alpha if there is one; () for plain bytes
    start: int  # where the pixels begin


def read_bmp(data: bytes, check: Callable[[], None] = lambda: None) -> Pixels:
    """The picture in a BMP file. `check` is called for every row and may raise."""
    header = _read_header(data)
    pitch = (header.width * header.depth + 31) // 32 * 4
    if header.start + pitch * header.height > len(data):
        raise ValueError("a BMP that ends too early")
    to_plain = _row_reader(header)
    order = range(header.height) if header.top_down else range(header.height - 1, -1, -1)
    rows = []
    for at in order:
        check()
        begin = header.start + at * pitch
        rows.append(to_plain(data[begin : begin + pitch]))
    channels = len(rows[0]) // header.width
    return Pixels(header.width, header.height, channels, b"".join(rows))


def _read_header(data: bytes) -> _Header:
    start, size = _little(data, 10), _little(data, 14)
    if size == 12:
        width, height, depth = _little(data, 18, 2), _little(data, 20, 2), _little(data, 24, 2)
        compression, entry = _RGB, 3
    else:
        width, height = _signed(data, 18), _signed(data, 22)
        depth, compression, entry = _little(data, 28, 2), _little(data, 30), 4
    if compression not in (_RGB, _BITFIELDS, _ALPHA_BITFIELDS):
        raise ValueError("a compressed BMP")
    if depth not in (1, 4, 8, 16, 24, 32) or width <= 0 or height == 0:
        raise ValueError("a BMP header that makes no sense")
    if width * abs(height) > MAX_PIXELS:
        raise ValueError(f"a BMP of {width}x{abs(height)} pixels")
    palette = _palette(data, 14 + size, start, depth, entry)
    masks = _masks(data, size, depth, compression)
    return _Header(width, abs(height), height < 0, depth, palette, masks, start)


def _palette(data: bytes, begin: int, end: int, depth: int, entry: int) -> list[bytes]:
    """A translation table for each of red, green and blue; none for true colour."""
    if depth > 8:
        return []
    table = data[begin : min(end, begin + entry * 2**depth)]
    return [table[part::entry].ljust(256, b"\0")[:256] for part in (2, 1, 0)]


def _masks(data: bytes, size: int, depth: int, compression: int) -> tuple[int, ...]:
    if depth not in (16, 32):
        return ()
    if compression == _RGB:
        return _MASKS_16 if depth == 16 else ()
    masks = tuple(_little(data, at) for at in (54, 58, 62))
    alpha = _little(data, 66) if size >= 56 or compression == _ALPHA_BITFIELDS else 0
    return (*masks, alpha) if alpha else masks


def _row_reader(header: _Header) -> Callable[[bytes], bytes]:
    if header.palette:
        return lambda row: _indexed(row, header)
    if header.masks and not all(_is_byte(mask) for mask in header.masks):
        return lambda row: _masked(row, header)
    step = header.depth // 8
    offsets = [mask.bit_length() // 8 - 1 for mask in header.masks] or [2, 1, 0]
    return lambda row: _picked(row, header.width, step, offsets)


def _picked(row: bytes, width: int, step: int, offsets: list[int]) -> bytes:
    """Channels that are whole bytes of a pixel, put in our order."""
    channels = len(offsets)
    result = bytearray(width * channels)
    for part, offset in enumerate(offsets):
        result[part::channels] = row[offset : width * step : step]
    return bytes(result)


def _indexed(row: bytes, header: _Header) -> bytes:
    depth = header.depth
    if depth < 8:
        mask, shifts = 2**depth - 1, range(8 - depth, -1, -depth)
        row = bytes([byte >> shift & mask for byte in row for shift in shifts])
    row = row[: header.width]
    result = bytearray(header.width * 3)
    for part, table in enumerate(header.palette):
        result[part::3] = row.translate(table)
    return bytes(result)


def _masked(row: bytes, header: _Header) -> bytes:
    step, channels = header.depth // 8, len(header.masks)
    values = [_little(row, at, step) for at in range(0, header.width * step, step)]
    result = bytearray(header.width * channels)
    for part, mask in enumerate(header.masks):
        shift = (mask & -mask).bit_length() - 1
        most = max(1, mask >> max(0, shift))
        result[part::channels] = bytes(
            [((value & mask) >> max(0, shift)) * 255 // most for value in values]
        )
    return bytes(result)


def _is_byte(mask: int) -> bool:
    return mask in (0xFF, 0xFF00, 0xFF0000, 0xFF000000)


def _little(data: bytes, at: int, length: int = 4) -> int:
    return int.from_bytes(data[at : at + length], "little")


def _signed(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little", signed=True)
