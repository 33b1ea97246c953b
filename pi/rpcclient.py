"""A client of `pi --mode rpc`: pi in a process of its own, with the verbs of a conversation.

    with RpcClient("--model", "sonnet") as client:
        client.ask("What is in this folder?").text
        for event in client.prompt("Add a test for it"): ...       typed, as in `pi.events`
        client.call("get_session_stats")["cost"]                   any command of docs/rpc.md

Events are the values of `pi.events`. Two more kinds may come: a `Dialog` asks the user something or
shows something, a `Record` is what this version of the client does not know.

One thread reads all that comes. Verbs may be called from any thread.
"""

from __future__ import annotations

import json
import os
import threading
from itertools import count

from pi import wire
from pi.errors import PiError
from pi.events import AgentSettled
from pi.proc.run import Pipe
from pi.proc.spawn import spawn
from pi.run import Run
from pi.runtime import self_command
from pi.text.jsontext import dump_bytes
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from pi.run import Answer

CLOSE_PATIENCE_S = 10.0
"""How long `close` waits for an orderly end; pi gives up before that."""

_QUESTIONS = ("select", "confirm", "input", "editor")


class RpcError(PiError):
    """A command was refused, or the process is gone."""


class Dialog(Value):
    """A question to the user, or something to show: `method` and `fields` as in docs/rpc.md."""

    id: str
    method: str
    fields: dict[str, Any]


class Record(Value):
    """A record that this version of the client does not know."""

    fields: dict[str, Any]


def _nobody(dialog: Dialog) -> None:
    return None


def _pass(response: dict[str, Any]) -> None:
    return None


class _Reply:
    """The response to a command, when it comes. `note` sees it first, on the reading thread."""

    def __init__(self, note: Callable[[dict[str, Any]], object]) -> None:
        self.note = note
        self.record: dict[str, Any] = {}
        self.has_come = threading.Event()


