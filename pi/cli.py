"""The command line: decide what is asked for, run it, turn every failure into one line.

Source: `contracts.md` section 1; exit codes: `pi.modes.print.EXIT_CODES`.
"""

from __future__ import annotations

import os
import sys

from pi import __version__, flags, paths, subcommands
from pi.errors import EXIT_FAILED, EXIT_NO_READER, EXIT_OK, PiError, UsageError
from pi.subcommands import SUBCOMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.flags import Arguments

MODES = ("text", "json", "rpc")

USAGE = """\
pi: a coding agent for the terminal

Usage:
  pi [options] [--] [@files...] [messages...]
  pi auth COMMAND     Credentials of providers: check, store, show, forget them
  pi install SOURCE   Add a package of extensions, skills, templates and themes
  pi remove SOURCE    Delete a package
  pi list             The packages that are installed
  pi config COMMAND   Settings: list, get, set, unset them; resources: switch them on and off
  pi trust [yes|no]   Whether this project's settings and resources may take effect
  pi sessions COMMAND Sessions on disk: list, search, check and repair them
  pi doctor           What is installed, what counts here and why, what is wrong
  pi update [SOURCE]  Packages; --models: a newer list of models; pi itself: how to
  pi vendor           Copy this project's packages into it
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
    return _dispatch(words, flags.parse(words))


def _dispatch(words: list[str], arguments: Arguments) -> int:
    if arguments.get("version"):
        _print(f"{__version__}\n")
        return EXIT_OK
    if arguments.get("help"):
        rows = flags.help_text(ENVIRONMENT, _extension_flags(arguments))
        _print(f"{USAGE}{rows}\n\nExit status:\n{_exit_codes()}")
        return EXIT_OK
    if arguments.get("export"):
        from pi.subcommands.export import export  # noqa: PLC0415 - a command of its own

        return export(arguments, os.environ, _cwd())
    mode = _mode(arguments)
    if arguments.get("offline"):
        os.environ["PI_OFFLINE"] = "1"
    os.environ.update(AI_AGENT="pi", PI_CODING_AGENT="true")

    if arguments.get("list-models"):
        from pi.modes.start import list_models  # noqa: PLC0415 - a command of its own

        return list_models(words, arguments)
    return _run_mode(words, arguments, mode)


def _run_mode(words: list[str], arguments: Arguments, mode: str) -> int:
    from pi.cancel import CancelToken  # noqa: PLC0415 - start-up: after --help
    from pi.modes.signals import Interrupts  # noqa: PLC0415

    with Interrupts(CancelToken()) as interrupts:  # what comes next takes long to load
        from pi.modes import start  # noqa: PLC0415

        if mode == "rpc":
            return start.rpc_mode(words, arguments, interrupts)
        return start.one_shot(words, arguments, interrupts, as_json=mode == "json")


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


def _extension_flags(arguments: Arguments) -> list[flags.Flag]:
    """The flags of extensions, for the help page; without extensions nothing is loaded."""
    agent_dir = paths.agent_dir(os.environ, _cwd())
    may_be = [
        os.path.join(agent_dir, "extensions"),
        paths.settings_file(agent_dir),
        os.path.join(_cwd(), paths.PROJECT_FOLDER),
    ]
    if not arguments.get("extension") and not any(map(os.path.exists, may_be)):
        return []
    from pi.modes.start import extension_flags  # noqa: PLC0415 - only with extensions

    return extension_flags(arguments)


def _lists(arguments: Arguments) -> bool:
    return arguments.get("list-models") is not None


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
