"""Reading GIF: the first picture as plain pixels.

    read_gif(data)      # Pixels of 3 channels, or of 4 if the picture has a transparent colour

The picture is placed on its canvas; what it does not cover is transparent. Everything wrong raises
ValueError with the reason; picture data that ends early leaves the rest at colour 0, as viewers do.
Source: GIF89a specification, with the LZW of its appendix F.
"""

from __future__ import annotations

from pi.images.pixels import Pixels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PIXELS = 25_000_000
"""No larger canvas is filled: a pixel takes four bytes, and a tiny file can ask for many."""

_EXTENSION, _IMAGE, _GRAPHIC_CONTROL = 0x21, 0x2C, 0xF9
_CHECK_EVERY = 1 << 16  # words
_MAX_WORDS = 4096
_INTERLACE = ((0, 8), (4, 8), (2, 4), (1, 2))  # first row and step of each pass


def read_gif(data: bytes, check: Callable[[], None] = lambda: None) -> Pixels:
    """The first picture of a GIF file. `check` is called now and then and may raise."""
    try:
        return _read(data, check)
    except IndexError:
        raise ValueError("a GIF that ends too early") from None


def _read(data: bytes, check: Callable[[], None]) -> Pixels:
    width, height = _little(data, 6), _little(data, 8)
    if not 0 < width * height <= MAX_PIXELS:
        raise ValueError(f"a GIF of {width}x{height} pixels")
    table, at = _colours(data, data[10], 13)
    hidden = -1
    while data[at] == _EXTENSION:
        if data[at + 1] == _GRAPHIC_CONTROL and data[at + 3] & 1:
            hidden = data[at + 6]
        _, at = _blocks(data, at + 2)
    if data[at] != _IMAGE:
        raise ValueError("a GIF without a picture")
    place = [_little(data, at + offset) for offset in (1, 3, 5, 7)]
    flags = data[at + 9]
    own, at = _colours(data, flags, at + 10)
    body, _ = _blocks(data, at + 1)
    size = place[2] * place[3]
    if size > MAX_PIXELS:
        raise ValueError(f"a GIF with a frame of {place[2]}x{place[3]} pixels")
    indexes = _unpack(body, data[at], size, check).ljust(size, b"\0")
    if flags & 0x40:
        indexes = _deinterlaced(indexes, place[2], place[3])
    return _painted(indexes, place, (width, height), own or table, hidden)


def _painted(
    indexes: bytes, place: list[int], canvas: tuple[int, int], table: bytes, hidden: int
) -> Pixels:
    left, top, across, down = place
    width, height = canvas
    whole = (left, top, across, down) == (0, 0, width, height)
    planes = [table[part::3].ljust(256, b"\0") for part in range(3)]
    if hidden >= 0 or not whole:
        planes.append(bytes(0 if value == hidden else 255 for value in range(256)))
    channels = len(planes)
    shown = max(0, min(across, width - left))
    result = bytearray(width * height * channels)
    for row in range(max(0, min(down, height - top))):
        source = indexes[row * across : row * across + shown]
        begin = ((top + row) * width + left) * channels
        for part, plane in enumerate(planes):
            to = slice(begin + part, begin + shown * channels, channels)
            result[to] = source.translate(plane)
    return Pixels(width, height, channels, bytes(result))


def _unpack(body: bytes, bits: int, size: int, check: Callable[[], None]) -> bytes:
    """LZW: codes of growing length, each a run of colours known so far."""
    if not 1 <= bits <= 11:
        raise ValueError("a GIF with broken picture data")
    codes = _Codes(body, bits)
    clear = 1 << bits
    start = [bytes((value & 255,)) for value in range(clear)] + [b"", b""]
    words, previous = list(start), b""
    result: list[bytes] = []
    done = 0
    while done < size:
        if not len(result) % _CHECK_EVERY:
            check()
        code = codes.take()
        if code == clear:
            codes.length = bits + 1
            words, previous = list(start), b""
            continue
        if code < 0 or code == clear + 1:
            break
        word = _word(words, code, previous)
        if previous and len(words) < _MAX_WORDS:
            words.append(previous + word[:1])
            if len(words) == 1 << codes.length < _MAX_WORDS:
                codes.length += 1
        result.append(word)
        done += len(word)
        previous = word
    return b"".join(result)[:size]


def _word(words: list[bytes], code: int, previous: bytes) -> bytes:
    if code < len(words):
        return words[code]
    if code == len(words) and previous:
        return previous + previous[:1]  # the word that is about to be added
    raise ValueError("a GIF with broken picture data")


class _Codes:
    """Takes numbers of `length` bits off bytes, lowest bit first; -1 at the end."""

    def __init__(self, body: bytes, bits: int) -> None:
        self.length = bits + 1
        self._bytes = iter(body)
        self._held = self._have = 0

    def take(self) -> int:
        """The next code."""
        length, have = self.length, self._have
        while have < length:
            byte = next(self._bytes, -1)
            if byte < 0:
                return -1
            self._held |= byte << have
            have += 8
        code = self._held & (1 << length) - 1
        self._held >>= length
        self._have = have - length
        return code


def _deinterlaced(indexes: bytes, width: int, height: int) -> bytes:
    rows = [indexes[at : at + width] for at in range(0, width * height, width)]
    order = [row for first, step in _INTERLACE for row in range(first, height, step)]
    return b"".join(row for _, row in sorted(zip(order, rows, strict=True)))


def _colours(data: bytes, flags: int, at: int) -> tuple[bytes, int]:
    """A colour table, b"" if there is none, and where what follows it begins."""
    end = at + 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else at
    return data[at:end], end


def _blocks(data: bytes, at: int) -> tuple[bytes, int]:
    """The joined content of a series of blocks, and where what follows it begins."""
    parts = []
    while at < len(data) and data[at]:
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(parts), at + 1


def _little(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")
