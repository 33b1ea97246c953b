"""What an agent does with what it is told: runs, queues, commands of extensions, compactions.

`pi.agent.agent.Agent` derives from it and has what outlives a conversation; see there for the
verbs.
"""

from __future__ import annotations

import threading

from pi.agent.errand import Errands
from pi.agent.reception import INTERACTIVE, RPC, command_of, content_of, heard, prepared
from pi.cancel import CancelToken
from pi.course.audience import Audience
from pi.errors import PiError
from pi.events import AgentSettled, Notice
from pi.models.select import check_usable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pi.agent.errand import Errand
    from pi.agent.reception import Said
    from pi.agent.usershell import UserShell
    from pi.assembly.assembly import Conversation
    from pi.assembly.configuration import Configuration
    from pi.course.state import Settled
    from pi.extensions.extension import Command
    from pi.extensions.nohooks import NoHooks
    from pi.harness import Harness
    from pi.session import Session

    Accepted = Callable[[str], object]
    Refused = Callable[[PiError], object]

BUSY = "the agent is working: say how to queue the message (streamingBehavior steer or followUp)"
COMPACTING = "a compaction is in progress: send the prompt again when it has ended"
ABORTED = "Operation aborted"


class Turn:
    """A prompt being worked on, from its acceptance to its end."""

    def __init__(self, *, is_here: bool = False) -> None:
        self.token = CancelToken()
        self.ended = threading.Event()  # all was told
        self.is_settled = False
        self.is_here = is_here  # on the thread of whoever asked, who is told of failures


