"""GIF: LZW both ways, interlace, transparency, and hostile bytes."""

from __future__ import annotations

import random
import struct

import pytest

from pi.images.gif import read_gif


def lzw(indexes: bytes, bits: int) -> bytes:
    """A small encoder, for the tests."""
    clear, out, have, held = 1 << bits, bytearray(), 0, 0
    words = {bytes((value,)): value for value in range(clear)}
    length, word = bits + 1, b""

    def put(code: int) -> None:
        nonlocal have, held
        held |= code << have
        have += length
        while have >= 8:
            out.append(held & 255)
            held >>= 8
            have -= 8

    put(clear)
    for value in indexes:
        longer = word + bytes((value,))
        if longer in words:
            word = longer
            continue
        put(words[word])
        if len(words) + 2 < 4096:
            words[longer] = len(words) + 2
            if len(words) + 1 == 1 << length and length < 12:
                length += 1
            length = max(length, 1)
        word = bytes((value,))
    put(words[word])
    put(clear + 1)
    out.append(held & 255)
    return bytes(out)


def blocks(data: bytes) -> bytes:
    parts = [data[at : at + 255] for at in range(0, len(data), 255)]
    return b"".join(bytes((len(part),)) + part for part in parts) + b"\0"


def gif(width: int, height: int, indexes: bytes, bits: int = 2, **more) -> bytes:
    """A GIF; `place` is (left, top, width, height), `hidden` a transparent colour."""
    table = bytes(range(3 * 2**bits))
    place = more.get("place", (0, 0, width, height))
    control = b""
    if "hidden" in more:
        control = b"\x21\xf9\4\1\0\0" + bytes((more["hidden"],)) + b"\0"
    return b"".join(
        (
            b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80 | bits - 1, 0, 0) + table,
            b"\x21\xfe" + blocks(b"a comment") + control,
            b"\x2c" + struct.pack("<HHHHB", *place, 0x40 if more.get("interlaced") else 0),
            bytes((bits,)) + blocks(lzw(indexes, bits)) + b"\x3b",
        )
    )


def colours(indexes: bytes) -> bytes:
    return b"".join(bytes((3 * value, 3 * value + 1, 3 * value + 2)) for value in indexes)


@pytest.mark.parametrize("size", [(1, 1), (5, 4), (90, 70)])
@pytest.mark.parametrize("bits", [2, 4, 6])
def test_pictures(size, bits):
    indexes = bytes(random.Random(bits).choices(range(2**bits), k=size[0] * size[1]))
    picture = read_gif(gif(*size, indexes, bits))
    assert (picture.width, picture.height, picture.channels) == (*size, 3)
    assert picture.data == colours(indexes)


def test_long_runs():
    indexes = b"\0" * 5000 + b"\1\2" * 2500
    assert read_gif(gif(100, 100, indexes)).data == colours(indexes)


@pytest.mark.parametrize("height", [1, 2, 5, 9, 16])
def test_interlaced(height):
    rows = [bytes((row % 4,)) * 3 for row in range(height)]
    order = [*range(0, height, 8), *range(4, height, 8), *range(2, height, 4), *range(1, height, 2)]
    stored = b"".join(rows[row] for row in order)
    picture = read_gif(gif(3, height, stored, interlaced=True))
    assert picture.data == colours(b"".join(rows))


def test_transparency():
    picture = read_gif(gif(2, 1, b"\0\1", hidden=1))
    assert picture.data == bytes((0, 1, 2, 255, 3, 4, 5, 0))


def test_a_picture_smaller_than_its_canvas():
    picture = read_gif(gif(3, 2, b"\1\2", place=(1, 1, 2, 1)))
    assert picture.channels == 4
    clear = bytes(4)
    assert picture.data == clear * 4 + bytes((3, 4, 5, 255)) + bytes((6, 7, 8, 255))


def test_a_picture_beyond_its_canvas_is_cut():
    picture = read_gif(gif(2, 1, b"\1\2\3\1", place=(1, 0, 2, 2)))
    assert picture.data == bytes(4) + bytes((3, 4, 5, 255))


def test_missing_picture_data_is_colour_0():
    whole = gif(90, 70, b"\1" * 6300)
    cut = whole[: whole.index(b"\x2c") + 20]
    assert read_gif(cut).data[-3:] == colours(b"\0")


def outcome(data: bytes) -> str:
    """What is wrong with a GIF, or "fine"; any other exception fails the test."""
    try:
        picture = read_gif(data)
    except ValueError as error:
        return str(error)
    assert len(picture.data) == picture.width * picture.height * picture.channels
    return "fine"


def test_hostile_bytes_are_errors_or_pictures():
    whole = gif(20, 20, bytes(random.Random(0).choices(range(4), k=400)))
    outcomes = {outcome(whole[:length]) for length in range(len(whole))}
    rng = random.Random(1)
    for _ in range(500):
        broken = bytearray(whole)
        for _ in range(3):
            broken[rng.randrange(13, len(broken))] = rng.randrange(256)
        outcomes.add(outcome(bytes(broken)))
    assert "fine" in outcomes
    assert "a GIF that ends too early" in outcomes
    assert "a GIF with broken picture data" in outcomes
    assert all(found == "fine" or "GIF" in found for found in outcomes)
