"""Hashes of archives."""

from __future__ import annotations

import hashlib

import pytest

from pi.errors import PackageError
from pi.packages.integrity import Digests, check, from_hex, parse
from tests.npmregistry import sri

DATA = b"what came over the wire"
SHA1, SHA512 = sri(DATA, "sha1"), sri(DATA)
WRONG = sri(b"something else")


def digests():
    made = Digests()
    made.feed(DATA[:5])
    made.feed(DATA[5:])
    return made


@pytest.mark.parametrize(
    "text",
    [
        SHA512,
        SHA1,
        sri(DATA, "sha256"),
        sri(DATA, "sha384"),
        f"{WRONG} {SHA512}",
        f"  {SHA512}?opt=1\n{sri(b'x', 'sha1')}",
        f"{sri(b'x', 'sha1')} {sri(DATA, 'sha256')}",
        SHA512.replace("sha512", "SHA512"),
        f"md5-abcd {SHA512} nonsense",
    ],
)
def test_what_matches(text):
    check(parse(text), digests(), "x@1")
    assert digests().text() == SHA512


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WRONG, WRONG),
        (f"{WRONG} {SHA1}", WRONG),  # a weak one that matches does not help
        (sri(b"x", "sha256") + " " + SHA1, sri(b"x", "sha256")),
        (sri(b"x", "sha1"), sri(b"x", "sha1")),
    ],
)
def test_what_does_not_match_names_both(text, expected):
    with pytest.raises(PackageError) as caught:
        check(parse(text), digests(), "x@1")
    algorithm = expected.partition("-")[0]
    assert str(caught.value).startswith("x@1: the archive is not the one that was announced")
    assert str(caught.value).endswith(f"expected {expected}, got {digests().text(algorithm)}")


@pytest.mark.parametrize("text", ["", "md5-abcd", "sha512", "sha512-", "sha512-xx", "sha1-\u00e9"])
def test_what_is_no_hash(text):
    assert parse(text) == {}


def test_hexadecimal_hashes():
    right = {"sha256": hashlib.sha256(DATA).hexdigest(), "md5": "00", "sha1": 7, "sha512": "zz"}
    assert from_hex(right) == {"sha256": {hashlib.sha256(DATA).digest()}}
    check(from_hex(right), digests(), "x")
