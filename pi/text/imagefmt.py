"""Which image format bytes are, and how many pixels they hold, read off their headers.

    detect(data)          "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp" or None
    size_of(data)         (width, height) in pixels, or None when the header does not say

Content decides, never a file name. `detect` needs the first 64 bytes; `size_of` of a JPEG needs
everything before its frame header, which a few megabytes of metadata may precede. Sources: PNG
(W3C), JPEG (ITU T.81, annex B), GIF89a, WebP container (RFC 9649), BMP (Windows GDI).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Size = tuple[int, int]

SNIFF_BYTES = 64
"""How much of a file `detect` needs."""

_PNG = b"\x89PNG\r\n\x1a\n"
_BMP_HEADERS = frozenset((12, 16, 40, 52, 56, 64, 108, 124))
_BMP_DEPTHS = frozenset((1, 2, 4, 8, 16, 24, 32))
_JPEG_NO_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))  # TEM, RSTn, SOI: markers without a body
_JPEG_NOT_FRAME = frozenset((0xC4, 0xC8, 0xCC))  # DHT, JPG, DAC lie among the frame headers


def detect(data: bytes) -> str | None:
    """The MIME type of an image in one of the known formats, None for anything else."""
    if data.startswith(_PNG) and data[12:16] == b"IHDR":
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/bmp" if _is_bmp(data) else None


def size_of(data: bytes) -> Size | None:
    """Width and height in pixels; None if the bytes are of no known format or end too early."""
    measure = _SIZES.get(detect(data) or "")
    size = measure(data) if measure else None
    return size if size and min(size) > 0 else None


def _is_bmp(data: bytes) -> bool:
    """BM begins many texts, so the header behind it must make sense."""
    if not data.startswith(b"BM") or len(data) < 26:
        return False
    header = _little(data, 14, 4)
    at = 22 if header == 12 else 26
    planes, depth = _little(data, at, 2), _little(data, at + 2, 2)
    return header in _BMP_HEADERS and planes == 1 and depth in _BMP_DEPTHS


def _png_size(data: bytes) -> Size | None:
    if len(data) < 24:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _gif_size(data: bytes) -> Size | None:
    return (_little(data, 6, 2), _little(data, 8, 2)) if len(data) >= 10 else None


def _bmp_size(data: bytes) -> Size | None:
    if _little(data, 14, 4) == 12:
        return _little(data, 18, 2), _little(data, 20, 2)
    width = int.from_bytes(data[18:22], "little", signed=True)
    height = int.from_bytes(data[22:26], "little", signed=True)
    return width, abs(height)  # a negative height means that the top row comes first


def _webp_size(data: bytes) -> Size | None:
    kind = data[12:16]
    if kind == b"VP8X" and len(data) >= 30:
        return _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
    if kind == b"VP8L" and data[20:21] == b"\x2f" and len(data) >= 25:
        bits = _little(data, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a" and len(data) >= 30:
        return _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF
    return None


def _jpeg_size(data: bytes) -> Size | None:
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 9 <= len(data):
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in _JPEG_NO_LENGTH:
            at += 2
        elif marker in (0xD9, 0xDA):  # the end, or picture data without a frame header before it
            return None
        elif 0xC0 <= marker <= 0xCF and marker not in _JPEG_NOT_FRAME:
            height, width = data[at + 5 : at + 7], data[at + 7 : at + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        else:
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return None


def _little(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "little")


_SIZES: dict[str, Callable[[bytes], Size | None]] = {
    "image/png": _png_size,
    "image/jpeg": _jpeg_size,
    "image/gif": _gif_size,
    "image/webp": _webp_size,
    "image/bmp": _bmp_size,
}
