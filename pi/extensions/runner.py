"""The extensions of a session at work: events go through their handlers, one after another.

    runner = Runner(loaded.extensions, host)
    if runner.wants("tool_call"):
        event = runner.fire("tool_call", token, tool_call_id="c1", tool_name="bash", input={...})
        if event.block: ...

Handlers run in load order, then in the order in which they were registered, on a worker thread
(`pi.extensions.pool`); a dispatch that is made by a handler runs in place. What they answer is
folded into the event (`pi.extensions.fold`). A handler that raises costs one report and nothing
else, unless its row fails closed. `fire` never raises.

When the token has fired, handlers get a second to end; then they are given up and what they answer
is dropped. A row that fails closed then has the answer of a failure.
"""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue

from pi.errors import Cancelled
from pi.events import ExtensionFault
from pi.extensions.blame import blame
from pi.extensions.context import CommandContext
from pi.extensions.event import Event
from pi.extensions.fold import ends, fold, misfits
from pi.extensions.front import Span
from pi.extensions.hook import HOOKS
from pi.extensions.host import REPLACED
from pi.extensions.nohooks import NO_HOOKS, NoHooks
from pi.extensions.pool import GRACE_S, SLOW_S, Job, Pool
from pi.extensions.register import Register
from pi.extensions.takes import fitting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pi.cancel import CancelToken
    from pi.extensions.extension import Command, Extension, Handler, Shortcut
    from pi.extensions.hook import Hook
    from pi.extensions.host import Host

    Check = Callable[[Event], str]

__all__ = ["GRACE_S", "NO_HOOKS", "SLOW_S", "NoHooks", "Runner"]

_MISSING = object()