class Prompting(Audience):
    """The prompts of an agent; see the module's head.

    `latest` is how the last run ended: a Settled, or the error that kept it from having an end;
    None if there was none.
    """

    conversation: Conversation
    configured: Configuration
    shell: UserShell

    def __init__(self) -> None:
        super().__init__()
        self.latest: Settled | PiError | None = None
        self.errands = Errands(self._note_end)  # commands of extensions, `input` handlers
        self._guard = threading.RLock()  # for the four fields below
        self._turn: Turn | None = None  # the latest; it may wait for the one before to end
        self._compaction: threading.Event | None = None  # set when it has ended
        self._is_closed = False
        self._is_changing = False
        self._running: Turn | None = None

    @property
    def harness(self) -> Harness:
        """The harness of the current conversation."""
        return self.conversation.harness

    @property
    def session(self) -> Session:
        """The session of the current conversation."""
        return self.conversation.harness.session

    @property
    def hooks(self) -> NoHooks:
        """The extensions of the current conversation."""
        return self.conversation.hooks

    # --- state -----------------------------------------------------------------------------------

    @property
    def is_streaming(self) -> bool:
        """Whether a prompt is being worked on, retries and automatic compaction included."""
        turn = self._turn
        return turn is not None and not turn.is_settled

    @property
    def is_compacting(self) -> bool:
        """Whether a compaction was asked for and has not ended."""
        return self._compaction is not None

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs that `wait` would wait for."""
        return self._turn is None and self._compaction is None

    @property
    def is_quiet(self) -> bool:
        """Whether the agent is idle and no command of an extension is at work either."""
        return self.is_idle and self.errands.are_done

    @property
    def token(self) -> CancelToken | None:
        """What fires when the run in progress is aborted; None when there is none."""
        turn = self._turn
        return turn.token if turn is not None and not turn.is_settled else None

    # --- prompts ---------------------------------------------------------------------------------

    def prompt(  # noqa: PLR0913 - all but the message have names
        self,
        message: str,
        *,
        accepted: Accepted,
        refused: Refused,
        images: Sequence[dict[str, Any]] = (),
        behaviour: str | None = None,
        source: str = RPC,
        expands: bool = True,
    ) -> None:
        """Start working on a message, or queue it while the agent works.

        `behaviour` says how it is queued: steer, followUp, None not to queue. `accepted` gets
        "started" or "queued" before anything else comes of it, or "handled" when an extension is
        done with it, perhaps on another thread; without a usable model, or if pictures cannot be
        read, `refused` is called there. Raises PiError for a prompt that cannot be taken now.
        Unless it `expands` it is no command, template or skill.
        """
        with self._guard:
            self._insist_on_open()
        conversation, pictures = self.conversation, self.conversation.pictures
        expand = conversation.expand if expands else str
        called = command_of(self.hooks, message) if expands else None
        if called is not None:
            self.errands.start(lambda errand: self._obey(called, errand, accepted))
            return

        def said() -> Said:
            return prepared(message, images, pictures)

        def take(left: Callable[[], Said]) -> None:
            self._take(lambda: content_of(left(), expand), accepted, refused, behaviour)

        def hear(errand: Errand) -> Said | None:
            how = behaviour if self.is_streaming else None
            return heard(self.hooks, said(), source, how, errand.token, pictures)

        if self.hooks.wants("input"):
            self._listen(hear, lambda left: take(lambda: left), accepted, refused)
        else:
            take(said)

    def queue(
        self,
        behaviour: str,
        message: str,
        *,
        accepted: Accepted,
        refused: Refused,
        images: Sequence[dict[str, Any]] = (),
        source: str = RPC,
    ) -> None:
        """Queue a message: "steer" for after the tool calls of the current answer, "followUp" for
        when the run would stop. While nothing runs it waits for the next run.

        `accepted` gets "queued", or "handled" if an extension took it, perhaps on another thread;
        `refused` is called there. Raises PiError for a command of an extension, which cannot wait.
        """
        called = command_of(self.hooks, message)
        if called is not None:
            name = called[0].name
            raise PiError(f"/{name} is a command of an extension and cannot wait: prompt it")
        conversation = self.conversation

        def take(said: Said) -> None:
            content = content_of(said, conversation.expand)
            harness = self.harness
            (harness.follow_up if behaviour == "followUp" else harness.steer)(content)
            accepted("queued")

        def said() -> Said:
            return prepared(message, images, conversation.pictures)

        def hear(errand: Errand) -> Said | None:
            token, pictures = errand.token, conversation.pictures
            return heard(self.hooks, said(), source, behaviour, token, pictures)

        if self.hooks.wants("input"):
            self._listen(hear, take, accepted, refused)
        else:
            take(said())

    def run(self, said: Said, source: str = INTERACTIVE) -> str:
        """Work on what was said to the end, on this thread; what it began beside may go on.

        Returns "started" or "handled". Raises PiError for what cannot be begun, or not be kept.
        """
        with self._guard:
            self._insist_on_open()
        left = self._left_of(said, source)
        if left is None:
            return "handled"
        turn = self._place()
        expand = self.conversation.expand
        self._work(turn, None, lambda: content_of(left, expand), ignore, _raise)
        if isinstance(self.latest, PiError):
            raise self.latest
        return "started"

    def begin(self, message: dict[str, Any], refused: Refused) -> bool:
        """Start a run with a message of an extension; False if a run is in progress already."""
        with self._guard:
            self._insist_on_open()
            if self._compaction is not None:
                raise PiError(COMPACTING)
            if self.is_streaming:
                return False
            self._start(lambda: message, ignore, refused)
            return True

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

    # --- stopping and waiting --------------------------------------------------------------------

    def abort(self) -> None:
        """Stop the run, the pause before a retry, the compaction, commands of extensions.

        Returns at once, see `wait`.
        """
        self.errands.cancel(ABORTED)
        self.abort_run()

    def abort_run(self) -> None:
        """Stop the run, the pause before a retry, the compaction."""
        turn = self._turn
        if turn is not None:
            turn.token.cancel(ABORTED)
        self.harness.abort()
        self.harness.upkeep.cancel()

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until the agent is idle. With a limit, for the run and the compaction each."""
        with self._guard:
            turn, compaction = self._turn, self._compaction
        if turn is not None:
            turn.ended.wait(timeout_s)
        if compaction is not None:
            compaction.wait(timeout_s)

    def wait_quiet(self) -> None:
        """Wait until nothing goes on: no run, no compaction, no command of an extension."""
        while not self.is_quiet:
            self.wait()
            self.errands.wait()

    # --- inside ----------------------------------------------------------------------------------

    def _insist_on_open(self) -> None:
        if self._is_closed:
            raise PiError("the agent is shutting down")
        if self._is_changing:
            raise PiError("another session is taking over: try again when that is done")

    def _obey(self, called: tuple[Command, str], errand: Errand, accepted: Accepted) -> None:
        """Run a command of an extension; what goes wrong in it is reported, and it is handled."""
        self.conversation.host.obey(*called, errand.token)
        accepted("handled")

    def _listen(
        self,
        hear: Callable[[Errand], Said | None],
        take: Callable[[Said], None],
        accepted: Accepted,
        refused: Refused,
    ) -> None:
        """Let handlers of `input` look at what was said, in the order in which it was."""

        def listen(errand: Errand) -> None:
            try:
                left = hear(errand)
                if left is None:
                    accepted("handled")
                else:
                    take(left)
            except PiError as error:
                refused(error)

        self.errands.start(listen, in_order=True)

    def _left_of(self, said: Said, source: str) -> Said | None:
        """What is left to send when extensions had their turn, here and now."""
        called = command_of(self.hooks, said.text)
        if called is not None:
            self.errands.run(lambda errand: self._obey(called, errand, ignore))
            return None
        if not self.hooks.wants("input"):
            return said
        pictures, left = self.conversation.pictures, []
        self.errands.run(
            lambda errand: left.append(
                heard(self.hooks, said, source, None, errand.token, pictures)
            )
        )
        return left[0]

    def _take(
        self,
        content: Callable[[], Any],
        accepted: Accepted,
        refused: Refused,
        behaviour: str | None,
    ) -> None:
        with self._guard:
            self._insist_on_open()
            if self._compaction is not None:
                raise PiError(COMPACTING)
            is_queued = self.is_streaming
            if is_queued and behaviour is None:
                raise PiError(BUSY)
            if is_queued:
                is_queued = self.harness.offer(behaviour, content())
            if not is_queued:
                self._start(content, accepted, refused)
        if is_queued:
            accepted("queued")

    def _place(self) -> Turn:
        """The turn for a prompt on this thread, when nothing else runs."""
        while True:
            self.wait()
            with self._guard:
                self._insist_on_open()
                if self.is_idle:
                    self._turn = Turn(is_here=True)
                    return self._turn

    def _start(self, *prompt: Any) -> None:
        previous, self._turn = self._turn, Turn()
        job = (self._turn, previous, *prompt)
        threading.Thread(target=self._work, args=job, daemon=True, name="run").start()

    def _work(
        self,
        turn: Turn,
        previous: Turn | None,
        content: Callable[[], Any],
        accepted: Accepted,
        refused: Refused,
    ) -> None:
        """One prompt; `previous` may still be telling that it has ended."""
        if previous is not None:
            previous.ended.wait()
        self._running = turn
        self.latest = None
        is_accepted = False
        try:
            check_usable(self.harness.model, self.configured.models)
            opening = content()
            accepted("started")
            is_accepted = True
            self.latest = self.harness.prompt(opening, turn.token)
        except PiError as error:
            if is_accepted:
                self.latest = error
                if not turn.is_here:
                    self.emit(Notice("error", str(error)))
            else:
                self._end(turn)
                refused(error)
        finally:
            try:
                if is_accepted and not turn.is_settled:  # it failed where no answer can tell
                    self._pass_on(AgentSettled(True))
            finally:
                self._end(turn)
                turn.ended.set()
                self._note_end()

    def _note_end(self) -> None:
        """Something has ended: a run, or a command of an extension."""

    def _end(self, turn: Turn) -> None:
        with self._guard:
            turn.is_settled = True
            if self._turn is turn:
                self._turn = None
        self.shell.flush()

    def _pass_on(self, event: Any) -> None:
        if type(event) is AgentSettled:
            with self._guard:
                self._running.is_settled = True
            self.shell.flush()
        self.emit(event)


def ignore(_: object) -> None:
    """Nobody waits to be told."""


def _raise(error: PiError) -> None:
    raise error
