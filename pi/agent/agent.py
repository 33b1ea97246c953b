"""The agent at work: one conversation at a time, which another one can take the place of.

    agent = Agent(configured, arguments, conversation)
    agent.subscribe(print)                     events, from whichever conversation is current
    agent.start()                              extensions learn of the session
    agent.prompt("hi", accepted=print, refused=print)    "started"; the run has its own thread
    agent.prompt("no, this", behaviour="steer", ...)     "queued"
    agent.run(Said("hi"))                      the same to its end, on this thread
    agent.abort(); agent.wait()
    agent.replace(make, "new")                 see `pi.agent.succession`
    agent.close()

It is what every face drives. Verbs may be called from any thread.

    while ...             a prompt is                   another conversation
    nothing runs          started                       takes over at once
    a run goes on         queued, if it says how        takes over when the run has been aborted
    a compaction runs     refused                       takes over when that has been aborted
    one takes over        refused                       waits for the other

A command of an extension ("handled") runs at any time, on a thread of its own. A new conversation
is made completely before the old one is let go, so a failure changes nothing but what had to be
aborted for it; extensions of the old one then begin again.
"""

from __future__ import annotations

import threading

from pi.agent.prompting import Prompting
from pi.agent.usershell import UserShell
from pi.assembly.assembly import NOTHING_OWN, join, joined
from pi.assembly.selection import Opened
from pi.cancel import CancelToken
from pi.errors import PiError
from pi.events import Notice
from pi.models.select import NO_MODEL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.assembly.assembly import Conversation, Own
    from pi.assembly.configuration import Configuration
    from pi.flags import Arguments
    from pi.request import Model
    from pi.session import Session

CLOSE_PATIENCE_S = 5.0
"""How long `close` waits for what it aborted. Tools that do not obey are given up before that."""

SHUTDOWN_S = 5.0
"""How long handlers of session_shutdown may take."""


