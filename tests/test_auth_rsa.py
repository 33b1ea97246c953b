"""RS256: against OpenSSL's signatures, and keys that are damaged."""

from __future__ import annotations

import shutil
import subprocess
from base64 import b64decode, b64encode

import pytest

from pi.auth import rsa
from tests.rsakey import MESSAGE, PKCS1, PKCS8, SIGNATURE


def pem(der, kind="PRIVATE KEY"):
    return f"-----BEGIN {kind}-----\n{b64encode(der).decode()}\n-----END {kind}-----\n"


def der(text):
    return b64decode("".join(text.split("-----")[2].split()))


@pytest.mark.parametrize(
    "text",
    [
        PKCS8,
        PKCS1,
        PKCS8.replace("\n", "\r\n"),
        f"Bag Attributes\n  name: x\n{PKCS8}trailing",
        pem(der(PKCS8)),
    ],
)
def test_a_key_signs_as_openssl_does(text):
    key = rsa.read_key(text)
    assert key.n.bit_length() == 1024
    assert rsa.sign(key, MESSAGE).hex() == SIGNATURE
    assert rsa.sign(key, b"another") != rsa.sign(key, MESSAGE)


@pytest.mark.parametrize("bits", [2048, 2049])
def test_fresh_keys_against_openssl(tmp_path, bits):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here")
    path, message = tmp_path / "k.pem", tmp_path / "m"
    message.write_bytes(MESSAGE)
    option = f"rsa_keygen_bits:{bits}"
    make = [openssl, "genpkey", "-algorithm", "RSA", "-pkeyopt", option, "-out", str(path)]
    subprocess.run(make, check=True, capture_output=True)
    sign = [openssl, "dgst", "-sha256", "-sign", str(path), str(message)]
    theirs = subprocess.run(sign, check=True, capture_output=True).stdout
    assert rsa.sign(rsa.read_key(path.read_text()), MESSAGE) == theirs


def test_a_key_shows_nothing_of_itself():
    assert repr(rsa.read_key(PKCS8)) == "Key(1024 bits)"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no RSA private key"),
        ("-----BEGIN PRIVATE KEY-----", "no RSA private key"),
        (pem(b"", "ENCRYPTED PRIVATE KEY"), "encrypted"),
        (pem(b""), "not valid DER"),
        (pem(b"\x30\x80"), "DER"),
        (pem(b"\x30\x03\x02\x01\x01"), "not one of RSA"),
        (pem(der(PKCS8)[:-5]), "cut short"),
        (pem(der(PKCS8) + b"\x00"), "behind its end"),
        (pem(b"\x30\x03\x02\x01\x00", "RSA PRIVATE KEY"), "two primes"),
        (pem(b"\x30\x88" + b"\xff" * 8, "RSA PRIVATE KEY"), "DER"),
        (PKCS8.replace("PRIVATE", "EC PRIVATE"), "no RSA private key"),
        ("-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----", "base64"),
    ],
)
def test_what_is_no_key(text, says):
    with pytest.raises(rsa.KeyProblemError, match=says):
        rsa.read_key(text)


def test_a_damaged_key_never_signs():
    """Every byte of a key changed in turn: it is refused, or it signs as before."""
    good = der(PKCS1)
    key = rsa.read_key(PKCS1)
    refusals = []
    for at in range(0, len(good), 3):
        damaged = good[:at] + bytes([good[at] ^ 0x11]) + good[at + 1 :]
        try:
            signature = rsa.sign(rsa.read_key(pem(damaged, "RSA PRIVATE KEY")), MESSAGE)
        except rsa.KeyProblemError as error:
            refusals.append(str(error))
        else:
            assert signature.hex() == SIGNATURE
    assert len(refusals) > len(good) // 6
    assert not [line for line in refusals if str(key.d_p) in line]
