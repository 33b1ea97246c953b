"""The agent at work: one conversation at a time, which another one can take the place of.

    agent = Agent(configured, arguments, conversation)
    agent.subscribe(print)                     events, from whichever conversation is current
    agent.prompt("hi", accepted=print, refused=print)    "started"; the run has its own thread
    agent.prompt("no, this", behaviour="steer", ...)     "queued"
    agent.abort(); agent.wait()
    agent.replace(make)                        see `pi.succession`
    agent.close()

It is what a face with an open end (RPC, screen, page) drives. Verbs may be called from any thread.

    while ...             a prompt is                   another conversation
    nothing runs          started                       takes over at once
    a run goes on         queued, if it says how        takes over when the run has been aborted
    a compaction runs     refused                       takes over when that has been aborted
    one takes over        refused                       waits for the other

A new conversation is made completely before the old one is let go, so a failure changes nothing but
what had to be aborted for it.
"""

from __future__ import annotations

import threading
from binascii import Error as Base64Error
from binascii import a2b_base64

from pi.assembly import join
from pi.cancel import CancelToken
from pi.errors import PiError
from pi.events import AgentSettled, Notice
from pi.messages import text
from pi.models.select import NO_MODEL, check_usable
from pi.usershell import UserShell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pi.assembly import Conversation
    from pi.configuration import Configuration
    from pi.flags import Arguments
    from pi.harness import Harness
    from pi.selection import Opened
    from pi.session import Session

BUSY = "the agent is working: say how to queue the message (streamingBehavior steer or followUp)"
COMPACTING = "a compaction is in progress: send the prompt again when it has ended"
CLOSE_PATIENCE_S = 5.0
"""How long `close` waits for what it aborted. Tools that do not obey are given up before that."""


class _Turn:
    """A prompt being worked on, from its acceptance to its end."""

    def __init__(self) -> None:
        self.token = CancelToken()
        self.thread: threading.Thread | None = None
        self.is_settled = False


