"""PNG in and out: every colour type and filter, against a slow and simple reader."""

from __future__ import annotations

import random

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled
from pi.images.pixels import Pixels
from pi.images.png_read import open_png, still
from pi.images.png_write import write_png
from tests.filekit import plain_png, png_chunk, png_file, read_png

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def paeth(a: int, b: int, c: int) -> int:
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    if pa <= pb and pa <= pc:
        return a
    return b if pb <= pc else c


def slow_unfilter(rows: bytes, stride: int, bpp: int) -> bytes:
    """Byte by byte, as the specification says."""
    out, prior = b"", bytes(stride)
    for begin in range(0, len(rows), stride + 1):
        kind, row = rows[begin], bytearray(rows[begin + 1 : begin + 1 + stride])
        for i in range(stride):
            a = row[i - bpp] if i >= bpp else 0
            b, c = prior[i], prior[i - bpp] if i >= bpp else 0
            row[i] = (row[i] + (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]) & 255
        prior = bytes(row)
        out += prior
    return out


def filtered_rows(rng: random.Random, stride: int, height: int) -> bytes:
    """Random rows with random filter types."""
    return b"".join(bytes((rng.randrange(5),)) + rng.randbytes(stride) for _ in range(height))


def plain_rows(data: bytes) -> bytes:
    return b"".join(open_png(data).rows())


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 5), (33, 30), (2, 700), (300, 3)])
@pytest.mark.parametrize(("colour", "depth"), [(0, 8), (2, 8), (4, 8), (6, 8), (2, 16), (0, 16)])
def test_filters(size, colour, depth):
    width, height = size
    bpp = SAMPLES[colour] * depth // 8
    rows = filtered_rows(random.Random(8), width * bpp, height)
    wanted = slow_unfilter(rows, width * bpp, bpp)
    picture = open_png(png_file(width, height, rows, depth=depth, colour=colour))
    assert (picture.width, picture.height) == size
    assert picture.channels == SAMPLES[colour]
    picture.verify()
    assert b"".join(picture.rows()) == (wanted[::2] if depth == 16 else wanted)


def test_every_paeth_prediction():
    from pi.images.unfilter import paeth_of  # noqa: PLC0415

    lanes = 256 * 256
    high = int.from_bytes(b"\0\x80" * lanes, "little")
    left, up = (
        int.from_bytes(
            bytes(v for a in range(256) for b in range(256) for v in (pick(a, b), 0)), "little"
        )
        for pick in (lambda a, b: a, lambda a, b: b)
    )
    for corner in (0, 1, 77, 128, 200, 254, 255):
        corners = int.from_bytes(bytes((corner, 0)) * lanes, "little")
        found = paeth_of(left, up, corners, high).to_bytes(2 * lanes, "little")[::2]
        assert found == bytes(paeth(a, b, corner) for a in range(256) for b in range(256))


PALETTE = png_chunk(b"PLTE", bytes((10, 20, 30, 40, 50, 60, 70, 80, 90)))


@pytest.mark.parametrize(
    ("depth", "row", "samples"),
    [
        (1, b"\xa0", [1, 0, 1]),
        (2, b"\x18", [0, 1, 2]),
        (4, b"\x12\x00", [1, 2, 0]),
        (8, b"\2\0\1", [2, 0, 1]),
    ],
)
def test_palettes_and_gray(depth, row, samples):
    table = [(10, 20, 30), (40, 50, 60), (70, 80, 90)]
    indexed = png_file(3, 1, b"\0" + row, depth=depth, colour=3, extra=PALETTE)
    assert plain_rows(indexed) == b"".join(bytes(table[sample]) for sample in samples)
    alpha = png_chunk(b"tRNS", b"\x80")
    indexed = png_file(3, 1, b"\0" + row, depth=depth, colour=3, extra=PALETTE + alpha)
    assert plain_rows(indexed) == b"".join(
        bytes((*table[sample], 0x80 if sample == 0 else 255)) for sample in samples
    )
    scale = 255 // (2**depth - 1)
    gray = png_file(3, 1, b"\0" + row, depth=depth, colour=0)
    assert plain_rows(gray) == bytes(sample * scale for sample in samples)
    hidden = png_chunk(b"tRNS", b"\0\1")
    gray = png_file(3, 1, b"\0" + row, depth=depth, colour=0, extra=hidden)
    assert plain_rows(gray) == b"".join(
        bytes((sample * scale, 0 if sample == 1 else 255)) for sample in samples
    )


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (8, 8), (13, 9), (5, 1)])
def test_interlaced(size):
    width, height = size
    rng = random.Random(1)
    pixels = [[rng.randbytes(3) for _ in range(width)] for _ in range(height)]
    body = b""
    for x0, y0, dx, dy in [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
    ]:  # fmt: skip
        for y in range(y0, height, dy):
            row = b"".join(pixels[y][x0::dx])
            body += b"\0" + row if row else b""
    picture = open_png(png_file(width, height, body, interlace=1))
    picture.verify()
    assert b"".join(picture.rows()) == b"".join(b"".join(row) for row in pixels)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (40, 30), (3, 600)])
def test_written_files_read_back(channels, size):
    width, height = size
    rng = random.Random(channels)
    smooth = bytes((x * 3 + rng.randrange(3)) & 255 for x in range(width * height * channels))
    data = write_png(Pixels(width, height, channels, smooth))
    assert plain_rows(data) == smooth
    found_width, found_height, rows = read_png(data)
    assert (found_width, found_height) == size
    assert slow_unfilter(rows, width * channels, channels) == smooth


BROKEN = [
    (b"", "no PNG header"),
    (plain_png(4, 4)[:60], "ends too early"),
    (plain_png(4, 4)[:-2], "ends too early"),
    (plain_png(4, 4).replace(b"IEND", b"IEN0"), "checksum|too early"),
    (png_file(4, 4, b"\0" * 12), "too little"),
    (png_file(0, 4, b""), "0x4"),
    (png_file(60000, 60000, b""), "60000x60000"),
    (png_file(4, 4, b"", depth=3), "makes no sense"),
    (png_file(4, 4, b"", colour=5), "makes no sense"),
    (png_file(1, 1, b"\0\0", colour=3), "without picture data"),
]


@pytest.mark.parametrize(("data", "reason"), BROKEN)
def test_broken_files(data, reason):
    with pytest.raises(ValueError, match=reason):
        open_png(data).verify()


def test_broken_pixels():
    with pytest.raises(ValueError, match="filter type 7"):
        plain_rows(png_file(1, 1, b"\7abc"))
    broken = plain_png(4, 4)
    at = broken.index(b"IDAT")
    broken = broken[: at - 4] + png_chunk(b"IDAT", b"no zlib") + png_chunk(b"IEND", b"")
    with pytest.raises(ValueError, match="broken picture data"):
        open_png(broken).verify()


def test_a_bomb_is_not_decompressed():
    """The pixels would be gigabytes; the header promises twelve bytes."""
    bomb = png_file(1, 3, b"\0" * 50_000_000)
    assert len(bomb) < 60_000
    assert plain_rows(bomb) == bytes(9)


def test_an_animation_becomes_still():
    control = png_chunk(b"acTL", bytes(8)) + png_chunk(b"fcTL", bytes(26))
    animated = png_file(1, 1, b"\0abc", extra=control)
    assert still(animated) == png_file(1, 1, b"\0abc")
    assert still(plain_png(2, 2)) == plain_png(2, 2)


def test_cancelling():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        list(open_png(plain_png(4, 4)).rows(token.check))
    with pytest.raises(Cancelled):
        write_png(Pixels(1, 1, 3, b"abc"), token.check)