class Runner(Register):
    """Extensions that were loaded, and the program they talk to; see the module's head.

    `slow_s` and `grace_s` are in seconds; `clock` is `time.monotonic`.
    """

    def __init__(
        self,
        extensions: Sequence[Extension],
        host: Host,
        *,
        slow_s: float = SLOW_S,
        grace_s: float = GRACE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(extensions)
        self.host = host
        self._pool = Pool(self._tell_slow, slow_s=slow_s, grace_s=grace_s, clock=clock)
        self._posts: SimpleQueue[tuple[str, dict[str, Any]]] = SimpleQueue()
        self._posting = threading.Lock()
        span = Span(self.post)
        for extension in self.extensions:
            extension.line.span = span

    # --- events ----------------------------------------------------------------------------------

    def fire(
        self,
        hook: str,
        token: CancelToken | None = None,
        /,
        *,
        check: Check | None = None,
        **fields: Any,
    ) -> Event:
        """The event after its handlers; its fields are what they made of it.

        Never raises because of an extension; what the host's `report` raises comes through.

        `fields` are the row's, in snake case; a value may be `Lazy`. `check(event)`, if given, is
        asked after each handler that answered, or may have changed something in place: a text is
        reported and undoes what the handler did. The result's `answered` names the fields that
        answers replaced.
        """
        row = HOOKS[hook]
        event = Event(row, fields)
        handlers = self.handlers(hook)
        if not handlers:
            return event.seal()
        if token is not None and token.cancelled and row.on_error:
            return self._refuse(event, row, "the run was aborted").seal()
        if self._pool.run(lambda job: self._dispatch(job, event, row, handlers, check), token):
            return event.seal()
        event = event.closed()
        return self._refuse(event, row, "the run was aborted")

    def post(self, hook: str, /, **fields: Any) -> None:
        """Let handlers know of a notification without waiting for them; the order is kept."""
        if self.wants(hook):
            self._posts.put((hook, fields))
            self._pool.start(self._deliver)

    def call(
        self,
        extension: Extension,
        what: str,
        function: Callable[..., Any],
        *args: Any,
        token: CancelToken | None = None,
        default: Any = None,
    ) -> Any:
        """What a function of an extension returns; `default` if it fails or is given up.

        `what` is what it is called in a report: "command", "shortcut". It may take its time: no
        notice tells that it is slow. Raises as little as `fire`.
        """
        result = [default]

        def work(job: Job) -> None:
            value = self._attempt(extension, what, function, args)
            if value is not _MISSING and not job.is_given_up:
                result[0] = value

        self._pool.run(work, token)
        return result[0]

    def run_command(self, command: Command, args: str, token: CancelToken | None = None) -> None:
        """Run a command with the text after its name, to its end."""
        context = CommandContext(command.extension)
        self.call(command.extension, "command", fitting, command.run, args, context, token=token)

    def run_shortcut(self, shortcut: Shortcut, token: CancelToken | None = None) -> None:
        """Do what a key is for."""
        extension = shortcut.extension
        self.call(extension, "shortcut", fitting, shortcut.run, extension.context, token=token)

    def completions(self, command: Command, prefix: str) -> list[dict[str, str]] | None:
        """What can follow a command: dicts with value, label and perhaps description."""
        if command.complete is None:
            return None
        given = self.call(command.extension, "completion", command.complete, prefix)
        if not isinstance(given, (list, tuple)):
            return None
        return [each for each in map(_completion, given) if each is not None]

    def report(self, extension: Extension, event: str, error: str) -> None:
        """Tell that an extension failed."""
        self.host.report(ExtensionFault(extension.path, event, error))

    def retire(self, why: str = REPLACED) -> None:
        """The session was replaced, or the extensions are loaded again: cut the lines."""
        for extension in self.extensions:
            extension.line.cut(why)
            for undo in extension.listening:
                undo()
        self._pool.close()

    # --- a dispatch ------------------------------------------------------------------------------

    def _dispatch(
        self, job: Job, event: Event, row: Hook, handlers: Sequence[Handler], check: Check | None
    ) -> None:
        job.event = event
        for handler in handlers:
            if job.is_given_up:
                return
            job.begin((handler.extension, row.name))
            self._one(job, event, row, handler, check)
            if ends(event, row):
                return

    def _one(
        self, job: Job, event: Event, row: Hook, handler: Handler, check: Check | None
    ) -> None:
        extension = handler.extension
        saved = event.begin()
        args = (event, extension.context)[: handler.count]
        answer = self._attempt(extension, row.name, handler.run, args)
        if job.is_given_up:
            return
        if answer is _MISSING:
            event.restore(saved)
            self._refuse(event, row, f"{extension.name} failed")
            return
        complaints, is_clear = _taken(event, row, answer, extension.path)
        problem = _judged(check, event, row, answer) if is_clear else ""
        if problem:
            complaints, is_clear = [*complaints, problem], False
        if not is_clear:
            event.restore(saved)
        for complaint in complaints:
            self._complain(handler, row, complaint)
        if not is_clear:
            self._refuse(event, row, f"{extension.name} {complaints[0]}")

    def _attempt(
        self,
        extension: Extension,
        what: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
    ) -> Any:
        """What a function of an extension returns; `_MISSING` if it failed, which is reported."""
        try:
            return function(*args)
        except Cancelled:
            return _MISSING
        except BaseException as error:  # noqa: BLE001 - an extension: one of the three named places
            self.report(extension, what, blame(error, extension))
            return _MISSING

    def _complain(self, handler: Handler, row: Hook, complaint: str) -> None:
        if complaint not in handler.told:
            handler.told.add(complaint)
            self.report(handler.extension, row.name, f"a handler {complaint}")

    def _refuse(self, event: Event, row: Hook, why: str) -> Event:
        """The answer of a failure, in a row that fails closed."""
        if row.on_error is not None:
            for name, value in row.on_error(why).items():
                event.replace(name, value)
        return event

    def _tell_slow(self, what: tuple[Extension, str]) -> None:
        extension, hook = what
        self.host.notice(
            "warning",
            f"{extension.name} is slow to handle {hook} ({extension.path}); aborting ends the wait",
        )

    def _deliver(self, job: Job) -> None:
        """Fire what was posted, in order; one worker at a time does it."""
        while not self._posts.empty():
            if not self._posting.acquire(blocking=False):
                return  # whoever does it looks again before he stops
            try:
                self._drain(job)
            finally:
                self._posting.release()

    def _drain(self, job: Job) -> None:
        while True:
            try:
                hook, fields = self._posts.get_nowait()
            except Empty:
                return
            row = HOOKS[hook]
            self._dispatch(job, Event(row, fields), row, self.handlers(hook), None)


def _taken(event: Event, row: Hook, answer: Any, path: str) -> tuple[list[str], bool]:
    """Let what a handler did and answered count; see `fold` for what is returned."""
    wrong = misfits(event, row)
    if wrong:
        return wrong, False
    if answer is None or not (row.answers or row.whole):
        return [], True
    return fold(event, row, answer, path)


def _judged(check: Check | None, event: Event, row: Hook, answer: Any) -> str:
    """What the check says about what a handler did; "" if it changed nothing, or all is well."""
    if check is None or (answer is None and not event.touched().intersection(row.mutable)):
        return ""
    try:
        return check(event)
    except Exception as error:  # noqa: BLE001 - an answer nobody foresaw: an extension's fault
        return f"answered something that cannot be judged ({type(error).__name__}: {error})"


def _completion(given: Any) -> dict[str, str] | None:
    if isinstance(given, str):
        return {"value": given, "label": given}
    if not isinstance(given, dict) or not isinstance(given.get("value"), str):
        return None
    texts = {key: given[key] for key in ("label", "description") if isinstance(given.get(key), str)}
    return {"value": given["value"], "label": given["value"], **texts}
