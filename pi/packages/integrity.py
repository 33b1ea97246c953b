"""Hashes of archives: whether what came is what was announced.

    expected = parse("sha512-9l1...== sha1-2jm...")    {"sha512": {b"..."}, "sha1": {b"..."}}
    digests = Digests(); digests.feed(chunk)           all algorithms at once, while it arrives
    check(expected, digests, "left-pad@1.3.0")         PackageError where it does not match
    digests.text()                                     "sha512-9l1...=="

The strongest algorithm that was announced decides, as the specification says: whoever can forge a
SHA-1 must not profit from its standing next to a SHA-512. Where one algorithm has several hashes,
any of them will do.

Source: W3C Subresource Integrity; npm's `dist.shasum` (SHA-1, hexadecimal); PEP 503's fragments.
Known limit: MD5 counts as no hash.
"""

from __future__ import annotations

import binascii
import hashlib

from pi.errors import PackageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Expected = dict[str, set[bytes]]

ALGORITHMS = {"sha512": 64, "sha384": 48, "sha256": 32, "sha1": 20}
"""Name -> bytes of a digest, the strongest first."""


class Digests:
    """The digests of a stream of bytes, by every algorithm."""

    def __init__(self) -> None:
        self._engines = {
            name: hashlib.new(name, usedforsecurity=False) if name == "sha1" else hashlib.new(name)
            for name in ALGORITHMS
        }

    def feed(self, data: bytes) -> None:
        """Take in the next piece."""
        for engine in self._engines.values():
            engine.update(data)

    def digest(self, algorithm: str) -> bytes:
        """The digest of everything so far."""
        return self._engines[algorithm].digest()

    def text(self, algorithm: str = "sha512") -> str:
        """The digest as an integrity text."""
        return text_of(algorithm, self.digest(algorithm))


def text_of(algorithm: str, digest: bytes) -> str:
    """A digest as an integrity text: "sha512-9l1...==" """
    return f"{algorithm}-{binascii.b2a_base64(digest, newline=False).decode()}"


def parse(text: str) -> Expected:
    """The hashes of an integrity text; what is of no known algorithm or length is passed over."""
    found: Expected = {}
    for word in text.split():
        name, dash, value = word.partition("?")[0].partition("-")
        if dash and name.lower() in ALGORITHMS:
            _add(found, name.lower(), _from_base64(value))
    return found


def from_hex(hashes: Mapping[str, object]) -> Expected:
    """The same of hexadecimal digests by algorithm: {"sha256": "ab12..."}."""
    found: Expected = {}
    for name, value in hashes.items():
        if name.lower() in ALGORITHMS and isinstance(value, str):
            _add(found, name.lower(), _from_hex(value))
    return found


def check(expected: Expected, digests: Digests, subject: str) -> None:
    """Raises PackageError, with what was expected and what came, unless the strongest matches.

    `expected` may be empty: then there is nothing to compare, and that is for the caller to judge.
    """
    name = next((name for name in ALGORITHMS if name in expected), None)
    if name is None or digests.digest(name) in expected[name]:
        return
    wanted = " or ".join(sorted(text_of(name, digest) for digest in expected[name]))
    raise PackageError(
        f"{subject}: the archive is not the one that was announced, so it was not unpacked: "
        f"expected {wanted}, got {digests.text(name)}"
    )


def _add(found: Expected, name: str, digest: bytes) -> None:
    if len(digest) == ALGORITHMS[name]:
        found.setdefault(name, set()).add(digest)


def _from_base64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text)
    except ValueError:
        return b""


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
