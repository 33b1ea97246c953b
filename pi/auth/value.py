"""Secrets that are written as a reference: `$NAME`, `${NAME}`, `!command`, or as they are.

    values = Values(os.environ)
    values.resolve("sk-123")                  "sk-123"
    values.resolve("Bearer ${TOKEN}")         "Bearer abc"
    values.resolve("!pass show openai")       what the command prints, without blanks around it
    values.resolve("$$5 $!now")               "$5 !now"
    values.resolve("$NOT_SET")                None

A variable that is empty counts as not set. A `!` starts a command only as the first character. What
a command prints is never part of a message. Source: the reference's models and providers pages.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMMAND_TIMEOUT_S = 10.0
_OUTPUT_LIMIT = 64 * 1024

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_PART = (
    rf"\$(?P<sign>[$!])|\$\{{(?P<braced>{_NAME})\}}|(?P<other>\$\{{[^}}]*\}})|\$(?P<bare>{_NAME})"
)
"""A part of a value that does not stand for itself; compiled when the first `$` is met."""


def is_command(text: str) -> bool:
    """Whether a value is the output of a command."""
    return text.startswith("!")


def variables(text: str) -> list[str]:
    """The variables a value is made of, in order; none for a command."""
    if is_command(text) or "$" not in text:
        return []
    names = (found["braced"] or found["bare"] for found in re.finditer(_PART, text))
    return [name for name in names if name]


class Values:
    """Resolves values against an environment.

    `run(command)` gives a command's output, None if it failed. Commands of values asked for with
    `keep` run once in the life of this object, whatever their outcome; others run each time.
    `warnings` has a line for each command that failed.
    """

    def __init__(
        self, environ: Mapping[str, str], run: Callable[[str], str | None] | None = None
    ) -> None:
        self.warnings: list[str] = []
        self._environ = environ
        self._run = run or self._run_shell
        self._kept: dict[str, str | None] = {}

    def lookup(self, name: str, overlay: Mapping[str, str] | None = None) -> str | None:
        """A variable, the overlay's first; None when it is not set or empty."""
        return (overlay or {}).get(name) or self._environ.get(name) or None

    def is_set(self, text: str, overlay: Mapping[str, str] | None = None) -> bool:
        """Whether a value can be had, as far as can be told without running its command."""
        return all(self.lookup(name, overlay) for name in variables(text)) and text != ""

    def missing(self, text: str, overlay: Mapping[str, str] | None = None) -> list[str]:
        """The variables a value lacks."""
        return [name for name in variables(text) if self.lookup(name, overlay) is None]

    def resolve(
        self,
        text: str,
        overlay: Mapping[str, str] | None = None,
        *,
        what: str = "a value",
        keep: bool = False,
    ) -> str | None:
        """The value a text stands for; None when a variable is missing or the command failed.

        `overlay` are variables that come before the environment's; `what` names the value in a
        warning.
        """
        if is_command(text):
            return self._output(text[1:], what, keep)
        if self.missing(text, overlay):
            return None
        if "$" not in text:
            return text
        return re.sub(_PART, lambda part: self._part(part, overlay), text)

    def _part(self, part: re.Match[str], overlay: Mapping[str, str] | None) -> str:
        literal = part["sign"] or part["other"]
        return literal or self.lookup(part["braced"] or part["bare"], overlay) or ""

    def _output(self, command: str, what: str, keep: bool) -> str | None:
        if keep and command in self._kept:
            return self._kept[command]
        output = (self._run(command) or "").strip() or None
        if output is None:
            self.warnings.append(f"the command that gives {what} failed or printed nothing")
        if keep:
            self._kept[command] = output
        return output

    def _run_shell(self, command: str) -> str | None:
        from pi.proc import StartError, capture  # noqa: PLC0415 - only for a value that is a command

        try:
            result = capture(
                command, timeout_s=COMMAND_TIMEOUT_S, env=self._environ, limit=_OUTPUT_LIMIT
            )
        except StartError:
            return None
        is_good = result.code == 0 and not result.timed_out and not result.truncated
        return result.stdout.decode("utf-8", "replace") if is_good else None
