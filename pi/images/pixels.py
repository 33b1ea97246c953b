"""Pictures as plain bytes, and making them smaller by averaging.

    Pixels(width=2, height=1, channels=3, data=six_bytes)   # say, red and blue
    RowShrinker(row_bytes, 1500, 1000).feed(row)    # rows in, averaged rows out
    shrink_columns(pixels, 1000)
    fitting(3000, 1500, 2000, 2000)                 # (2000, 1000)

Channels: 1 gray, 2 gray and alpha, 3 red green blue, 4 with alpha; one byte each, row by row from
the top. Each new pixel is the mean of the area it covers (a box filter). Rows and columns are added
as big integers with one 16-bit lane a byte, some fifty times as fast as byte by byte.

Known limit: colours are not weighted by their alpha, so an edge towards transparent pixels takes
on some of their hidden colour.
"""

from __future__ import annotations

from pi.value import Value

MAX_PIXELS = 100_000_000
"""No larger picture is decoded; a gigapixel file can be a few kilobytes long."""

_UNIT = 256
"""Weights are 256ths: a sum of bytes times weights that add up to 256 fits in 16 bits."""


class Pixels(Value):
    """A picture; `data` has `width * height * channels` bytes."""

    width: int
    height: int
    channels: int
    data: bytes


def fitting(width: int, height: int, max_width: int, max_height: int) -> tuple[int, int]:
    """The largest size of the same shape within both limits; never larger than the given one."""
    if width <= max_width and height <= max_height:
        return width, height
    if width * max_height >= height * max_width:
        return max_width, max(1, _rounded(height * max_width, width))
    return max(1, _rounded(width * max_height, height)), max_height


def shrink(pixels: Pixels, width: int, height: int) -> Pixels:
    """The picture in a smaller size."""
    row_bytes = pixels.width * pixels.channels
    shrinker = RowShrinker(row_bytes, pixels.height, height)
    rows = [
        row
        for at in range(0, len(pixels.data), row_bytes)
        for row in shrinker.feed(pixels.data[at : at + row_bytes])
    ]
    shorter = Pixels(pixels.width, height, pixels.channels, b"".join(rows))
    return shrink_columns(shorter, width)


def shrink_columns(pixels: Pixels, width: int) -> Pixels:
    """The picture made narrower."""
    if width == pixels.width:
        return pixels
    channels, pitch = pixels.channels, pixels.width * pixels.channels
    shrinker = RowShrinker(pixels.height * channels, pixels.width, width)
    result = bytearray(width * pixels.height * channels)
    new_pitch, done = width * channels, 0
    for at in range(0, pitch, channels):
        column = b"".join(pixels.data[at + part :: pitch] for part in range(channels))
        for new in shrinker.feed(column):
            for part in range(channels):
                plane = new[part * pixels.height : (part + 1) * pixels.height]
                result[done * channels + part :: new_pitch] = plane
            done += 1
    return Pixels(width, pixels.height, channels, bytes(result))


class RowShrinker:
    """Turns `old` rows into `new` ones, each the mean of what it covers. Feed all rows in order."""

    def __init__(self, row_bytes: int, old: int, new: int) -> None:
        self._size = row_bytes
        self._steps = _weights(old, new)
        self._at = 0
        ones = int.from_bytes(b"\1\0" * (row_bytes // 2 + 1), "little")
        self._low = ones * 0xFF
        self._half = ones * (_UNIT // 2)
        self._even = self._odd = 0  # the sums of bytes 0, 2, 4, ... and 1, 3, 5, ...

    def feed(self, row: bytes) -> list[bytes]:
        """The new rows that this row completes: none, one, or (not made smaller) itself."""
        steps = self._steps[self._at]
        self._at += 1
        value = int.from_bytes(row, "little")
        even, odd = value & self._low, value >> 8 & self._low
        done = []
        for weight, completes in steps:
            self._even += even * weight
            self._odd += odd * weight
            if completes:
                done.append(self._take())
        return done

    def _take(self) -> bytes:
        even = self._even + self._half >> 8 & self._low
        odd = self._odd + self._half >> 8 & self._low
        self._even = self._odd = 0
        return (even | odd << 8).to_bytes(self._size + 2, "little")[: self._size]


def _weights(old: int, new: int) -> list[list[tuple[int, bool]]]:
    """For each old row: its weights in the new rows it is part of, and whether it is their last."""
    steps: list[list[tuple[int, bool]]] = [[] for _ in range(old)]
    for index in range(new):
        begin, end = index * old, (index + 1) * old  # in units of 1/new of an old row
        first, last = begin // new, (end - 1) // new
        given = 0
        for row in range(first, last + 1):
            covered = min(end, (row + 1) * new) - begin
            total = _rounded(covered * _UNIT, old)
            steps[row].append((total - given, row == last))
            given = total
    return steps


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
