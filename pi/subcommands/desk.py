"""What the package commands share: their options, the site they work on, what they print where.

    given = options("install", words, {"--frozen": ""}, usage)      words and options, or one line
    with Desk(environ, cwd, given) as desk:
        desk.stock, desk.configured, desk.scope

Results go to standard output, word for word as the reference has them; progress and remarks go to
standard error. Source of the texts: `contracts.md` section 9.
"""

from __future__ import annotations

import sys

from pi.assembly.configuration import open_configuration
from pi.cancel import CancelToken
from pi.errors import EXIT_OK, PackageError, UsageError
from pi.packages.site import PROJECT, USER, Site
from pi.packages.stock import Stock
from pi.packages.ticker import Ticker
from pi.resources.trust import APPROVE, NO_APPROVE, renew
from pi.subcommands.option import HELP, Given, read
from pi.text.unicode import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.assembly.configuration import Configuration

TRUST_OPTIONS = {"--approve": "", "-a": "", "--no-approve": "", "-na": ""}
LOCAL_OPTIONS = {"--local": "", "-l": ""}

NOT_TRUSTED = "Project is not trusted. Use --approve to modify local package config."


class Desk:
    """A command at work: what is configured, and the stock it changes. To be used with `with`."""

    def __init__(self, environ: Mapping[str, str], cwd: str, given: Given) -> None:
        self.configured: Configuration = open_configuration(environ, cwd, approval_of(given))
        self.scope = PROJECT if given_any(given, LOCAL_OPTIONS) else USER
        trust = self.configured.trust
        self.site = Site(self.configured.agent_dir, cwd, self.configured.home, trust.is_trusted)
        self._token = CancelToken()
        self._ticker = Ticker(sys.stderr, is_terminal=sys.stderr.isatty())
        self.stock = Stock(self.site, self.configured.settings, environ, self._token, self._ticker)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.stock.close()
        remark([*self.configured.settings.warnings, *self.stock.warnings])

    def say(self, line: str) -> None:
        """Print a result."""
        self._ticker.clear()
        say(line)

    def show(self, line: str) -> None:
        """Tell a remark."""
        self._ticker.clear()
        remark([line], "")

    def insist_on_trust(self) -> None:
        """Raise PackageError unless the project's settings count."""
        if not self.site.is_trusted:
            raise PackageError(NOT_TRUSTED)

    def keep_trust(self) -> None:
        """What the user had changed in a trusted project is trusted too."""
        renew(self.configured.trust, self.configured.agent_dir, self.configured.project)


def options(name: str, words: list[str], rows: Mapping[str, str], usage: str) -> Given | None:
    """The words and options of a command; None when help was asked for, which is printed then.

    Raises PackageError for an option it has not.
    """
    if any(word in HELP for word in words):
        sys.stdout.write(usage)
        return None
    for word in words:
        if word == "--":
            break
        if word.startswith("-") and word.partition("=")[0] not in rows:
            raise PackageError(f'Unknown option {shown(word)} for "{name}". See pi {name} --help.')
    try:
        return read(words, rows)
    except UsageError as error:  # the package commands know one exit status for what is wrong
        raise PackageError(f"{error}. See pi {name} --help.") from None


def one_word(name: str, given: Given) -> str:
    """The only word of a command. Raises PackageError for none, or for more."""
    words = [word for word in given.words if word.strip()]
    if not words:
        raise PackageError(f"Missing {name} source. See pi {name} --help.")
    if len(words) > 1:
        raise PackageError(f"Unexpected argument {shown(words[1])}. See pi {name} --help.")
    return words[0].strip()


def given_any(given: Given, names: Mapping[str, str]) -> bool:
    """Whether any of some options was given."""
    return any(name in given.options for name in names)


def approval_of(given: Given) -> str | None:
    """What the options say about trusting the project; the last one counts."""
    last = [name for name in given.options if name in TRUST_OPTIONS]
    if not last:
        return None
    return APPROVE if last[-1] in ("--approve", "-a") else NO_APPROVE


def say(line: str) -> int:
    """Print one line of the result."""
    sys.stdout.write(f"{shown(line)}\n")
    sys.stdout.flush()
    return EXIT_OK


def remark(lines: list[str], mark: str = "Warning: ") -> None:
    """Tell lines beside the result."""
    sys.stderr.write("".join(f"{mark}{shown(line)}\n" for line in dict.fromkeys(lines)))
    sys.stderr.flush()
