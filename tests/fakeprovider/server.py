"""The fake provider: a real HTTP server on loopback that says what its script says.

    with FakeProvider(["Hello", {"calls": [{"name": "read", "arguments": {"path": "a"}}]}]) as fake:
        fake.base_url("openai-completions")        "http://127.0.0.1:40123/v1"
        ...
        fake.model_requests[0].conversation.last_user_text

One thread accepts, one serves each connection; `stop` ends them all and closes every socket. A
script function's exception is answered with a 500 and raised again by `stop`, so that no test
passes over it.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from tests.fakeprovider.answer import Responder, json_answer
from tests.fakeprovider.connection import Connection
from tests.fakeprovider.fault import Fault
from tests.fakeprovider.formats import FORMATS, of_path
from tests.fakeprovider.listener import Listener
from tests.fakeprovider.local_server import local_server_of
from tests.fakeprovider.request import dumped
from tests.fakeprovider.script import script_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any

    from tests.fakeprovider.answer import Answer
    from tests.fakeprovider.request import Request

_STOP_S = 5.0


class FakeProvider:
    """A server; see the module's head.

    `script`: what `script_of` takes. `local`: a local server to imitate. `record`: a file that gets
    every answered request as a JSON line. Everything else goes to `Responder`.
    """

    def __init__(
        self,
        script: Any = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        local: Any = None,
        record: str | Path | None = None,
        **options: Any,
    ) -> None:
        self.script = script_of(script)
        self.requests: list[Request] = []
        self.problems: list[str] = []
        self.connection_count = 0
        self._responder = Responder(self.script, local=local_server_of(local), **options)
        self._record = Path(record) if record else None
        self._address = (host, port)
        self._connections: set[Connection] = set()
        self._errors: list[Exception] = []
        self._changed = threading.Condition()
        self._releases = threading.Semaphore(0)
        self._started_s = 0.0
        self._listener: Listener | None = None

    # life

    def start(self) -> FakeProvider:
        """Begin to listen. Raises OSError when the port is taken."""
        self._started_s = time.monotonic()
        if self._record:
            self._record.write_text("", "utf-8")
        self._listener = Listener(self._address, self._accept)
        self._address = self._listener.address
        return self

    def stop(self) -> None:
        """End every thread and close every socket. Raises what a script function raised."""
        if self._listener is None:
            return
        self._listener.close()
        with self._changed:
            connections = list(self._connections)
        for connection in connections:
            connection.stop()
        deadline = time.monotonic() + _STOP_S
        for connection in connections:
            connection.thread.join(max(0.0, deadline - time.monotonic()))
            if connection.thread.is_alive():
                raise RuntimeError(f"connection {connection.number} does not end")
        self._listener = None
        if self._errors:
            raise self._errors[0]

    def __enter__(self) -> FakeProvider:
        return self.start()

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.stop()

    # where it is

    @property
    def port(self) -> int:
        """The port it listens at."""
        return self._address[1]

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"http://{self._address[0]}:{self._address[1]}"

    def base_url(self, api: str) -> str:
        """The base URL a client of a wire format needs."""
        return self.url + FORMATS[api].BASE_PATH

    # what it says

    def reply(self, *replies: Any) -> None:
        """Append replies to the script."""
        self.script.add(*replies)

    def use(self, script: Any) -> None:
        """Take another script: a list, a function of the request, or what `script_of` takes."""
        self.script = self._responder.script = script_of(script)

    def fail(self, **rule: Any) -> None:
        """Append a rule to the schedule: `fail(first=2, error="overloaded")`."""
        self.script.add_rule(rule)

    def release(self, count: int = 1) -> None:
        """Let answers go on that wait at `hold_after_records`."""
        self._releases.release(count)

    def take_release(self, step_s: float) -> bool:
        """Whether a `release` came within `step_s`; it is used up."""
        return self._releases.acquire(timeout=step_s)

    def refuse(self, for_s: float | None = None) -> None:
        """Refuse connections, for ever or so many seconds; idle ones are closed."""
        if self._listener is not None:
            self._listener.refuse(for_s)
        with self._changed:
            idle = [connection for connection in self._connections if connection.is_idle]
        for connection in idle:
            connection.stop()

    def accept(self) -> None:
        """Take connections again."""
        if self._listener is not None:
            self._listener.refuse(0)

    # what it saw

    @property
    def model_requests(self) -> list[Request]:
        """The requests that asked a model."""
        return [request for request in self.requests if request.is_model_request]

    @property
    def last(self) -> Request:
        """The last model request."""
        return self.model_requests[-1]

    def wait_for(
        self, holds: Callable[[FakeProvider], object], timeout_s: float = 10.0
    ) -> FakeProvider:
        """Wait until `holds(self)`; it is asked whenever a request comes or is answered.

        Raises AssertionError after `timeout_s`.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: holds(self), timeout_s):
                raise AssertionError(f"still not so after {timeout_s} s; requests: {self.requests}")
        return self

    def wait_for_requests(self, count: int, timeout_s: float = 10.0) -> FakeProvider:
        """Wait until so many model requests have come."""
        return self.wait_for(lambda fake: len(fake.model_requests) >= count, timeout_s)

    def assert_requests(self, count: int) -> None:
        """So many model requests came, none of them was refused, and the script is used up."""
        refused = [f"{r}: {r.refusal}" for r in self.model_requests if r.refusal]
        assert not refused, f"refused: {refused}"
        assert len(self.model_requests) == count, self.requests
        assert self.script.left == 0, f"{self.script.left} replies were not asked for"

    def dump(self) -> str:
        """All requests as JSON lines, credentials masked."""
        with self._changed:
            return dumped(self.requests)

    # called by connections

    def receive(self, request: Request, connection: int) -> tuple[Answer, Fault]:
        """Record a request and find its answer."""
        request.connection = connection
        request.format = of_path(request.method, request.path)
        with self._changed:
            self.requests.append(request)
            request.number = len(self.requests)
            request.time_s = time.monotonic() - self._started_s
            self._changed.notify_all()
        try:
            answer, fault = self._responder.answer(request)
        except Exception as error:  # noqa: BLE001 - the script is foreign code; stop() raises it
            self._errors.append(error)
            answer = json_answer({"error": {"message": f"the script failed: {error!r}"}}, 500)
            fault = Fault()
        return answer, fault

    def finish(self, request: Request, outcome: str) -> None:
        """A request has been answered."""
        with self._changed:
            request.outcome = outcome
            if self._record:
                with self._record.open("a", encoding="utf-8") as file:
                    file.write(dumped([request]))
            self._changed.notify_all()

    def note_problem(self, text: str) -> None:
        """Something came that was no request."""
        with self._changed:
            self.problems.append(text)
            self._changed.notify_all()

    def forget(self, connection: Connection) -> None:
        """A connection has ended."""
        with self._changed:
            self._connections.discard(connection)
            self._changed.notify_all()

    def _accept(self, sock: socket.socket) -> None:
        with self._changed:
            self.connection_count += 1
            connection = Connection(self, sock, self.connection_count)
            self._connections.add(connection)
        connection.thread.start()
