"""Where the resources of a conversation are looked for, with the packages that are in force.

    place = place_of(configured, ["npm:@acme/try"], "/home/u/app", sys.stderr)
    found, problems = discover("extensions", place, (), is_closed=False)
    place.packages.problems         one line for each package that could not be had

Called once for a conversation, after trust is decided: packages that are declared and not there are
installed now, unless PI_OFFLINE is set. What that takes is told on the stream that is given;
without one nothing is fetched, so that no command does so behind anybody's back. With no packages
nothing of them is imported.
"""

from __future__ import annotations

from pi.cancel import CancelToken
from pi.resources import trust
from pi.resources.discover import Place
from pi.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TextIO

    from pi.packages.resolve import Packages
    from pi.packages.site import Site
    from pi.packages.stock import Stock


def place_of(
    configured: Any,
    extra: Sequence[str],
    cwd: str,
    stream: TextIO | None = None,
    token: CancelToken | None = None,
) -> Place:
    """The places for work in `cwd`; `extra` is what `-e` named, `configured` a `Configuration`.

    Raises PackageError for one of `extra` that cannot be had.
    """
    packages = None
    if extra or any(values for _, _, values in configured.settings.each("packages")):
        packages = _packages(configured, extra, cwd, stream, token)
    return Place(
        configured.agent_dir,
        configured.home,
        configured.cwd,
        cwd,
        configured.trust.is_trusted,
        configured.settings,
        packages,
    )


def _packages(
    configured: Any,
    extra: Sequence[str],
    cwd: str,
    stream: TextIO | None,
    token: CancelToken | None,
) -> Packages:
    from pi.packages.resolve import resolve  # noqa: PLC0415 - start-up: only with packages
    from pi.packages.site import PROJECT, Site  # noqa: PLC0415

    site = Site(configured.agent_dir, cwd, configured.home, configured.trust.is_trusted)
    lender = _Lender(configured, site, stream, token)
    with lender:
        is_closed = stream is None or configured.environ.get("PI_OFFLINE") in _YES
        lend = None if is_closed else lender.stock
        found = resolve(site, configured.settings, extra, configured.cwd, lend)
    if PROJECT in found.fresh:
        trust.renew(configured.trust, configured.agent_dir, cwd)
    return replace(found, problems=tuple(dict.fromkeys([*found.problems, *lender.warnings])))


_YES = ("1", "true", "yes")


class _Lender:
    """Opens a stock when something has to be fetched, which is seldom."""

    def __init__(
        self,
        configured: Any,
        site: Site,
        stream: TextIO | None,
        token: CancelToken | None,
    ) -> None:
        self._configured = configured
        self._site = site
        self._stream = stream
        self._token = token
        self._opened: Stock | None = None
        self.warnings: list[str] = []

    def stock(self) -> Stock:
        """The stock, opened when it is first asked for."""
        if self._opened is None:
            from pi.packages.stock import Stock  # noqa: PLC0415 - start-up: seldom needed
            from pi.packages.ticker import Ticker  # noqa: PLC0415

            stream, configured = self._stream, self._configured
            ticker = Ticker(stream, is_terminal=stream.isatty()) if stream else None
            token = self._token or CancelToken()
            environ = configured.environ
            self._opened = Stock(self._site, configured.settings, environ, token, ticker)
        return self._opened

    def __enter__(self) -> _Lender:
        return self

    def __exit__(self, *_: object) -> None:
        if self._opened is not None:
            self._opened.close()
            self.warnings += self._opened.warnings
