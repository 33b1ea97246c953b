"""The command line: decide what is asked for, run it, turn every failure into one line.

Source: `contracts.md` section 1; exit codes: `pi.modes.print.EXIT_CODES`.
"""

from __future__ import annotations

import os
import sys

from pi import __version__, flags, subcommands
from pi.errors import EXIT_FAILED, EXIT_NO_READER, EXIT_OK, Cancelled, PiError, UsageError
from pi.subcommands import SUBCOMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.configuration import Configuration
    from pi.flags import Arguments

MODES = ("text", "json", "rpc")

USAGE = """\
pi: a coding agent for the terminal

Usage:
  pi [options] [--] [@files...] [messages...]
  pi auth COMMAND     Credentials of providers: check, store, show, forget them
  pi config COMMAND   Settings: list, get, set, unset them
  pi trust [yes|no]   Whether this project's settings and resources may take effect
  pi sessions COMMAND Sessions on disk: list, search, check and repair them
  pi update --models  Fetch a newer list of models
"""

ENVIRONMENT = (
    ("PI_CODING_AGENT_DIR", "Configuration folder (default: ~/.pi/agent)"),
    ("PI_CODING_AGENT_SESSION_DIR", "Where sessions are kept"),
    ("PI_OFFLINE", "1: no network but the model itself"),
    ("PI_CACHE_RETENTION", "long: keep provider prompt caches longer, where supported"),
    ("PI_CA_BUNDLE", "More certificates of authorities to trust, a PEM file"),
    ("HTTPS_PROXY, NO_PROXY, ...", "The usual proxy variables"),
    ("ANTHROPIC_API_KEY, ...", "Keys of providers; docs/providers.md lists them"),
)


def run(words: list[str]) -> int:
    """Run the program with the arguments `words`; returns the exit status."""
    try:
        return _chosen(words)
    except PiError as error:
        return _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return _silenced()
    except MemoryError:
        return _fail("out of memory", EXIT_FAILED)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}", EXIT_FAILED)


def _chosen(words: list[str]) -> int:
    if words and words[0] in SUBCOMMANDS:
        return subcommands.run(words, os.environ, _cwd())
    return _dispatch(flags.parse(words))


def _dispatch(arguments: Arguments) -> int:
    if arguments.get("version"):
        _print(f"{__version__}\n")
        return EXIT_OK
    if arguments.get("help"):
        _print(f"{USAGE}{flags.help_text(ENVIRONMENT)}\n\nExit status:\n{_exit_codes()}")
        return EXIT_OK
    if arguments.unknown:
        names = ", ".join(f"--{name}" for name in arguments.unknown)
        plural = "s" if len(arguments.unknown) > 1 else ""
        raise UsageError(f"Unknown option{plural}: {names}")
    if arguments.get("export"):
        from pi.subcommands.export import export  # noqa: PLC0415 - a command of its own

        return export([arguments.get("export"), *arguments.messages], os.environ, _cwd())
    mode = _mode(arguments)
    if arguments.get("offline"):
        os.environ["PI_OFFLINE"] = "1"
    os.environ.update(AI_AGENT="pi", PI_CODING_AGENT="true")

    from pi import configuration  # noqa: PLC0415 - start-up: after --help

    approval = configuration.approval_of(arguments)
    configured = configuration.open_configuration(os.environ, _cwd(), approval)
    _warn(configured.warnings)
    if arguments.get("list-models"):
        return _list_models(configured, arguments)
    if mode == "rpc":
        return _rpc(configured, arguments)
    return _one_shot(configured, arguments, mode == "json")


def _mode(arguments: Arguments) -> str:
    """Which interface to run. Raises UsageError for one that does not exist (yet)."""
    mode = arguments.get("mode", "text")
    if mode not in MODES:
        raise UsageError(f'Invalid mode "{mode}"; there are: {", ".join(MODES)}')
    if mode == "rpc":
        if arguments.files:
            raise UsageError("@file arguments are not supported in RPC mode")
        return mode
    is_one_shot = mode == "json" or arguments.get("print")
    if not is_one_shot and _is_terminal(0) and _is_terminal(1) and not _lists(arguments):
        raise UsageError('the screen is not part of this version yet: use pi -p "..."')
    return mode


