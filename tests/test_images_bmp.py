"""BMP in all its uncompressed forms."""

from __future__ import annotations

import struct

import pytest

from pi.images.bmp import read_bmp

RED, GREEN, BLUE, GRAY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (99, 99, 99)


def bmp(depth: int, height: int, pixels: bytes, more: bytes = b"", compression: int = 0) -> bytes:
    """A BMP two pixels wide; `more` is what follows the header: masks or a palette."""
    start = 54 + len(more)
    info = struct.pack(
        "<IiiHHIIiiII", 40, 2, height, 1, depth, compression, len(pixels), 0, 0, 0, 0
    )
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + info + more + pixels


def palette(*colours: tuple[int, int, int]) -> bytes:
    return b"".join(bytes((b, g, r, 0)) for r, g, b in colours)


ROWS_24 = b"\xff\0\0ccc\0\0\0\0\xff\0\xff\0\0\0"  # bottom first, padded to 4
MASKS_565 = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
MASKS_32 = struct.pack("<III", 0xFF, 0xFF00, 0xFF0000)

CASES = [
    (bmp(24, 2, ROWS_24), [RED, GREEN, BLUE, GRAY]),
    (bmp(24, -2, ROWS_24), [BLUE, GRAY, RED, GREEN]),
    (bmp(32, 1, b"\0\0\xff\x07\0\xff\0\0"), [RED, GREEN]),
    (bmp(32, 1, b"\xff\0\0\0\0\xff\0\0", MASKS_32, 3), [RED, GREEN]),
    (bmp(8, 1, b"\1\0\0\0", palette(RED, BLUE) + bytes(1016)), [BLUE, RED]),
    (bmp(4, 1, b"\x21\0\0\0", palette(RED, BLUE, GRAY) + bytes(52)), [GRAY, BLUE]),
    (bmp(1, 1, b"\x40\0\0\0", palette(RED, BLUE)), [RED, BLUE]),
    (bmp(16, 1, struct.pack("<HH", 0x7C00, 0x03E0)), [RED, GREEN]),
    (bmp(16, 1, struct.pack("<HH", 0xF800, 0x07E0), MASKS_565, 3), [RED, GREEN]),
]


@pytest.mark.parametrize(("data", "pixels"), CASES)
def test_colours(data, pixels):
    picture = read_bmp(data)
    assert (picture.width, picture.channels) == (2, 3)
    assert picture.data == b"".join(map(bytes, pixels))


def test_an_alpha_mask():
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    data = bmp(32, 1, b"\0\0\xff\x80\0\xff\0\xff", masks, 6)
    picture = read_bmp(data)
    assert picture.channels == 4
    assert picture.data == bytes((*RED, 0x80, *GREEN, 255))


def test_the_oldest_header():
    start = 26
    info = struct.pack("<IHHHH", 12, 2, 1, 1, 24)
    data = b"BM" + struct.pack("<IHHI", 0, 0, 0, start) + info + b"\0\0\xff\0\xff\0\0\0"
    assert read_bmp(data).data == bytes((*RED, *GREEN))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bmp(24, 2, ROWS_24[:-1]), "ends too early"),
        (bmp(8, 1, b"", compression=1), "compressed"),
        (bmp(13, 1, b""), "makes no sense"),
        (bmp(24, 0, b""), "makes no sense"),
        (bmp(24, 2**31 - 1, b""), "a BMP of"),
    ],
)
def test_broken_files(data, reason):
    with pytest.raises(ValueError, match=reason):
        read_bmp(data)
