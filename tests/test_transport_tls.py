"""TLS with an authority made on the spot: who is trusted, and what is said when nobody is."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import suppress

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled, ProviderError
from pi.transport import Limits, Transport
from pi.transport.roots import Roots
from pi.transport.tls import _load, build_context
from tests.rawserver import (
    RawServer,
    Running,
    answering,
    ask,
    chunked,
    failure,
    new_token,
    post,
    reply,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.rawserver import Peer

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the openssl command makes the certificates"
)

CERTIFICATES = {  # name -> (extensions, days)
    "good": ("subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE", 2),
    "bare": ("subjectAltName=IP:127.0.0.1\nauthorityKeyIdentifier=none", 2),
    "other": ("subjectAltName=DNS:other.test", 2),
    "expired": ("subjectAltName=IP:127.0.0.1", -1),
}


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `ca.pem`, `stranger.pem` (which signed nothing) and the servers' files."""
    folder = tmp_path_factory.mktemp("tls")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for name in ("ca", "stranger"):
        files = ("-keyout", f"{name}.key", "-out", f"{name}.pem")
        openssl(folder, "req", "-x509", *new_key, *files, "-subj", f"/CN={name}", "-days", "2")
    for name, (extensions, days) in CERTIFICATES.items():
        files = ("-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl(folder, "req", *new_key, *files, "-subj", f"/CN={name}")
        (folder / f"{name}.ext").write_text(extensions)
        signer = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", str(days))
        files = ("-in", f"{name}.csr", "-out", f"{name}.pem", "-extfile", f"{name}.ext")
        openssl(folder, "x509", "-req", *files, *signer)
    (folder / "hashed").mkdir()
    shutil.copy(folder / "ca.pem", folder / "hashed")
    openssl(folder, "rehash", "hashed")
    (folder / "plain.txt").write_text("no certificate")
    return folder


def tls(folder: Path, script: Callable[[Peer], object], name: str = "good") -> RawServer:
    """A TLS server; `url` is its https address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")

    def wrapped(peer: Peer) -> None:
        try:
            peer.start_tls(context)
        except OSError:
            return  # the client did not like it
        script(peer)

    server = RawServer(wrapped)
    server.url = f"https://{server.place}/v1"
    return server


@pytest.fixture
def trusting(folder: Path):
    made = Transport(environ={"SSL_CERT_FILE": str(folder / "ca.pem")})
    yield made
    made.close()


@pytest.mark.parametrize(
    ("variable", "file"),
    [
        ("PI_CA_BUNDLE", "ca.pem"),
        ("NODE_EXTRA_CA_CERTS", "ca.pem"),
        ("SSL_CERT_FILE", "ca.pem"),
        ("SSL_CERT_DIR", "hashed"),
        ("REQUESTS_CA_BUNDLE", "ca.pem"),
        ("REQUESTS_CA_BUNDLE", "hashed"),
        ("CURL_CA_BUNDLE", "ca.pem"),
        ("SSL_CERT_FILE", "good.pem"),  # the server's own certificate, named as trusted
    ],
)
def test_every_way_to_name_an_authority(folder, variable, file):
    with tls(folder, answering(chunked(b"hello"))) as server:
        transport = Transport(environ={variable: str(folder / file)})
        assert ask(transport, server.url) == b"hello"
        transport.close()


def test_an_added_authority_does_not_replace_the_others(folder):
    environ = {
        "SSL_CERT_FILE": str(folder / "stranger.pem"),
        "PI_CA_BUNDLE": str(folder / "ca.pem"),
    }
    with tls(folder, answering(reply(b"hello"))) as server:
        transport = Transport(environ=environ)
        assert ask(transport, server.url) == b"hello"
        transport.close()


def test_an_authority_of_the_old_kind_is_trusted(folder, trusting):
    with tls(folder, answering(reply(b"hello")), "bare") as server:
        assert ask(trusting, server.url) == b"hello"


@pytest.mark.parametrize(
    ("name", "file", "says"),
    [
        ("good", "stranger.pem", "PI_CA_BUNDLE or SSL_CERT_FILE"),
        ("other", "ca.pem", "for another"),
        ("expired", "ca.pem", "expired"),
    ],
)
def test_a_certificate_that_cannot_be_trusted(folder, name, file, says):
    with tls(folder, answering(reply(b"never")), name) as server:
        transport = Transport(environ={"SSL_CERT_FILE": str(folder / file)})
        error = failure(transport, server.url)
        assert server.requests == []
    assert error.kind == "bad_request"  # it would not get better by trying again
    assert server.place in str(error)
    assert "cannot be trusted" in str(error)
    assert says in str(error)


def test_by_name_and_with_a_kept_connection(folder, trusting):
    with tls(folder, answering(chunked(b"one"), reply(b"two"))) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        assert [ask(trusting, url) for _ in range(3)] == [b"one", b"two", b"two"]
        assert server.connections == 1


def test_a_large_body_both_ways(folder, trusting):
    def script(peer):
        body = peer.read_request().partition(b"\r\n\r\n")[2]
        peer.send(reply(body))

    data = bytes(range(256)) * 8000
    with (
        tls(folder, script) as server,
        trusting.open(post(server.url, data), new_token()) as response,
    ):
        assert response.read() == data


def test_a_kept_connection_that_said_goodbye_is_replaced(folder, trusting):
    closed = threading.Event()

    def script(peer):
        peer.read_request()
        peer.send(reply(b"%d" % peer.number))
        peer.sock.settimeout(0.2)
        with suppress(OSError):
            peer.sock.unwrap()
        closed.set()

    with tls(folder, script) as server:
        assert ask(trusting, server.url) == b"1"
        assert closed.wait(5)
        assert ask(trusting, server.url) == b"2"


@pytest.mark.parametrize(
    "answer", [chunked(b"hello", end=b""), b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"]
)
def test_a_cut_body_is_an_error(folder, trusting, answer):
    def script(peer):
        peer.read_request()
        peer.send(answer)
        peer.sock.shutdown(socket.SHUT_RDWR)

    with tls(folder, script) as server:
        assert failure(trusting, server.url).kind == "network"


def test_a_tunnel_through_a_proxy(folder):
    def tunnel(peer):
        target = peer.read_request().split()[1].decode()
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=5) as far:
            peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = Running(lambda: pump(far, peer.sock))
            pump(peer.sock, far)
            back.result()

    def pump(source, target):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)

    with tls(folder, answering(reply(b"hello"))) as server, RawServer(tunnel) as proxy:
        environ = {
            "HTTPS_PROXY": f"http://user:pass@{proxy.place}",
            "SSL_CERT_FILE": str(folder / "ca.pem"),
        }
        transport = Transport(environ=environ)
        for _ in range(3):
            assert ask(transport, server.url) == b"hello"
        transport.close()
        assert proxy.connections == 1
        assert len(server.requests) == 3
    assert proxy.requests[0].startswith(f"CONNECT {server.place} HTTP/1.1\r\n".encode())
    assert not any(b"Proxy-Authorization" in request for request in server.requests)


# Handshakes that fail


def test_a_server_that_does_not_speak_tls(trusting):
    def script(peer):
        peer.sock.recv(1000)
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with RawServer(script) as server:
        error = failure(trusting, f"https://{server.place}/")
    assert error.kind == "network"
    assert "http://" in str(error)
    assert server.place in str(error)


def test_tls_where_plain_http_was_configured(folder, trusting):
    with tls(folder, answering(reply())) as server:
        error = failure(trusting, f"http://{server.place}/")
    assert error.kind in ("protocol", "network")
    assert server.place in str(error)


@pytest.mark.parametrize("is_reset", [False, True], ids=["closed", "reset"])
def test_a_handshake_that_is_broken_off(trusting, is_reset):
    def script(peer):
        peer.sock.recv(1000)
        if is_reset:
            peer.reset()

    with RawServer(script) as server:
        error = failure(trusting, f"https://{server.place}/")
    assert error.kind == "network"
    assert f"no TLS connection to {server.place}" in str(error)


def test_a_handshake_is_within_the_limit_on_connecting(trusting):
    with RawServer(lambda peer: peer.wait_closed()) as server:
        error = failure(trusting, f"https://{server.place}/", limits=Limits(connect_s=0.05))
    assert error.kind == "network"
    assert "in time" in str(error)


def test_cancel_in_the_handshake(trusting):
    def script(peer):
        peer.sock.recv(10)
        peer.server.reached.set()
        peer.wait_closed()

    token = CancelToken()
    with RawServer(script) as server:
        run = Running(lambda: trusting.open(post(f"https://{server.place}/"), token))
        assert server.reached.wait(5)
        time.sleep(0.02)
        token.cancel()
        assert isinstance(run.result(), Cancelled)


@pytest.mark.parametrize("start", [b"", chunked(b"hello", end=b"")], ids=["head", "body"])
def test_cancel_while_waiting(folder, trusting, start):
    def script(peer):
        peer.read_request()
        peer.send(start)
        peer.server.reached.set()
        peer.wait_closed()

    def work():
        with trusting.open(post(server.url), token) as response:
            return list(response.chunks())

    token = CancelToken()
    with tls(folder, script) as server:
        run = Running(work)
        assert server.reached.wait(5)
        time.sleep(0.02)
        began = time.monotonic()
        token.cancel()
        assert isinstance(run.result(), Cancelled)
        assert run.ended_at - began < 0.5


# What is trusted


def test_the_context_verifies(folder):
    context = build_context({"SSL_CERT_FILE": str(folder / "ca.pem")})
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT


@pytest.mark.parametrize(
    ("variable", "file", "says"),
    [
        ("SSL_CERT_FILE", "missing.pem", "does not exist"),
        ("SSL_CERT_DIR", "missing", "does not exist"),
        ("PI_CA_BUNDLE", "missing.pem", "does not exist"),
        ("REQUESTS_CA_BUNDLE", "missing.pem", "does not exist"),
        ("SSL_CERT_FILE", "plain.txt", "no PEM certificate"),
        ("PI_CA_BUNDLE", "plain.txt", "no PEM certificate"),
    ],
)
def test_a_variable_that_names_nothing_usable(folder, variable, file, says):
    path = str(folder / file)
    error = failure(Transport(environ={variable: path}), "https://127.0.0.1:1/")
    assert error.kind == "bad_request"
    for part in (variable, path, says):
        assert part in str(error)


def test_no_authorities_at_all_is_an_error_that_says_what_to_do():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(ProviderError, match="PI_CA_BUNDLE"):
        _load(context, Roots([], []))