def _lists(arguments: Arguments) -> bool:
    return arguments.get("list-models") is not None


def _list_models(configured: Configuration, arguments: Arguments) -> int:
    from pi.models.list import no_match, table  # noqa: PLC0415 - a command of its own
    from pi.models.select import no_model_message, usable_book  # noqa: PLC0415

    search = arguments.get("list-models")
    search = search if isinstance(search, str) else ""
    book = usable_book(configured.models)
    lines = table(book, search)
    _warn(configured.warnings)
    if not lines:
        has_models = bool(search) and bool(table(book))
        lines = [no_match(search) if has_models else no_model_message(configured.models)]
    _print("".join(f"{line}\n" for line in lines))
    return EXIT_OK


def _one_shot(configured: Configuration, arguments: Arguments, as_json: bool) -> int:
    from pi import proc  # noqa: PLC0415 - start-up: after --list-models
    from pi.assembly import open_conversation  # noqa: PLC0415
    from pi.cancel import CancelToken  # noqa: PLC0415
    from pi.modes import intake  # noqa: PLC0415
    from pi.modes.print import Output, run_prompts  # noqa: PLC0415
    from pi.modes.signals import Interrupts  # noqa: PLC0415

    token = CancelToken()
    with Interrupts(token) as interrupts:
        try:
            conversation = open_conversation(configured, arguments, intake.confirm)
            if conversation is None:
                return EXIT_OK
            with conversation:
                _warn([*configured.warnings, *conversation.warnings])
                prompts = intake.prompts(
                    intake.read_stdin(0, token),
                    arguments.files,
                    arguments.messages,
                    configured.cwd,
                    conversation.pictures,
                    conversation.expand,
                )
                output = Output(sys.stdout.buffer, token)
                status = run_prompts(
                    conversation.harness, prompts, output, sys.stderr.buffer, token, as_json
                )
                _warn([*configured.warnings, *conversation.harness.session.warnings])
                if output.lost:
                    _silenced()
        except Cancelled:
            status = EXIT_FAILED
        if interrupts.received:
            proc.kill_all(background=True)
    return interrupts.exit_code or status


def _rpc(configured: Configuration, arguments: Arguments) -> int:
    from signal import SIGTERM  # noqa: PLC0415 - start-up: a mode of its own

    from pi import proc  # noqa: PLC0415
    from pi.agent import Agent  # noqa: PLC0415
    from pi.assembly import open_conversation  # noqa: PLC0415
    from pi.cancel import CancelToken  # noqa: PLC0415
    from pi.modes import intake, rpc  # noqa: PLC0415
    from pi.modes.signals import Interrupts  # noqa: PLC0415

    token = CancelToken()
    with Interrupts(token) as interrupts:
        conversation = open_conversation(configured, arguments, intake.confirm, needs_model=False)
        if conversation is None:
            return EXIT_OK
        _warn([*configured.warnings, *conversation.warnings])
        status = rpc.serve(
            Agent(configured, arguments, conversation),
            0,
            _reserved_stdout(),
            sys.stderr.buffer,
            token,
            is_hasty=lambda: interrupts.received == SIGTERM,
        )
        if interrupts.received:
            proc.kill_all(background=True)
    return interrupts.exit_code or status


def _reserved_stdout() -> int:
    """A descriptor for standard output alone; what others write there goes to standard error."""
    own = os.dup(1)
    os.dup2(2, 1)
    return own


def _cwd() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        raise UsageError("the working directory no longer exists") from None


def _is_terminal(descriptor: int) -> bool:
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def _exit_codes() -> str:
    from pi.modes.print import EXIT_CODES  # noqa: PLC0415 - only for --help

    return "".join(f"  {code:<16} {meaning}\n" for code, meaning in EXIT_CODES)


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _warn(lines: list[str]) -> None:
    """Tell each warning once in the life of the process."""
    for line in lines:
        if line not in _told:
            _told.add(line)
            _complain(f"Warning: {line}")


_told: set[str] = set()


def _fail(message: str, status: int) -> int:
    _complain(f"Error: {message}")
    return status


def _complain(line: str) -> None:
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except (OSError, ValueError):  # nobody reads it; the exit status still tells
        return


def _silenced() -> int:
    """The reader of standard output left: make the interpreter's last flush harmless."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return EXIT_NO_READER