class Agent(Prompting):
    """A conversation in progress that can be replaced. See the module's head.

    `end` is called when an extension asks pi to end, at a time when nothing runs; a face sets it.
    """

    def __init__(
        self,
        configured: Configuration,
        arguments: Arguments,
        conversation: Conversation,
        own: Own = NOTHING_OWN,
    ) -> None:
        super().__init__()
        self.configured = configured
        self.conversation = conversation
        self.end: Callable[[], object] = lambda: None
        self.arguments = arguments
        self._own = own
        self._change = threading.Lock()  # held while a conversation takes over
        self._is_started = False
        self._retired: list[Any] = []  # hosts of the conversation before
        self._wants_end = False
        self._adopt(conversation)

    # --- beginning and end -----------------------------------------------------------------------

    def start(self, reason: str = "startup", previous: str | None = None) -> None:
        """Let extensions learn of the session, and add what they name to its resources.

        `reason` is startup, reload, new, resume or fork; `previous` the file of the session before.
        `abort` ends the wait for them.
        """
        self._is_started = True
        if self.hooks.extensions:
            self.errands.run(lambda errand: self._introduce(reason, previous, errand.token))

    def ask_to_end(self) -> None:
        """End pi, by what `end` does, as soon as nothing runs and no command is at work."""
        self._wants_end = True
        self._note_end()

    def close(self, patience_s: float = CLOSE_PATIENCE_S) -> None:
        """Abort everything, make the session durable, and take no more prompts. May take long."""
        with self._guard:
            self._is_closed = True
        self.errands.close("pi is shutting down")
        self._stop(patience_s)
        self.errands.wait(patience_s)
        with self._change:
            self._shut_down("quit")
            self.hooks.retire("pi is shutting down")
            self.conversation.close()

    # --- another conversation --------------------------------------------------------------------

    def replace(
        self,
        make: Callable[[], Opened],
        reason: str,
        setup: Callable[[Session], object] | None = None,
    ) -> None:
        """Let the session that `make` opens take over, when what runs has been aborted.

        `reason` is what extensions are told: new, resume or fork. `setup` may add to the session
        before they see it. Raises whatever `make` raises, or UsageError; the old conversation then
        stays.
        """
        with self._change:
            with self._guard:
                self._insist_on_open()
            opened = make()
            with self._guard:
                self._is_changing = True
            previous = self.session.path
            try:
                self._stop()
                if opened.session.path is not None and opened.session.path == previous:
                    opened.session.close()  # what the aborted run wrote since is missing in it
                    opened = make()
                self._shut_down(reason, opened.session.path)
                old = self._take_over(lambda configured: self._joined(configured, opened))
                old.close()
                if setup is not None:
                    setup(self.session)
            finally:
                self._is_changing = False
            self.start(reason, previous)

    def reload(self) -> None:
        """Read settings, extensions, skills, templates and context files again, for this session.

        Model and level stay. Raises PiError while something runs, or when what was read does not
        fit together; everything stays as it was then.
        """
        with self._change:
            with self._guard:
                self._insist_on_open()
                if not self.is_idle:
                    raise PiError("pi cannot reload while it works: wait until it is idle")
                self._is_changing = True
            old, session = self.conversation, self.session
            # It goes on with what it has: nothing is chosen by what the session says.
            opened = Opened(session, old.workspace.cwd, resumes=False)
            try:
                self._shut_down("reload")
                self._take_over(lambda configured: self._renewed(configured, opened))
                old.transport.close()
            finally:
                self._is_changing = False
            self.start("reload")

    # --- inside ----------------------------------------------------------------------------------

    def _joined(self, configured: Configuration, opened: Opened) -> Conversation:
        return join(configured, self.arguments, opened, needs_model=False, own=self._own)

    def _renewed(self, configured: Configuration, opened: Opened) -> Conversation:
        """The conversation read anew, with the model, the level, the queues and tools it has."""
        old = self.harness
        conversation = joined(configured, self.arguments, opened, needs_model=False, own=self._own)
        harness = conversation.harness
        harness.model = self._again(old.model, configured)
        harness.thinking = old.thinking
        harness.queues.take_over(old.queues)
        harness.tools = conversation.toolbox.take_over(self.conversation.toolbox, old.tools)
        return conversation

    def _again(self, model: Model, configured: Configuration) -> Model:
        """A model as it is described now; one that a program gave is as it was."""
        name = (model["provider"], model["id"])
        if self.configured.models.book.find(*name) != model:
            return model
        return configured.models.book.find(*name) or model

    def _take_over(self, make: Callable[[Configuration], Conversation]) -> Conversation:
        """Put another conversation in the place of the current one, which is returned."""
        old = self.conversation
        try:
            configured = self.configured.reopened()
            conversation = make(configured)
        except BaseException:
            self._is_changing = False
            self.start("reload")  # for extensions that have released what they need
            raise
        self.configured, self.conversation = configured, conversation
        self._undo()
        self._adopt(conversation)
        old.hooks.retire()
        for host in self._retired:
            host.forget()  # not sooner: the command that asked for this may still be at work
        self._retired = [old.host] if old.host is not None else []
        for line in (*configured.warnings, *conversation.warnings):
            self.emit(Notice("warning", line))
        return old

    def _adopt(self, conversation: Conversation) -> None:
        self.shell = UserShell(conversation, self.emit, lambda: self.is_streaming)
        self._undo = conversation.harness.subscribe(self._pass_on)
        if conversation.host is not None:
            conversation.host.bind(self, conversation)
        if conversation.harness.model is not NO_MODEL:
            conversation.harness.record_selection()

    def _introduce(self, reason: str, previous: str | None, token: CancelToken) -> None:
        hooks, conversation = self.hooks, self.conversation
        if hooks.wants("session_start"):
            hooks.fire("session_start", token, reason=reason, previous_session_file=previous)
        if hooks.wants("resources_discover"):
            why = "reload" if reason == "reload" else "startup"
            cwd = conversation.workspace.cwd
            found = hooks.fire("resources_discover", token, cwd=cwd, reason=why)
            skills, templates, themes = (
                [each["path"] for each in paths]
                for paths in (found.skill_paths, found.prompt_paths, found.theme_paths)
            )
            for line in conversation.briefing.widen(skills, templates, themes):
                self.emit(Notice("warning", line))

    def _shut_down(self, reason: str, target: str | None = None) -> None:
        """Let extensions release what they hold; they have limited time for it."""
        if not self._is_started or not self.hooks.wants("session_shutdown"):
            return
        token = CancelToken()
        timer = threading.Timer(SHUTDOWN_S, token.cancel, ("the time to shut down is over",))
        timer.daemon = True
        timer.start()
        self.hooks.fire("session_shutdown", token, reason=reason, target_session_file=target)
        timer.cancel()
        if token.cancelled:
            line = f"extensions took more than {SHUTDOWN_S:.0f} s to shut down: not waited for"
            self.emit(Notice("warning", line))

    def _stop(self, timeout_s: float | None = None) -> None:
        self.abort_run()
        self.shell.abort()
        self.wait(timeout_s)
        self.shell.wait(timeout_s)

    def _note_end(self) -> None:
        if self._wants_end and self.is_quiet:
            self.end()
