"""RS256 signatures with a private key in PEM, as service accounts sign their tokens.

    key = read_key("-----BEGIN PRIVATE KEY-----\\nMIIE...")
    sign(key, b"header.payload")        256 bytes, for a key of 2048 bits

Vocabulary: n the modulus, e and d the exponents, p and q the primes; RSASSA-PKCS1-v1_5 is the
padding, RS256 its name with SHA-256 (RFC 7518 section 3.3). Keys come in PKCS#8 ("PRIVATE KEY",
RFC 5208) or PKCS#1 ("RSA PRIVATE KEY", RFC 8017), unencrypted.

The signature is made with the two primes, which is four times as fast (RFC 8017 section 5.2.1), and
checked before it is given out: a wrong one, from a damaged key, would give a prime away. Known
limit: Python's integers do not take constant time, so this is for one's own machine, not for a
service that signs what strangers send it. No error has any part of a key in it.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from hashlib import sha256

from pi.value import Value

_PEM = re.compile(
    r"-----BEGIN (?P<kind>(?:RSA )?PRIVATE KEY)-----(?P<body>[^-]*)-----END (?P=kind)-----"
)
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
"""The algorithm rsaEncryption as PKCS#8 names it: a sequence of its number and a null."""

_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a SHA-256 digest in a signature (RFC 8017 section 9.2)."""

_INTEGER, _OCTETS, _SEQUENCE = 0x02, 0x04, 0x30
_SMALLEST, _LARGEST = 1024, 16384  # bits
_LONGEST_HEAD = 6  # bytes: tag, length of the length, a length below 4 GiB


class KeyProblemError(ValueError):
    """A key cannot be read or used; the text says why."""


class Key(Value):
    """A private key: modulus, exponents, primes, and what follows from them for faster powers."""

    n: int
    e: int
    p: int
    q: int
    d_p: int  # d modulo p - 1
    d_q: int  # d modulo q - 1
    q_inverse: int  # modulo p

    def __repr__(self) -> str:  # never the key
        return f"Key({self.n.bit_length()} bits)"


def read_key(pem: str) -> Key:
    """The RSA private key of a PEM text. Raises KeyProblemError."""
    if "ENCRYPTED" in pem:
        raise KeyProblemError("the private key is encrypted, which pi cannot read")
    found = _PEM.search(pem)
    if found is None:
        raise KeyProblemError("there is no RSA private key in PEM")
    try:
        der = a2b_base64("".join(found["body"].split()))
    except Base64Error:
        raise KeyProblemError("the private key is not valid base64") from None
    if found["kind"] == "PRIVATE KEY":
        der = _unwrapped(der)
    numbers = _integers(_whole(der, _SEQUENCE))
    if len(numbers) != 9 or numbers[0] != 0:
        raise KeyProblemError("the private key is not one of RSA with two primes")
    _, n, e, _, p, q, d_p, d_q, q_inverse = numbers
    key = Key(n, e, p, q, d_p, d_q, q_inverse)
    _check(key)
    return key


def sign(key: Key, message: bytes) -> bytes:
    """The RS256 signature of a message. Raises KeyProblemError for a key that is damaged."""
    size = (key.n.bit_length() + 7) // 8
    digest = _SHA256 + sha256(message).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    number = int.from_bytes(padded, "big")
    by_p, by_q = pow(number, key.d_p, key.p), pow(number, key.d_q, key.q)
    result = by_q + key.q * (key.q_inverse * (by_p - by_q) % key.p)
    if pow(result, key.e, key.n) != number:
        raise KeyProblemError("the private key is damaged: its numbers do not fit together")
    return result.to_bytes(size, "big")


def _check(key: Key) -> None:
    bits = key.n.bit_length()
    if not _SMALLEST <= bits <= _LARGEST:
        raise KeyProblemError(f"the private key has {bits} bits, which is no usable size")
    sound = min(key.p, key.q) > 2 and min(key.d_p, key.d_q, key.q_inverse) > 0
    if not sound or key.p * key.q != key.n or not 1 < key.e < 1 << 64:
        raise KeyProblemError("the private key is damaged: its numbers do not fit together")


# --- DER: tag, length, content (ITU-T X.690) -----------------------------------------------------


def _unwrapped(der: bytes) -> bytes:
    """The PKCS#1 key inside a PKCS#8 one."""
    content = _whole(der, _SEQUENCE)
    version, rest = _taken(content, _INTEGER)
    if version != b"\x00" or not rest.startswith(_RSA):
        raise KeyProblemError("the private key is not one of RSA")
    key, _ = _taken(rest[len(_RSA) :], _OCTETS)  # attributes may follow
    return key


def _integers(content: bytes) -> list[int]:
    found = []
    while content:
        number, content = _taken(content, _INTEGER)
        found.append(int.from_bytes(number, "big", signed=True))
    return found


def _whole(der: bytes, tag: int) -> bytes:
    content, rest = _taken(der, tag)
    if rest:
        raise KeyProblemError("the private key has something behind its end")
    return content


def _taken(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first element, which must have this tag, and what follows it."""
    if len(der) < 2 or der[0] != tag:
        raise KeyProblemError("the private key is not valid DER")
    size, start = der[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[2:start], "big")
    end = start + size
    if der[1] == 0x80 or start > _LONGEST_HEAD or end > len(der):
        raise KeyProblemError("the private key is cut short or not valid DER")
    return der[start:end], der[end:]
