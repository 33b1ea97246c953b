"""Starting a mode: what it needs is opened in the right order, with an eye on signals.

    one_shot(words, arguments, interrupts, as_json=False)   print and JSON mode; the exit status
    rpc_mode(words, arguments, interrupts)
    list_models(words, arguments)
    extension_flags(arguments)                      for the help page

The order: configuration, extensions of the user, trust, extensions of the project, the flags they
registered, session, model. Only then is anything told or asked.
"""

from __future__ import annotations

import os
import sys

from pi import flags, proc
from pi.agent.agent import Agent
from pi.assembly import configuration
from pi.assembly.assembly import join
from pi.assembly.enlist import Enlisting, Face
from pi.assembly.selection import open_session
from pi.errors import EXIT_FAILED, EXIT_NO_READER, EXIT_OK, Cancelled, PiError, UsageError
from pi.hosting import host_of
from pi.modes import intake
from pi.modes.print import Output, line_of, run_prompts, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pi.assembly.configuration import Configuration
    from pi.assembly.selection import Opened
    from pi.cancel import CancelToken
    from pi.flags import Arguments, Flag
    from pi.modes.signals import Interrupts

_GROUP = "Flags of extensions"


def one_shot(
    words: list[str], arguments: Arguments, interrupts: Interrupts, *, as_json: bool
) -> int:
    """Run the prompts of the command line, print the answer or the events, exit."""
    token = interrupts.token
    try:
        face = Face("json" if as_json else "print", tell=_tell, stream=sys.stderr)
        agent = _open(words, arguments, face, token, intake.confirm, needs_model=True)
        if agent is None:
            return EXIT_OK
        prompts = _prompts(agent, token)
        output = Output(sys.stdout.buffer, token)
        status = run_prompts(agent, prompts, output, sys.stderr.buffer, token, as_json)
        warn([*agent.configured.warnings, *agent.session.warnings])
        if output.lost:
            silence()
    except Cancelled:
        status = EXIT_FAILED
    return _ended(interrupts, status)


def rpc_mode(words: list[str], arguments: Arguments, interrupts: Interrupts) -> int:
    """Take commands from standard input until that ends."""
    from signal import SIGTERM  # noqa: PLC0415 - start-up: a mode of its own

    from pi.modes import rpc  # noqa: PLC0415

    token = interrupts.token
    client = rpc.Connection(0, _reserved_stdout(), sys.stderr.buffer, token)

    def confirm(question: str) -> bool:
        if client.is_listening:  # standard input is taken
            return client.dialogs.confirm(question)
        return intake.confirm(question)

    face = Face("rpc", client.dialogs, client.tell, sys.stderr)
    try:
        agent = _open(words, arguments, face, token, confirm, needs_model=False)
    except Cancelled:
        client.close()
        return _ended(interrupts, EXIT_FAILED)
    except BaseException:
        client.close()
        raise
    if agent is None:
        return EXIT_OK
    status = client.serve(agent, is_hasty=lambda: interrupts.received == SIGTERM)
    return _ended(interrupts, status)


def _ended(interrupts: Interrupts, status: int) -> int:
    """The exit status; after a signal nothing is left running."""
    if interrupts.received:
        proc.kill_all(background=True)
    return interrupts.exit_code or status


def list_models(words: list[str], arguments: Arguments) -> int:
    """Print the models that can be used, those of extensions too."""
    from pi.models.list import no_match, table  # noqa: PLC0415 - a command of its own
    from pi.models.select import no_model_message, usable_book  # noqa: PLC0415

    configured = _configured(arguments, Face(tell=_tell, stream=sys.stderr))
    _complete(words, arguments, configured)
    warn(configured.crew().warnings())
    search = arguments.get("list-models")
    search = search if isinstance(search, str) else ""
    book = usable_book(configured.models)
    lines = table(book, search)
    warn(configured.warnings)
    if not lines:
        has_models = bool(search) and bool(table(book))
        lines = [no_match(search) if has_models else no_model_message(configured.models)]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
    return EXIT_OK