class Agent:
    """A conversation in progress that can be replaced. See the module's head."""

    def __init__(
        self, configured: Configuration, arguments: Arguments, conversation: Conversation
    ) -> None:
        self.configured = configured
        self.conversation = conversation
        self._arguments = arguments
        self._subscribers: list[Callable[[Any], object]] = []
        self._guard = threading.RLock()  # for the four fields below
        self._turn: _Turn | None = None  # the latest; it may wait for the one before to end
        self._compaction: threading.Event | None = None  # set when it has ended
        self._is_closed = False
        self._is_changing = False
        self._running: _Turn | None = None
        self._change = threading.Lock()  # held while a conversation takes over
        self._adopt(conversation)

    @property
    def harness(self) -> Harness:
        """The harness of the current conversation."""
        return self.conversation.harness

    @property
    def session(self) -> Session:
        """The session of the current conversation."""
        return self.conversation.harness.session

    def subscribe(self, subscriber: Callable[[Any], object]) -> Callable[[], None]:
        """Call `subscriber` with every event, on the thread it happens on. Returns the undoing."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def emit(self, event: Any) -> None:
        """Tell all subscribers."""
        for subscriber in tuple(self._subscribers):
            subscriber(event)

    # --- prompts ---------------------------------------------------------------------------------

    @property
    def is_streaming(self) -> bool:
        """Whether a prompt is being worked on, retries and automatic compaction included."""
        turn = self._turn
        return turn is not None and not turn.is_settled

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs that `abort` would stop."""
        return self._turn is None and self._compaction is None

    def prompt(
        self,
        message: str,
        *,
        accepted: Callable[[str], object],
        refused: Callable[[PiError], object],
        images: Sequence[dict[str, Any]] = (),
        behaviour: str | None = None,
    ) -> None:
        """Start working on a message, or queue it while the agent works.

        `behaviour` says how it is queued: steer, followUp, or None not to queue. `accepted` gets
        "started" or "queued" before anything else comes of it, perhaps on another thread; without a
        usable model, or if pictures cannot be read, `refused` is called there instead. Raises
        PiError for a prompt that cannot be taken now.
        """
        with self._guard:
            self._insist_on_open()
            if self._compaction is not None:
                raise PiError(COMPACTING)
            is_queued = self.is_streaming
            if is_queued and behaviour is None:
                raise PiError(BUSY)
            if is_queued:
                content = content_of(message, images, self.conversation)
                is_queued = self.harness.offer(behaviour, content)
            if not is_queued:
                self._start(message, images, accepted, refused)
        if is_queued:
            accepted("queued")

    def queue(self, behaviour: str, message: str, images: Sequence[dict[str, Any]] = ()) -> None:
        """Queue a message: "steer" for after the tool calls of the current answer, "followUp" for
        when the run would stop. While nothing runs it waits for the next run."""
        content = content_of(message, images, self.conversation)
        harness = self.harness
        (harness.follow_up if behaviour == "followUp" else harness.steer)(content)

    def abort(self) -> None:
        """Stop the run, the pause before a retry, the compaction; returns at once, see `wait`."""
        turn = self._turn
        if turn is not None:
            turn.token.cancel("Operation aborted")
        self.harness.abort()
        self.harness.abort_compaction()

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until the agent is idle. With a limit, for the run and the compaction each."""
        with self._guard:
            turn, compaction = self._turn, self._compaction
        if turn is not None:
            turn.thread.join(timeout_s)
        if compaction is not None:
            compaction.wait(timeout_s)

    def _insist_on_open(self) -> None:
        if self._is_closed:
            raise PiError("the agent is shutting down")
        if self._is_changing:
            raise PiError("another session is taking over: try again when that is done")

    def _start(self, *prompt: Any) -> None:
        previous, self._turn = self._turn, _Turn()
        job = (self._turn, previous, *prompt)
        self._turn.thread = threading.Thread(target=self._work, args=job, daemon=True, name="run")
        self._turn.thread.start()

    def _work(
        self,
        turn: _Turn,
        previous: _Turn | None,
        message: str,
        images: Sequence[dict[str, Any]],
        accepted: Callable[[str], object],
        refused: Callable[[PiError], object],
    ) -> None:
        """One prompt, on its own thread; `previous` may still be telling that it has ended."""
        if previous is not None:
            previous.thread.join()
        self._running = turn
        is_accepted = False
        try:
            check_usable(self.harness.model, self.configured.models)
            content = content_of(message, images, self.conversation)
            accepted("started")
            is_accepted = True
            self.harness.prompt(content, turn.token)
        except PiError as error:
            if is_accepted:
                self.emit(Notice("error", str(error)))
            else:
                self._end(turn)
                refused(error)
        finally:
            if is_accepted and not turn.is_settled:  # it failed where no answer can tell
                self._pass_on(AgentSettled(True))
            self._end(turn)

    def _end(self, turn: _Turn) -> None:
        with self._guard:
            turn.is_settled = True
            if self._turn is turn:
                self._turn = None
        self.shell.flush()

    def compaction(self, instructions: str | None = None) -> Callable[[], dict[str, Any]]:
        """Claim the conversation for a compaction; call the result to do it, on any thread.

        That takes long, returns what `Harness.compact` returns, and must be called. Raises PiError.
        """
        with self._guard:
            self._insist_on_open()
            if self._compaction is not None:
                raise PiError("the conversation is being compacted already")
            self._compaction = ended = threading.Event()

        def run() -> dict[str, Any]:
            try:
                return self.harness.compact(instructions)
            finally:
                with self._guard:
                    self._compaction = None
                ended.set()

        return run

    # --- another conversation --------------------------------------------------------------------

    def replace(self, make: Callable[[], Opened]) -> None:
        """Let the session that `make` opens take over, when what runs has been aborted.

        Raises whatever `make` raises, or UsageError; the old conversation then stays.
        """
        with self._change:
            with self._guard:
                self._insist_on_open()
            opened = make()
            with self._guard:
                self._is_changing = True
            try:
                self._stop()
                if opened.session.path is not None and opened.session.path == self.session.path:
                    opened.session.close()  # what the aborted run wrote since is missing in it
                    opened = make()
                self._take_over(opened)
            finally:
                self._is_changing = False

    def close(self, patience_s: float = CLOSE_PATIENCE_S) -> None:
        """Abort everything, make the session durable, and take no more prompts. May take long."""
        with self._guard:
            self._is_closed = True
        self._stop(patience_s)
        with self._change:
            self.conversation.close()

    def _take_over(self, opened: Opened) -> None:
        configured = self.configured.reopened()
        conversation = join(configured, self._arguments, opened, needs_model=False)
        old = self.conversation
        self.configured, self.conversation = configured, conversation
        self._undo()
        self._adopt(conversation)
        old.close()
        for line in (*configured.warnings, *conversation.warnings):
            self.emit(Notice("warning", line))

    def _adopt(self, conversation: Conversation) -> None:
        self.shell = UserShell(conversation, self.emit, lambda: self.is_streaming)
        self._undo = conversation.harness.subscribe(self._pass_on)
        if conversation.harness.model is not NO_MODEL:
            conversation.harness.record_selection()

    def _stop(self, timeout_s: float | None = None) -> None:
        self.abort()
        self.shell.abort()
        self.wait(timeout_s)
        self.shell.wait(timeout_s)

    def _pass_on(self, event: Any) -> None:
        if type(event) is AgentSettled:
            with self._guard:
                self._running.is_settled = True
            self.shell.flush()
        self.emit(event)


def content_of(
    message: str, images: Sequence[dict[str, Any]], conversation: Conversation
) -> list[dict[str, Any]]:
    """The content blocks of a prompt: its text, expanded, what was done to pictures, and those.

    Each of `images` has `data`, base64, and `mimeType`. Raises PiError for data that is no base64.
    """
    message = conversation.expand(message)
    blocks: list[Any] = []
    notes: list[str] = []
    for at, picture in enumerate(images):
        try:
            data = a2b_base64(picture["data"])
        except (Base64Error, ValueError) as error:
            raise PiError(f"images[{at}].data is not base64: {error}") from None
        made, told = conversation.pictures.prepared(data, picture["mimeType"])
        blocks += made
        notes += told
    words = f"{message}\n\n" + "\n".join(notes) if notes else message
    return [text(words), *blocks]
