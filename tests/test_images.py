"""What may enter a conversation."""

from __future__ import annotations

import base64
import random
import struct

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled
from pi.images import DEFAULT_LIMITS, prepare_image
from pi.text.imagefmt import detect, size_of
from tests.filekit import plain_png, png_chunk, png_file, read_png
from tests.test_imagefmt import jpeg, riff
from tests.test_images_bmp import CASES as BMP_CASES
from tests.test_images_gif import gif

NOWHERE = {"PATH": "/nonexistent"}


def prepared(data: bytes, **options):
    options.setdefault("environ", NOWHERE)
    return prepare_image(data, detect(data) or "", **options)


def bytes_of(result) -> bytes:
    assert result.data is not None, result.note
    return base64.b64decode(result.data)


WHOLE_WEBP = riff(b"VP8 " + bytes(4) + b"\x30\1\0\x9d\1\x2a" + struct.pack("<HH", 30, 20))


@pytest.mark.parametrize(
    "data", [plain_png(2000, 3), jpeg(300, 200), gif(5, 4, b"\1" * 20), WHOLE_WEBP]
)
def test_small_pictures_pass_byte_for_byte(data):
    result = prepared(data)
    assert bytes_of(result) == data
    assert (result.mime_type, result.note) == (detect(data), "")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (plain_png(9, 9)[:60], "a PNG that ends too early"),
        (plain_png(9, 9).replace(b"IDAT", b"IDAX"), "checksum"),
        (b"\xff\xd8\xff" + b"x" * 90, "a JPEG without a size"),
        (jpeg(9, 9)[:-2], "a JPEG that ends too early"),
        (gif(9, 9, b"\1" * 81)[:40], "a GIF that ends too early"),
        (b"GIF89a" + b"\1\0\1\0\0\0\0\x3b", "a GIF without a picture"),
        (WHOLE_WEBP[:-2], "WEBP"),
        (b"RIFF\xff\xff\0\0WEBP" + WHOLE_WEBP[12:], "a WEBP that ends too early"),
        (BMP_CASES[0][0][:-1], "a BMP that ends too early"),
    ],
)
def test_broken_pictures_are_left_out(data, reason):
    result = prepared(data)
    assert result.data is None
    assert result.note.startswith("[Image left out: ")
    assert reason in result.note


def test_bmp_becomes_png():
    data, pixels = BMP_CASES[0]
    result = prepared(data)
    assert result.mime_type == "image/png"
    assert result.note == "[Converted from image/bmp to image/png.]"
    width, height, _ = read_png(bytes_of(result))
    assert (width, height) == (2, len(pixels) // 2)


def test_an_animated_png_becomes_still():
    data = png_file(1, 1, b"\0abc", extra=png_chunk(b"acTL", bytes(8)))
    result = prepared(data)
    assert bytes_of(result) == png_file(1, 1, b"\0abc")
    assert "still picture" in result.note


LARGE_BMP = (
    b"BM"
    + struct.pack("<IHHI", 0, 0, 0, 54)
    + struct.pack("<IiiHHIIiiII", 40, 300, 100, 1, 24, 0, 0, 0, 0, 0, 0)
    + b"\x10\x20\x80" * 30_000
)


@pytest.mark.parametrize("data", [plain_png(300, 100), gif(300, 100, b"\1" * 30_000), LARGE_BMP])
def test_large_pictures_are_scaled(data):
    result = prepared(data, limits={"maxWidth": 200, "maxHeight": 50})
    assert read_png(bytes_of(result))[:2] == (150, 50)
    assert result.mime_type == "image/png"
    assert "Scaled from 300x100 to 150x50" in result.note
    assert "times 2.00" in result.note


def test_many_bytes_are_scaled_until_they_fit():
    rng = random.Random(0)
    rows = b"".join(b"\0" + rng.randbytes(3 * 120) for _ in range(100))
    data = png_file(120, 100, rows)
    result = prepared(data, limits={"maxBytes": 20_000})
    assert len(result.data or "") <= 20_000
    width, height = size_of(bytes_of(result)) or (0, 0)
    assert 60 <= width < 120
    assert abs(width / height - 1.2) < 0.05
    assert f"to {width}x{height}" in result.note


def test_badly_compressed_bytes_may_fit_without_scaling():
    data = png_file(200, 200, (b"\0" + b"\7" * 600) * 200, extra=png_chunk(b"teXt", bytes(90_000)))
    result = prepared(data, limits={"maxBytes": 50_000})
    assert size_of(bytes_of(result)) == (200, 200)


def test_what_nothing_can_scale_is_left_out_and_told():
    result = prepared(jpeg(3000, 10))
    assert result.data is None
    assert "3000x10" in result.note
    assert "2000x2000" in result.note
    assert "install one" in result.note


def test_without_resizing_size_does_not_matter():
    assert bytes_of(prepared(jpeg(3000, 10), resize=False)) == jpeg(3000, 10)
    assert detect(bytes_of(prepared(LARGE_BMP, resize=False, limits={"maxWidth": 5}))) == (
        "image/png"
    )


@pytest.mark.parametrize("limits", [{}, {"maxWidth": 0, "maxBytes": -1}, {"maxWidth": "x"}])
def test_limits_that_are_none_are_the_default_ones(limits):
    assert prepared(plain_png(2000, 2), limits=limits).note == ""
    assert "2001x2 to 2000x2" in prepared(plain_png(2001, 2), limits=limits).note


def test_the_default_limits():
    assert DEFAULT_LIMITS == {
        "maxWidth": 2000,
        "maxHeight": 2000,
        "maxBytes": 4_718_592,
        "jpegQuality": 80,
    }


def test_cancelling():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        prepared(plain_png(300, 100), limits={"maxWidth": 20}, token=token)
