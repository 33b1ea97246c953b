"""The threads of RPC mode, and how they stop.

    reader    standard input to commands; hands answers of the user to whoever asked
    begin     session_start of extensions; commands wait for it
    main      takes the commands in order
    command   one for each command that takes long
    errand    one for each command of an extension (`pi.agent.errand`)
    run       one prompt at a time (`pi.agent.agent`)
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

from pi.agent.prompting import ABORTED
from pi.errors import EXIT_NO_READER, EXIT_OK
from pi.events import ExtensionFault, Notice
from pi.modes.print import line_of, say
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

    from pi.agent.agent import Agent
    from pi.cancel import CancelToken

FLUSH_PATIENCE_S = 5.0
"""How long, after its last sign of life, a client may take to read what is left."""

HASTE_S = 0.1
"""The same after SIGTERM."""

HEAD_START_S = 0.2
"""How long the next command waits for a command of an extension: short ones happen in order."""

_READ_BYTES = 1 << 16
_BEGIN_S = 0.1
_END = object()  # of standard input
_STOP = object()  # a signal came, or the reader of standard output left


class Connection:
    """A client: commands and answers come from `source`, everything goes to `target`, both
    descriptors. Notices go to `errors`. `token` fires when a signal came.

    Nothing is read before a question is asked or `serve` is called.
    """

    def __init__(self, source: int, target: int, errors: BinaryIO, token: CancelToken) -> None:
        self._source = source
        self._errors = errors
        self._token = token
        self._inbox: SimpleQueue[Any] = SimpleQueue()
        self._output = Output(target, lambda: self._inbox.put(_STOP))
        self._encoder = LineEncoder()
        self._agent: Agent | None = None
        self._is_begun = threading.Event()  # extensions know of the session
        self._listening = threading.Lock()
        self.is_listening = False
        self.dialogs = Dialogs(self._output.write, self.listen)

    def listen(self) -> None:
        """Begin to read, if that was not done yet."""
        with self._listening:
            if not self.is_listening:
                self.is_listening = True
                start_new_thread(self._read, ())

    def tell(self, event: Any) -> None:
        """Tell the client of an event, the user of a notice."""
        if type(event) is Notice:
            say(self._errors, line_of(event))
            return
        line = self._encoder.line(event)
        if line:
            self._output.write_event(line)

    def serve(self, agent: Agent, *, is_hasty: Callable[[], bool] = lambda: False) -> int:
        """Take commands until that is over, and close the agent. Returns the exit status where no
        signal gives one; `is_hasty` says whether there is hardly time to write what is left."""
        self._agent = agent
        agent.end = lambda: self._inbox.put(_END)
        undo_stop = self._token.on_cancel(self._stop)
        undo_events = agent.subscribe(self.tell)
        self.listen()
        self._begin(agent)
        jobs = _Jobs()
        try:
            self._take(agent, jobs)
        finally:
            undo_events()
            agent.subscribe(self._tell_trouble)
            self._output.release()
            self.dialogs.close()
            agent.close()
            jobs.wait(FLUSH_PATIENCE_S)
            undo_stop()
            self.close(HASTE_S if is_hasty() else FLUSH_PATIENCE_S)
        return EXIT_NO_READER if self._output.lost else EXIT_OK

    def close(self, patience_s: float = FLUSH_PATIENCE_S) -> None:
        """Write what is left, as long as it is read."""
        self._output.close(patience_s)

    def _begin(self, agent: Agent) -> None:
        """Let extensions begin; they may ask the user, so this thread does not wait for them."""

        def begin() -> None:
            agent.start()
            self._is_begun.set()

        if agent.hooks.extensions:
            threading.Thread(target=begin, daemon=True, name="begin").start()
        else:
            begin()

    def _take(self, agent: Agent, jobs: _Jobs) -> None:
        """Handle commands until there are no more."""
        while True:
            item = self._inbox.get()
            if item is _END or item is _STOP:
                return
            if isinstance(item, ParseError):
                self._output.write(parse_failure(str(item)))
                continue
            self._is_begun.wait()
            run(item[0], agent, self._output.write, jobs.start)
            agent.errands.give_head_start(HEAD_START_S)

    def _stop(self) -> None:
        """A signal came."""
        self._output.release()
        if self._agent is not None:
            self._agent.abort()
        self._inbox.put(_STOP)

    def _tell_trouble(self, event: Any) -> None:
        """At the end nothing is told any more but what goes wrong with it."""
        if type(event) in (Notice, ExtensionFault):
            self.tell(event)

    # --- reading ---------------------------------------------------------------------------------

    def _read(self) -> None:
        lines = Lines()
        while data := _chunk(self._source):
            for line in lines.feed(data):
                self._sort(line)
        for line in lines.finish():
            self._sort(line)
        self.dialogs.close()
        while not self._is_begun.wait(_BEGIN_S):  # nobody can say any more that it takes too long
            self._hurry()
        self._inbox.put(_END)

    def _sort(self, line: bytes | None) -> None:
        try:
            value = parse(line)
        except ParseError as error:
            self._inbox.put(error)
            return
        if isinstance(value, dict):
            if value.get("type") == "extension_ui_response":
                self.dialogs.answer(value)
                return
            if value.get("type") == "abort":
                self._hurry()
        self._inbox.put((value,))

    def _hurry(self) -> None:
        """What waits for an extension waits no longer: it may be the thread that takes commands."""
        if self._agent is not None and self._agent.hooks.extensions:
            self._agent.errands.cancel(ABORTED)
            self._agent.harness.hurry()


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


def _chunk(source: int) -> bytes:
    try:
        return os.read(source, _READ_BYTES)
    except OSError:  # not open for reading, or a terminal that is gone: the end
        return b""
