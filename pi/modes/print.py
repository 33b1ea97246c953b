"""Print and JSON mode: run the prompts, write the answer or the events, exit.

Print mode writes every text block of the last answer, each followed by a newline, and nothing else.
JSON mode writes the session header and then each event as a line. Both tell how the last prompt
ended by their exit status (`EXIT_CODES`). Source: `contracts.md` sections 1 and 2; the exit status
of JSON mode is a deliberate difference.
"""

from __future__ import annotations

from pi.errors import EXIT_FAILED, EXIT_NO_READER, EXIT_OK, PiError
from pi.events import CompactionEnd, ExtensionFault, Notice
from pi.messages import blocks_of
from pi.text.jsontext import dumps
from pi.text.unicode import clean
from pi.wire import LineEncoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

    from pi.agent.agent import Agent
    from pi.agent.reception import Said
    from pi.cancel import CancelToken
    from pi.course.state import Settled

EXIT_CODES = (
    ("0", "done"),
    ("1", "the model or a tool run failed, or the answer was cut at its length limit"),
    ("2", "wrong usage or configuration"),
    ("3", "no usable model, or its credentials were refused"),
    ("129, 130, 143", "ended by SIGHUP, SIGINT or SIGTERM"),
    ("141", "the reader of standard output went away"),
)
"""The exit codes of every one-shot run, for the documentation."""

LENGTH_NOTE = "the answer was cut at the output token limit"


class Output:
    """Standard output that may lose its reader: then it goes silent and fires the token."""

    def __init__(self, stream: BinaryIO, token: CancelToken) -> None:
        self._stream = stream
        self._token = token
        self.lost = False

    def write(self, text: str) -> None:
        """Write and flush; a reader that left stops the run instead of raising."""
        if self.lost or not text:
            return
        try:
            self._stream.write(text.encode())
            self._stream.flush()
        except (BrokenPipeError, ConnectionResetError):
            self.lost = True
            self._token.cancel("nobody reads the output any more")
        except OSError as error:
            raise PiError(f"cannot write to standard output: {error.strerror}") from error


def run_prompts(
    agent: Agent,
    prompts: list[Said],
    output: Output,
    errors: BinaryIO,
    token: CancelToken,
    as_json: bool,
) -> int:
    """Run each prompt to its end, with what extensions begin meanwhile; returns the exit status,
    which the last run decides.

    A prompt that fails does not stop the next; a fired token does. The agent is started and closed.
    """
    undo_events = agent.subscribe(_teller(output, errors, as_json))
    undo_token = token.on_cancel(agent.abort)
    try:
        if as_json:
            output.write(dumps(agent.session.header) + "\n")
        agent.start()
        for said in prompts:
            if token.cancelled:
                break
            agent.run(said)
            agent.wait_quiet()
        settled = agent.latest
        if isinstance(settled, PiError):
            raise settled
        if settled is not None and not as_json:
            _print_answer(settled, output, errors)
    finally:
        undo_token()
        agent.close()
        undo_events()
    return EXIT_NO_READER if output.lost else exit_code(settled)


def _teller(output: Output, errors: BinaryIO, as_json: bool) -> Callable[[Any], None]:
    encoder = LineEncoder()

    def tell(event: Any) -> None:
        if type(event) in (Notice, ExtensionFault):
            say(errors, line_of(event))
        elif as_json:
            output.write(encoder.line(event))
        elif type(event) is CompactionEnd and event.error:
            say(errors, f"Warning: {event.error}")

    return tell


def line_of(event: Notice | ExtensionFault) -> str:
    """What is told on standard error of something beside the conversation."""
    if type(event) is Notice:
        return f"{event.level.capitalize()}: {event.text}"
    return f"Extension error ({event.path}): {event.event}: {event.error}"


def exit_code(settled: Settled | None) -> int:
    """The exit status for how the last prompt ended; None: there was none."""
    if settled is None:
        return EXIT_OK
    if settled.error is not None:
        return settled.error.exit_code
    reason = settled.message.get("stopReason") if settled.message else None
    return EXIT_FAILED if settled.aborted or reason in ("error", "aborted", "length") else EXIT_OK


def say(stream: BinaryIO, line: str) -> None:
    """One line to standard error; a closed one is no reason to fail."""
    try:
        stream.write(clean(line).encode() + b"\n")
        stream.flush()
    except (OSError, ValueError):
        return


def _print_answer(settled: Settled, output: Output, errors: BinaryIO) -> None:
    message = settled.message
    if message is None:
        return
    reason = message.get("stopReason")
    if reason in ("error", "aborted"):
        say(errors, message.get("errorMessage") or f"Request {reason}")
        return
    texts = [block["text"] for block in blocks_of(message) if block.get("type") == "text"]
    output.write("".join(f"{words}\n" for words in texts))
    if reason == "length":
        say(errors, f"Warning: {LENGTH_NOTE}")
