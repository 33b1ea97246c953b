"""The package as its users see it: what it exports, and what it loads when."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import pi.transport
from pi.transport import Limits, Transport
from tests.rawserver import RawServer, answering, ask, reply

ROOT = Path(__file__).resolve().parent.parent
ENGINE = {"http", "http.client", "urllib", "urllib.request", "email", "ssl", "socket", "zlib"}


def loaded_by(code: str) -> set[str]:
    """The modules that `code` loads in an interpreter of its own."""
    script = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}\n"
    script += "import json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "code",
    [
        "import pi.transport",
        "from pi.transport import Limits, Transport; Transport(environ={}).close()",
        "import pi.client",
    ],
)
def test_the_engine_is_not_loaded_before_it_is_needed(code):
    assert loaded_by(code) & ENGINE == set()


def test_the_first_request_loads_the_engine_and_no_more():
    with RawServer(answering(reply(b"hello"))) as server:
        modules = loaded_by(
            "from pi.cancel import CancelToken\n"
            "from pi.request import Request\n"
            "from pi.transport import Transport\n"
            "transport = Transport(environ={})\n"
            f"request = Request({server.url!r}, {{}}, b'x')\n"
            "with transport.open(request, CancelToken()) as response:\n"
            "    assert response.read() == b'hello'\n"
            "transport.close()\n"
        )
    assert modules >= ENGINE
    unwanted = {"asyncio", "dataclasses", "encodings.idna", "http.cookiejar", "inspect", "logging",
                "subprocess", "typing"}  # fmt: skip
    assert modules & unwanted == set()


def test_what_is_exported():
    assert pi.transport.Response.__name__ == "Response"
    assert Limits().first_byte_s == 300.0
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = pi.transport.Nothing


def test_a_transport_closed_before_its_first_request_keeps_nothing():
    transport = Transport(environ={})
    transport.close()
    with RawServer(answering(reply(b"hello"))) as server:
        assert [ask(transport, server.url) for _ in range(2)] == [b"hello"] * 2
        assert server.connections == 2