class RpcClient:
    """A running `pi --mode rpc`; `with` closes it. See the module's head.

    `arguments` are options of pi. `command` starts another pi than this one. `on_question` is
    handed each question as a `Dialog`, on a thread of its own, and returns the answer: a text, True
    or False, or None for no answer. What pi says to people goes to our standard error.
    """

    def __init__(
        self,
        *arguments: str,
        cwd: str | None = None,
        environ: Mapping[str, str] | None = None,
        command: Sequence[str] | None = None,
        on_question: Callable[[Dialog], str | bool | None] = _nobody,
    ) -> None:
        argv = [*(command or self_command()), "--mode", "rpc", *arguments]
        source, target = Pipe(), Pipe()
        self._process = spawn(
            argv, stdin=target.read_end, outputs=(source.write_end, 2), cwd=cwd, env=environ
        )
        source.close_write()
        target.close_read()
        self._source, self._target = source, target
        self._on_question = on_question
        self._ids = count(1)
        self._lock = threading.Lock()  # for the next two, and for writing
        self._replies: dict[str, _Reply] = {}
        self._end: RpcError | None = None  # why nothing more can come
        self._run: Run | None = None
        self._subscribers: list[Callable[[Any], object]] = []
        self._reader = threading.Thread(target=self._read, daemon=True, name="rpc")
        self._reader.start()

    def __enter__(self) -> RpcClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> int:
        """End the process in order; returns its exit status."""
        with self._lock:
            self._target.close_write()
        self._reader.join(CLOSE_PATIENCE_S)
        if self._reader.is_alive():
            self._process.kill()
            self._reader.join()
        return self._process.wait()

    # --- verbs -----------------------------------------------------------------------------------

    def call(self, name: str, /, **fields: Any) -> Any:
        """Send a command and return the `data` of its response; None where it has none.

        Raises RpcError, with the reason, where it was not done.
        """
        return self._call(name, fields)

    def prompt(self, message: str, images: Sequence[dict[str, Any]] = ()) -> Run:
        """Start working on a message; iterate the result for its events, or take its `answer()`.

        `images` are dicts with `data` (base64) and `mimeType`. Raises RpcError where the message
        cannot be taken, as when another one is being worked on.
        """
        run = Run(lambda: self._send("abort", {}, _Reply(_pass)))

        def begin(response: dict[str, Any]) -> None:
            if not response.get("success"):
                return
            if (response.get("data") or {}).get("disposition") == "handled":
                run.end()  # an extension was done with it; what it began is a run of its own
            else:
                self._run = run

        fields = {"message": message, **({"images": list(images)} if images else {})}
        self._call("prompt", fields, begin)
        return run

    def ask(self, message: str, images: Sequence[dict[str, Any]] = ()) -> Answer:
        """Work on a message to the end and return the answer; `str` of it is its text.

        Raises ProviderError where the model failed, AbortedError, RpcError, or another PiError.
        """
        return self.prompt(message, images).answer()

    def steer(self, message: str) -> None:
        """Say something to the run in progress: it enters after the answer's tool calls."""
        self.call("steer", message=message)

    def follow_up(self, message: str) -> None:
        """Say something more when the run would stop."""
        self.call("follow_up", message=message)

    def abort(self) -> None:
        """Stop what runs; returns when it has stopped."""
        self.call("abort")

    def subscribe(self, subscriber: Callable[[Any], object]) -> Callable[[], None]:
        """Call `subscriber` with each event, on the reading thread. Returns the undoing."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    # --- out -------------------------------------------------------------------------------------

    def _call(
        self,
        name: str,
        fields: dict[str, Any],
        note: Callable[[dict[str, Any]], object] = _pass,
    ) -> Any:
        reply = self._send(name, fields, _Reply(note))
        reply.has_come.wait()
        if not reply.record:
            raise RpcError(f"{name}: {self._end}")
        if not reply.record.get("success"):
            raise RpcError(f"{name}: {reply.record.get('error')}")
        return reply.record.get("data")

    def _send(self, name: str, fields: dict[str, Any], reply: _Reply) -> _Reply:
        call_id = f"call-{next(self._ids)}"
        with self._lock:
            if self._end is not None:
                reply.has_come.set()
                return reply
            self._replies[call_id] = reply
        self._write({**fields, "id": call_id, "type": name})
        return reply

    def _write(self, record: dict[str, Any]) -> None:
        """Write a line. If nobody reads any more, the reading thread tells all who wait."""
        data = memoryview(dump_bytes(record) + b"\n")
        with self._lock:
            try:
                while data and self._target.write_end >= 0:
                    data = data[os.write(self._target.write_end, data) :]
            except OSError:
                return

    # --- in --------------------------------------------------------------------------------------

    def _read(self) -> None:
        why = ""
        try:
            with open(os.dup(self._source.read_end), "rb") as lines:
                for line in lines:  # of a binary file: they end in LF alone
                    self._sort(json.loads(line))
        except Exception as error:  # noqa: BLE001 - no record of ours, or an event handler's
            why = f": a record could not be handled: {type(error).__name__}: {error}"
            self._process.kill()
        self._finish(f"pi has ended with status {self._process.wait()}{why}")

    def _sort(self, record: Any) -> None:
        if not isinstance(record, dict):
            raise ValueError("a record is an object")
        kind = record.get("type")
        if kind == "response":
            self._settle(record)
        elif kind == "extension_ui_request":
            fields = {key: value for key, value in record.items() if key not in ("type", "id")}
            self._tell(Dialog(str(record.get("id")), str(fields.pop("method", "")), fields))
        else:
            event = wire.decode(record)
            self._tell(Record(record) if event is None else event)

    def _settle(self, response: dict[str, Any]) -> None:
        with self._lock:
            reply = self._replies.pop(str(response.get("id")), None)
        if reply is not None:
            reply.note(response)
            reply.record = response
            reply.has_come.set()

    def _tell(self, event: Any) -> None:
        if type(event) is Dialog and event.method in _QUESTIONS:
            threading.Thread(target=self._answer, args=(event,), daemon=True).start()
        run = self._run
        if type(event) is AgentSettled:
            self._run = None
        if run is not None:
            run.take(event)
        for subscriber in tuple(self._subscribers):
            subscriber(event)

    def _answer(self, dialog: Dialog) -> None:
        value = self._on_question(dialog)
        answer: dict[str, Any] = {"value": value}
        if value is None:
            answer = {"cancelled": True}
        elif isinstance(value, bool):
            answer = {"confirmed": value}
        self._write({"type": "extension_ui_response", "id": dialog.id, **answer})

    def _finish(self, reason: str) -> None:
        with self._lock:
            self._end = RpcError(reason)
            waiting, self._replies = self._replies, {}
        for reply in waiting.values():
            reply.has_come.set()
        if self._run is not None:
            self._run.fail(self._end)
