"""Driving `pi --mode rpc` from tests: send commands, wait for records, end the process.

with Rpc(agent_home, "--model", "fake-openai/fake-1") as rpc:
    assert rpc.call("get_state")["data"]["isStreaming"] is False
    rpc.call("prompt", message="hi")
    rpc.event("agent_settled")
    assert rpc.finish() == 0
"""

from __future__ import annotations

import json
import threading
import time

from tests import launch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PATIENCE_S = 20.0
Record = dict


class Rpc:
    """A running RPC process and every record it wrote. Waiting looks at each record once."""

    def __init__(self, home: launch.AgentHome, *arguments: str, env: Any = None) -> None:
        self.process = launch.start(home, "--mode", "rpc", *arguments, env=env)
        self.records: list[Record] = []
        self.lines: list[bytes] = []
        self.stderr = b""
        self._seen = 0
        self._count = 0
        self._ended = False
        self._news = threading.Condition()
        self._threads = [
            threading.Thread(target=target, daemon=True)
            for target in (self._read_records, self._read_stderr)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Rpc:
        return self

    def __exit__(self, *_: object) -> None:
        launch.end(self.process)

    def send(self, data: bytes | Record) -> None:
        """Write a command, or any bytes, to standard input."""
        line = data if isinstance(data, bytes) else json.dumps(data).encode() + b"\n"
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def call(self, name: str, /, **fields: Any) -> Record:
        """Send a command and wait for its response."""
        self._count += 1
        call_id = f"call-{self._count}"
        self.send({"id": call_id, "type": name, **fields})
        return self.wait(
            lambda record: record["type"] == "response" and record.get("id") == call_id
        )

    def event(self, name: str, /) -> Record:
        """Wait for a record of a type."""
        return self.wait(lambda record: record["type"] == name)

    def wait(self, accepts: Callable[[Record], object]) -> Record:
        """Wait for a record that was not looked at before."""
        deadline = time.monotonic() + PATIENCE_S
        with self._news:
            while True:
                while self._seen < len(self.records):
                    record = self.records[self._seen]
                    self._seen += 1
                    if accepts(record):
                        return record
                left = deadline - time.monotonic()
                if self._ended or left <= 0 or not self._news.wait(left):
                    raise AssertionError(f"no such record; {self.told()}")

    def close_stdin(self) -> None:
        """End standard input."""
        self.process.stdin.close()

    def finish(self) -> int:
        """End standard input and wait for the process; its exit status."""
        self.close_stdin()
        return self.ended()

    def ended(self) -> int:
        """Wait until the process has ended and everything it wrote was read; its exit status."""
        code = self.process.wait(PATIENCE_S)
        for thread in self._threads:
            thread.join(PATIENCE_S)
        return code

    def types(self) -> list[str]:
        """The types of all records, without the many updates."""
        return [record["type"] for record in self.records if record["type"] != "message_update"]

    def responses(self) -> list[Record]:
        """All responses."""
        return [record for record in self.records if record["type"] == "response"]

    def told(self) -> str:
        """What is known, for a failing assertion."""
        tail = [json.dumps(record)[:300] for record in self.records[-8:]]
        return "\n".join(["the last records:", *tail, f"stderr: {self.stderr!r}"])

    def _read_records(self) -> None:
        for line in self.process.stdout:  # a binary file: lines end in LF alone
            with self._news:
                self.lines.append(line)
                self.records.append(json.loads(line))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _read_stderr(self) -> None:
        for line in self.process.stderr:
            self.stderr += line
