"""Messages, runs and compaction, as extensions ask for them.

A custom message is delivered so (`deliver_as`, `trigger_turn`):

    while a run is in progress     steer (usual), followUp: queued like a user's
                                   trigger_turn False: stored when the current turn has ended
    otherwise                      trigger_turn True: begins a run; else it is stored at once
    nextTurn                       stored after the user's next message

A user message begins a run, or says by `deliver_as` how it is queued; handlers of `input` see it.
"""

from __future__ import annotations

from pi.agent.prompting import ignore
from pi.agent.reception import EXTENSION
from pi.errors import PiError
from pi.events import ExtensionFault
from pi.hosting.bound import CORE, Bound
from pi.messages import text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

FOLLOW_UP = "followUp"
NEXT_TURN = "nextTurn"
STEER = "steer"


class Talking(Bound):
    """See the module's head."""

    def send_message(
        self, message: dict[str, Any], *, deliver_as: str | None, trigger_turn: bool | None
    ) -> None:
        """Put a custom message into the conversation."""
        harness = self.harness
        whole = {"role": "custom", **message, "timestamp": harness.setup.now_ms()}
        if deliver_as == NEXT_TURN:
            harness.queues.next_turn.append(whole)
        elif self.agent.is_streaming:
            if trigger_turn is False:
                harness.after_turn(whole)
            elif not harness.offer(deliver_as or STEER, whole):
                self._begin(whole)  # the run has just come to its end
        elif trigger_turn:
            self._begin(whole)
        else:
            harness.after_turn(whole)

    def send_user_message(
        self, content: str | list[Any], *, deliver_as: str | None, expand: bool
    ) -> None:
        """Send a message as if the user had typed it. Raises PiError where it cannot be taken."""
        blocks = content if isinstance(content, list) else []
        text = content if isinstance(content, str) else text_of({"content": blocks})
        self.agent.prompt(
            text,
            accepted=ignore,
            refused=lambda error: self._fault("send_user_message", error),
            images=[block for block in blocks if block.get("type") == "image"],
            behaviour=deliver_as,
            source=EXTENSION,
            expands=expand,
        )

    def is_idle(self) -> bool:
        """Whether no run, retry or compaction is in progress."""
        return not (self.agent.is_streaming or self.agent.is_compacting)

    def abort(self) -> None:
        """Abort what runs."""
        self.agent.abort_run()

    def has_pending_messages(self) -> bool:
        """Whether messages wait in a queue."""
        return bool(self.harness.queues.waiting())

    def shutdown(self) -> None:
        """Ask pi to end when it is idle; print and JSON mode end by themselves."""
        self.agent.ask_to_end()

    def get_context_usage(self) -> dict[str, Any] | None:
        """`{"tokens", "contextWindow", "percent"}`."""
        return self.harness.context_usage()

    def compact(
        self,
        *,
        custom_instructions: str | None,
        on_complete: Callable[[dict[str, Any]], object] | None,
        on_error: Callable[[Exception], object] | None,
    ) -> None:
        """Begin to compact, and return; what comes of it is told to the two functions."""
        try:
            run = self.agent.compaction(custom_instructions)
        except PiError as error:
            self._call_back(on_error, error)
            return

        def work(_: object) -> None:
            try:
                result = run()
            except PiError as error:
                self._call_back(on_error, error)
            else:
                self._call_back(on_complete, result)

        self.agent.errands.start(work)

    def get_system_prompt(self) -> str:
        """The prompt in force."""
        return self.harness.system_prompt()

    def get_system_prompt_options(self) -> dict[str, Any]:
        """What the prompt is made of."""
        return self.harness.setup.prompt_options(self.harness.tools)

    def _begin(self, message: dict[str, Any]) -> None:
        """Begin a run with a message, or, if one has begun meanwhile, let it have the message."""
        agent = self.agent
        while not agent.begin(message, lambda error: self._fault("send_message", error)):
            if self.harness.offer(STEER, message):
                return

    def _fault(self, event: str, error: PiError) -> None:
        self.report(ExtensionFault(CORE, event, str(error)))

    def _call_back(self, function: Callable[[Any], object] | None, value: Any) -> None:
        if function is None:
            return
        try:
            function(value)
        except Exception as error:  # noqa: BLE001 - an extension: one of the three named places
            told = f"{type(error).__name__}: {error}"
            self.report(ExtensionFault(CORE, "compact", told))
