"""The commands beside the prompt: `pi auth check`, `pi update --models`, ...

Each row of `SUBCOMMANDS` names a module with

    run(words, environ, cwd) -> exit status

`words` are the arguments after the command's name. It may raise PiError and OSError, which the
command line turns into one line. A message that begins with a command's name is a prompt only after
`--` or `-p`.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SUBCOMMANDS = {
    "auth": "pi.subcommands.auth",
    "config": "pi.subcommands.config",
    "install": "pi.subcommands.install",
    "list": "pi.subcommands.list",
    "remove": "pi.subcommands.remove",
    "doctor": "pi.subcommands.doctor",
    "sessions": "pi.subcommands.sessions",
    "trust": "pi.subcommands.trust",
    "uninstall": "pi.subcommands.remove",
    "update": "pi.subcommands.update",
    "vendor": "pi.subcommands.vendor",
}
"""First word of the command line -> module."""


def run(words: list[str], environ: Mapping[str, str], cwd: str) -> int:
    """Run the command that `words` begin with; returns the exit status."""
    return import_module(SUBCOMMANDS[words[0]]).run(words[1:], environ, cwd)
