"""Finding local servers: real sockets on loopback, friendly, silent, hostile."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest

from pi.models import local
from pi.models.server import SERVERS
from tests.fakeprovider.local_server import LocalServer
from tests.fakeprovider.server import FakeProvider
from tests.rawserver import RawServer, reply

VARIABLES = {name: server.variable for name, server in SERVERS.items()}
PATIENT_S = 5.0  # for servers that answer: only the machine's load counts


def only(name, url):
    """An environment in which one server is at `url` and the others are nowhere."""
    nowhere = dict.fromkeys(VARIABLES.values(), f"http://127.0.0.1:{free_port()}")
    return {**nowhere, VARIABLES[name]: url}


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.mark.parametrize("name", SERVERS)
def test_each_server_is_found_with_the_window_it_really_has(name):
    with FakeProvider(local=LocalServer(name, model="m:1", context=8192, trained=131072)) as fake:
        found = local.find(only(name, fake.url), time_s=PATIENT_S)
    assert [(model["provider"], model["id"], model["contextWindow"]) for model in found] == [
        (name, "m:1", 8192)
    ]
    assert found[0]["baseUrl"] == f"{fake.url}/v1"


def test_a_router_offers_what_is_loaded_and_what_it_loads_by_itself():
    fake_router = LocalServer("llama.cpp router", model="a/b:Q4", context=8192, trained=131072)
    with FakeProvider(local=fake_router) as fake:
        found = local.find(only("llama.cpp", fake.url), "llama.cpp", time_s=PATIENT_S)
        asked = [request.path + "?" + request.query for request in fake.requests]
    assert [(model["id"], model["contextWindow"]) for model in found] == [
        ("a/b:Q4", 8192),
        ("a/b:Q4-other", 8192),
    ]
    assert asked == ["/v1/models?", "/props?", "/props?model=a%2Fb%3AQ4&autoload=false"]


def test_all_are_asked_and_come_in_their_order():
    with FakeProvider(local="ollama") as first, FakeProvider(local="lmstudio") as last:
        environ = only("ollama", first.url) | {VARIABLES["lmstudio"]: last.url}
        found = local.find(environ, time_s=PATIENT_S)
        assert [model["provider"] for model in found] == ["ollama", "lmstudio"]
        assert [m["provider"] for m in local.find(environ, "lmstudio", time_s=PATIENT_S)] == [
            "lmstudio"
        ]
    assert local.find(environ, "nobody") == []


def test_a_window_is_asked_again():
    with FakeProvider(local=LocalServer("ollama", model="m", context=4096)) as fake:
        (model,) = local.find(only("ollama", fake.url), "ollama", time_s=PATIENT_S)
    with FakeProvider(local=LocalServer("ollama", model="m", context=32768)) as fake:
        environ = only("ollama", fake.url)
        assert local.refreshed(model, environ, time_s=PATIENT_S)["contextWindow"] == 32768
    assert local.refreshed(model, environ)["contextWindow"] == 4096  # nobody answers now


def everywhere(url):
    return dict.fromkeys(VARIABLES.values(), url)


def test_a_silent_server_costs_no_more_than_the_time():
    before = set(threading.enumerate())
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(20)
        started = time.monotonic()
        found = local.find(everywhere(f"http://127.0.0.1:{sock.getsockname()[1]}"), time_s=0.1)
        assert found == []
        assert time.monotonic() - started < 1.0
    wait_until(lambda: set(threading.enumerate()) <= before)


def wait_until(holds):
    """Wait until something is so; the test fails when it never is."""
    end = time.monotonic() + PATIENT_S
    while not holds() and time.monotonic() < end:
        time.sleep(0.005)
    assert holds()


HOSTILE = {
    "html": reply(b"<html>hello</html>", headers="Content-Type: text/html\r\n"),
    "broken json": reply(b'{"models": [{"name": '),
    "deep json": reply(b"[" * 100_000),
    "huge number": reply(b'{"data": [{"id": "x", "max_model_len": 1' + b"0" * 5000 + b"}]}"),
    "not utf-8": reply(b'{"data": [{"id": "\xff\xfe"}]}'),
    "other json": reply(json.dumps({"data": [{"id": "gpt-4"}], "models": 5}).encode()),
    "error": reply(b'{"models": [{"name": "x"}]}', status="500 Oops"),
    "not http": b"SSH-2.0-OpenSSH_9.2\r\n",
    "cut": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
    "closed": b"",
    "elsewhere": reply(
        b"", status="302 Found", headers="Location: http://127.0.0.1:1/api/tags\r\n"
    ),
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_whatever_else_is_at_such_a_port_is_not_offered(answer):
    def script(peer):
        while peer.read_request():
            peer.send(answer)
            if not answer.startswith(b"HTTP/1.1") or b"500\r\n" in answer:
                return

    with RawServer(script) as server:
        assert local.find(everywhere(server.url), time_s=1.0) == []


def test_a_drip_of_bytes_does_not_hold_the_start():
    def script(peer):
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            peer.send(b" ")
            time.sleep(0.01)

    with RawServer(script) as server:
        started = time.monotonic()
        assert local.find(only("vllm", server.url), "vllm", time_s=0.1) == []
        assert time.monotonic() - started < 0.6


def test_what_came_in_time_counts():
    def script(peer):
        while request := peer.read_request():
            if b"/api/tags " in request:
                peer.send(reply(b'{"models": [{"name": "m"}]}'))
            else:
                peer.read_request()  # says nothing until the client gives up
                return

    with RawServer(script) as server:
        (model,) = local.find(only("ollama", server.url), "ollama", time_s=0.5)
        assert model["id"] == "m"


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("ollama", "", ["http://127.0.0.1:11434"]),
        ("llama.cpp", "", ["http://127.0.0.1:8080", "http://127.0.0.1:9931"]),
        ("vllm", "", ["http://127.0.0.1:8000"]),
        ("lmstudio", "", ["http://127.0.0.1:1234"]),
        ("ollama", "0.0.0.0", ["http://127.0.0.1:11434"]),
        ("ollama", "0.0.0.0:8888", ["http://127.0.0.1:8888"]),
        ("ollama", ":8888", ["http://127.0.0.1:8888"]),
        ("ollama", "localhost", ["http://localhost:11434"]),
        ("ollama", "[::1]", ["http://[::1]:11434"]),
        ("ollama", "[::1]:99", ["http://[::1]:99"]),
        ("ollama", "http://box:80/", ["http://box:80"]),
        ("ollama", "https://box", ["https://box:443"]),
        ("ollama", " 127.0.0.1 ", ["http://127.0.0.1:11434"]),
        ("llama.cpp", "http://127.0.0.1:9/v1/", ["http://127.0.0.1:9"]),
        ("vllm", "http://127.0.0.1:9/prefix/v1", ["http://127.0.0.1:9/prefix"]),
        ("ollama", "what is this", []),
        ("ollama", "ftp://x", []),
        ("ollama", "http://user:pass@127.0.0.1:1", []),
    ],
)
def test_addresses(name, given, expected):
    assert local.bases(SERVERS[name], {SERVERS[name].variable: given}) == expected


@pytest.mark.parametrize(("offline", "count"), [("1", 0), ("true", 0), ("0", 1), ("", 1)])
def test_offline_only_this_machine_is_asked(offline, count):
    environ = {"OLLAMA_HOST": "http://192.0.2.1:11434", "PI_OFFLINE": offline}
    assert len(local.bases(SERVERS["ollama"], environ)) == count
    environ["OLLAMA_HOST"] = "http://localhost:11434"
    assert len(local.bases(SERVERS["ollama"], environ)) == 1


def test_no_proxy_is_used():
    with FakeProvider(local="vllm") as fake:
        proxy = f"http://127.0.0.1:{free_port()}"
        environ = {**only("vllm", fake.url), "HTTP_PROXY": proxy, "http_proxy": proxy}
        assert len(local.find(environ, "vllm", time_s=PATIENT_S)) == 1


def test_a_key_goes_to_the_server_it_is_for():
    with FakeProvider(local="vllm") as fake:
        environ = {**only("vllm", fake.url), "VLLM_API_KEY": "k", "LLAMA_API_KEY": "other"}
        local.find(environ, "vllm", time_s=PATIENT_S)
        assert [request.headers.get("authorization") for request in fake.requests] == ["Bearer k"]
