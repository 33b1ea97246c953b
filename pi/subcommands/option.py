"""Reading the arguments of a subcommand.

    rows = {"--provider": "PROVIDER", "--json": ""}        option -> what its value is, "": none
    read(["check", "--provider", "x", "--json"], rows)
    # Given(words=["check"], options={"--provider": "x", "--json": True})

An option's value may follow as the next word or after `=`. `--` ends the options.
"""

from __future__ import annotations

from pi.errors import UsageError
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

HELP = ("--help", "-h")


class Given(Value):
    """What was given: plain words in order, and options as they are spelled in the table."""

    words: list[str]
    options: dict[str, str | bool]

    def text(self, name: str) -> str | None:
        """The value of an option, None when it was not given."""
        value = self.options.get(name)
        return value if isinstance(value, str) else None


def read(words: list[str], rows: Mapping[str, str]) -> Given:
    """Sort the words of a command line. Raises UsageError for an option that has no row."""
    given = Given([], {})
    rest = list(reversed(words))
    while rest:
        word = rest.pop()
        if word == "--":
            given.words.extend(reversed(rest))
            break
        if word.startswith("-") and len(word) > 1:
            _option(word, rest, rows, given)
        else:
            given.words.append(word)
    return given


def _option(word: str, rest: list[str], rows: Mapping[str, str], given: Given) -> None:
    name, equals, value = word.partition("=")
    if name not in rows:
        known = ", ".join(rows)
        raise UsageError(f"Unknown option: {name}" + (f"; there are: {known}" if known else ""))
    if not rows[name]:
        if equals:
            raise UsageError(f"Option {name} takes no value")
        given.options[name] = True
        return
    if not equals:
        if not rest or rest[-1].startswith("-"):
            raise UsageError(f"Option {name} requires a value ({rows[name]})")
        value = rest.pop()
    given.options[name] = value
