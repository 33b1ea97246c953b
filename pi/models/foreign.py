"""Calling functions that extensions brought, so that they can be given up and their errors told.

    foreign = Foreign()
    foreign.call(route, (request,), token, "/x/router.py")         what it returns
    foreign.pull(lambda: stream(...), token, "/x/acme.py")         the items of what it returns

The function works on a thread of its own. Where the token fires it has a second to end, and is then
left to itself. What it raises becomes a ProviderError: a `ProviderError` stays as it is, an OSError
is the network's, and anything else names the line of the extension.
"""

from __future__ import annotations

import os

from pi.errors import Cancelled, ProviderError
from pi.extensions.blame import blame
from pi.extensions.pool import Pool
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pi.cancel import CancelToken

_NO_MORE = object()


class _Origin(Value):
    """What `blame` knows an extension by."""

    path: str
    root: str


class Foreign:
    """See the module's head."""

    def __init__(self) -> None:
        self._pool = Pool(lambda what: None)

    def call(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        token: CancelToken,
        source: str,
    ) -> Any:
        """What the function returns. Raises ProviderError, Cancelled."""
        told: list[tuple[Any, BaseException | None]] = []

        def work(_job: object) -> None:
            try:
                told.append((function(*arguments), None))
            except BaseException as error:  # noqa: BLE001 - code of an extension
                told.append((None, error))

        self._pool.run(work, token)
        if not told:
            raise Cancelled(token.reason)
        result, error = told[0]
        if error is not None:
            token.check()
            raise _as_told(error, source) from error
        return result

    def pull(self, make: Callable[[], Any], token: CancelToken, source: str) -> Iterator[Any]:
        """The items of what `make` returns, each when it is asked for. Raises like `call`."""
        items = iter(self.call(lambda: iter(make()), (), token, source))
        try:
            while (item := self.call(next, (items, _NO_MORE), token, source)) is not _NO_MORE:
                token.check()
                yield item
        finally:
            self._close(items)

    def _close(self, items: Iterator[Any]) -> None:
        """Let a generator clean up, unless it hangs: it is told when it comes back."""
        close = getattr(items, "close", None)
        if close is not None:
            self._pool.start(lambda job: _closed(close))


def _closed(close: Callable[[], object]) -> None:
    try:
        close()
    except BaseException:  # noqa: BLE001 - it runs still, or fails to clean up: nobody waits
        return


def _as_told(error: BaseException, source: str) -> BaseException:
    if isinstance(error, (ProviderError, Cancelled)):
        return error
    told = blame(error, _Origin(source, os.path.dirname(source) or os.curdir))
    kind = "network" if isinstance(error, OSError) else "bad_request"
    return ProviderError(f"{os.path.basename(source)}: {told}", kind)
