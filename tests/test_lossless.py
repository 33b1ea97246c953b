"""Bytes survive being text."""

from __future__ import annotations

import random

import pytest

from pi.text.lossless import decode, encode, seen

CASES = [
    b"",
    b"plain",
    "é€😀".encode(),
    b"caf\xe9\n",
    b"\xff\xfe\x00",
    b"\xf0\x9f",  # the beginning of an emoji
    b"a\xe2\x82",
    b"\xed\xa0\x80",  # a surrogate in UTF-8
    "\ufffd".encode() + b"\xff",
    bytes(range(256)),
]


@pytest.mark.parametrize("data", CASES)
def test_there_and_back(data):
    text = decode(data)
    assert encode(text) == data
    assert seen(text) == data.decode("utf-8", "replace")
    assert len(seen(text)) == len(text)


def test_random_bytes_come_back():
    rng = random.Random(3)
    alphabet = b"a\n\xe2\x82\xac\xf0\x9f\x98\x80\xff\xc3\xed\xa0"
    for _ in range(500):
        data = bytes(rng.choices(alphabet, k=rng.randrange(30)))
        assert encode(decode(data)) == data
    noise = rng.randbytes(100_000)  # more different sequences than there are surrogates
    assert encode(decode(noise)) == noise


def test_a_foreign_surrogate_is_replaced():
    assert encode("a\udc00b") == "a\ufffdb".encode()
    assert encode("a\udc80b") == b"a\x80b"
