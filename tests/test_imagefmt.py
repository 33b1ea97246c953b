"""Formats and sizes by first bytes."""

from __future__ import annotations

import struct

import pytest

from pi.text.imagefmt import detect, size_of
from tests.filekit import plain_png


def jpeg(width: int, height: int, before: bytes = b"", frame: int = 0xC0) -> bytes:
    sof = struct.pack(">BBHBHHB", 0xFF, frame, 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8\xff\xe0\0\4ab" + before + sof + b"\xff\xda\0\2data\xff\xd9"


def riff(body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def bmp(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 54) + info


WEBP_LOSSY = riff(b"VP8 " + bytes(4) + b"\x30\1\0\x9d\1\x2a" + struct.pack("<HH", 300, 200))
WEBP_LOSSLESS = riff(b"VP8L" + bytes(4) + b"\x2f" + struct.pack("<I", 299 | 199 << 14) + b"\0" * 5)
WEBP_EXTENDED = riff(b"VP8X" + bytes(8) + b"\x2b\1\0" + b"\xc7\0\0")
GIF = b"GIF89a" + struct.pack("<HH", 300, 200) + bytes(3)

KNOWN = [
    (plain_png(300, 200), "image/png"),
    (jpeg(300, 200), "image/jpeg"),
    (jpeg(300, 200, frame=0xC2), "image/jpeg"),
    (jpeg(300, 200, b"\xff\xc4\0\3x" + b"\xff" * 3), "image/jpeg"),  # fill bytes before a marker
    (jpeg(300, 200, b"\xff\xe1\xff\xf0" + b"\xff\xc0" * 32759), "image/jpeg"),  # a long segment
    (GIF, "image/gif"),
    (WEBP_LOSSY, "image/webp"),
    (WEBP_LOSSLESS, "image/webp"),
    (WEBP_EXTENDED, "image/webp"),
    (bmp(300, 200), "image/bmp"),
    (bmp(300, -200), "image/bmp"),
]


@pytest.mark.parametrize(("data", "mime_type"), KNOWN)
def test_known_formats(data, mime_type):
    assert detect(data) == mime_type
    assert size_of(data) == (300, 200)


@pytest.mark.parametrize(("data", "mime_type"), KNOWN)
def test_every_beginning_is_safe(data, mime_type):
    for length in range(min(len(data), 80)):
        assert detect(data[:length]) in (None, mime_type)
        assert size_of(data[:length]) in (None, (300, 200))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"BMW cars are nice\n" * 5,
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + b"x" * 30,
        b"RIFF\0\0\0\0WAVE",
        b"GIF88a" + bytes(10),
        b"II*\0" + bytes(40),
    ],
)
def test_anything_else_is_no_picture(data):
    assert detect(data) is None
    assert size_of(data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff" + b"x" * 100,
        b"\xff\xd8\xff\xda\0\2" + bytes(50),  # picture data without a frame header
        b"\xff\xd8" + b"\xff\xe0\0\0" * 50,  # segments of impossible length
        riff(b"VP8 " + b"x" * 30),
        b"GIF89a" + bytes(7),
    ],
)
def test_a_header_without_a_size(data):
    assert detect(data) is not None
    assert size_of(data) is None