def extension_flags(arguments: Arguments) -> list[Flag]:
    """The flags that extensions register, as rows of the help page."""
    environ = {**os.environ, "PI_OFFLINE": "1"}  # a help page installs nothing
    try:
        configured = _configured(arguments, Face(tell=_tell), environ=environ)
    except PiError as error:
        warn([str(error)])
        return []
    rows = _rows(configured)
    warn(configured.crew().warnings())
    return rows


# --- opening -------------------------------------------------------------------------------------


def _configured(
    arguments: Arguments,
    face: Face,
    token: CancelToken | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Configuration:
    enlisting = Enlisting(
        face,
        host_of,
        arguments.get("extension", ()),
        is_closed=arguments.get("no-extensions", False),
        token=token,
    )
    approval = configuration.approval_of(arguments)
    configured = configuration.open_configuration(environ, cwd(), approval, enlisting)
    warn(configured.warnings)
    return configured


def _open(
    words: list[str],
    arguments: Arguments,
    face: Face,
    token: CancelToken,
    confirm: Callable[[str], bool],
    *,
    needs_model: bool,
) -> Agent | None:
    """An agent that is ready to be started; None when `confirm` was asked and said no."""
    configured = _configured(arguments, face, token)
    if not arguments.get("session"):  # which may be of another folder, with other extensions
        arguments = _complete(words, arguments, configured)
    opened = open_session(configured, arguments, confirm)
    if opened is None:
        return None
    configured, arguments = _in_session(words, arguments, configured, opened)
    conversation = join(configured, arguments, opened, needs_model=needs_model)
    warn([*configured.warnings, *conversation.warnings])
    return Agent(configured, arguments, conversation)


def _in_session(
    words: list[str], arguments: Arguments, configured: Configuration, opened: Opened
) -> tuple[Configuration, Arguments]:
    try:
        configured = configured.in_project(opened.cwd)
        return configured, _complete(words, arguments, configured)
    except BaseException:
        opened.session.close()
        raise


def _complete(words: list[str], arguments: Arguments, configured: Configuration) -> Arguments:
    """The command line, read with the flags that extensions registered. Raises UsageError."""
    rows = _rows(configured)
    if rows:
        arguments = flags.parse(words, rows)
        configured.enlisting.flags = arguments.extra
    if arguments.unknown:
        warn(configured.crew().warnings())  # it may be a flag of what could not be loaded
        names = ", ".join(f"--{name}" for name in arguments.unknown)
        plural = "s" if len(arguments.unknown) > 1 else ""
        raise UsageError(f"Unknown option{plural}: {names}")
    return arguments


def _rows(configured: Configuration) -> list[Flag]:
    found = configured.crew().hooks.flags().values()
    return [
        flags.Flag(
            each.name,
            "",
            "switch" if each.kind == "boolean" else "value",
            "" if each.kind == "boolean" else "VALUE",
            _GROUP,
            each.description,
        )
        for each in found
    ]


def _prompts(agent: Agent, token: CancelToken) -> list[Any]:
    arguments, conversation = agent.arguments, agent.conversation
    try:
        stdin = intake.read_stdin(0, token)
        folder, pictures = agent.configured.cwd, conversation.pictures
        return intake.prompts(stdin, arguments.files, arguments.messages, folder, pictures)
    except BaseException:
        conversation.close()
        raise


def _reserved_stdout() -> int:
    """A descriptor for standard output alone; what others write there goes to standard error."""
    own = os.dup(1)
    os.dup2(2, 1)
    return own


# --- telling -------------------------------------------------------------------------------------


def cwd() -> str:
    """The working directory. Raises UsageError if it was deleted."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        raise UsageError("the working directory no longer exists") from None


def warn(lines: list[str]) -> None:
    """Tell each warning once in the life of the process."""
    for line in lines:
        if line not in _told:
            _told.add(line)
            say(sys.stderr.buffer, f"Warning: {line}")


_told: set[str] = set()


def silence() -> int:
    """The reader of standard output left: make the interpreter's last flush harmless."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return EXIT_NO_READER


def _tell(event: Any) -> None:
    """What extensions tell before there is a session."""
    say(sys.stderr.buffer, line_of(event))
