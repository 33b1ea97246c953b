"""The threads of RPC mode, and how they stop.

    reader    standard input to commands; hands answers of the user to whoever asked
    main      takes the commands in order
    command   one for each command that takes long
    run       one prompt at a time (`pi.agent`)
    output    writes what all of them say

It ends when standard input ends (0), after the commands that came before; when a signal comes; or
when nobody reads standard output any more. What runs is aborted then, the session is made durable,
and what was said is still written, after SIGTERM in all haste. A second signal ends the process at
once (`pi.modes.signals`).
"""

from __future__ import annotations

import os
import threading
import time
from _thread import start_new_thread
from queue import SimpleQueue

from pi.errors import EXIT_NO_READER, EXIT_OK
from pi.events import Notice
from pi.modes.print import say
from pi.modes.rpc.call import parse_failure
from pi.modes.rpc.command import run
from pi.modes.rpc.dialog import Dialogs
from pi.modes.rpc.framing import Lines, ParseError, parse
from pi.modes.rpc.output import Output
from pi.wire import LineEncoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

    from pi.agent import Agent
    from pi.cancel import CancelToken

FLUSH_PATIENCE_S = 5.0
"""How long, after its last sign of life, a client may take to read what is left."""

HASTE_S = 0.1
"""The same after SIGTERM."""

_READ_BYTES = 1 << 16
_END = object()  # of standard input
_STOP = object()  # a signal came, or the reader of standard output left


def serve(
    agent: Agent,
    source: int,
    target: int,
    errors: BinaryIO,
    token: CancelToken,
    *,
    is_hasty: Callable[[], bool] = lambda: False,
) -> int:
    """Take commands from `source` and answer to `target`, both descriptors, until that is over.

    Notices go to `errors`. `token` fires when a signal came; `is_hasty` then says whether there is
    hardly time to write what is left. Closes the agent; returns the exit status where no signal
    gives one.
    """
    inbox: SimpleQueue[Any] = SimpleQueue()
    output = Output(target, lambda: inbox.put(_STOP))
    dialogs = Dialogs(output.write)
    undo_stop = token.on_cancel(lambda: (output.release(), inbox.put(_STOP)))
    undo_events = agent.subscribe(_teller(output, errors))
    start_new_thread(_read, (source, inbox, dialogs))
    jobs = _Jobs()
    try:
        _take(agent, inbox, output, jobs)
    finally:
        undo_events()
        output.release()
        dialogs.close()
        agent.close()
        jobs.wait(FLUSH_PATIENCE_S)
        undo_stop()
        output.close(HASTE_S if is_hasty() else FLUSH_PATIENCE_S)
    return EXIT_NO_READER if output.lost else EXIT_OK


def _teller(output: Output, errors: BinaryIO) -> Callable[[Any], None]:
    encoder = LineEncoder()

    def tell(event: Any) -> None:
        if type(event) is Notice:
            say(errors, f"{event.level.capitalize()}: {event.text}")
            return
        line = encoder.line(event)
        if line:
            output.write_event(line)

    return tell


class _Jobs:
    """The commands that take long, each on a thread of its own."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    def start(self, job: Callable[[], object]) -> None:
        """Go on with a command while the next ones are handled."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=job, daemon=True, name="command"))
        self._threads[-1].start()

    def wait(self, patience_s: float) -> None:
        """Wait until they have ended and responded, in all for `patience_s` seconds at the most."""
        deadline = time.monotonic() + patience_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def _take(agent: Agent, inbox: SimpleQueue[Any], output: Output, jobs: _Jobs) -> None:
    """Handle commands until there are no more."""
    while True:
        item = inbox.get()
        if item is _END or item is _STOP:
            return
        if isinstance(item, ParseError):
            output.write(parse_failure(str(item)))
        else:
            run(item[0], agent, output.write, jobs.start)


def _read(source: int, inbox: SimpleQueue[Any], dialogs: Dialogs) -> None:
    lines = Lines()
    while data := _chunk(source):
        for line in lines.feed(data):
            _sort(line, inbox, dialogs)
    for line in lines.finish():
        _sort(line, inbox, dialogs)
    dialogs.close()
    inbox.put(_END)


def _chunk(source: int) -> bytes:
    try:
        return os.read(source, _READ_BYTES)
    except OSError:  # not open for reading, or a terminal that is gone: the end
        return b""


def _sort(line: bytes | None, inbox: SimpleQueue[Any], dialogs: Dialogs) -> None:
    try:
        value = parse(line)
    except ParseError as error:
        inbox.put(error)
        return
    if isinstance(value, dict) and value.get("type") == "extension_ui_response":
        dialogs.answer(value)
    else:
        inbox.put((value,))
