"""Asking the providers of extensions which models they have now: their `refresh_models`.

    refresh = Refresher(extra, keys, environ)
    refresh(["acme"])       what went wrong, a line each; the models are noted in `extra`

All are asked at the same time and have TIME_S together; who has not answered by then keeps the
models he had. A provider without a key is not asked, and with PI_OFFLINE none that is elsewhere
than on this machine.
"""

from __future__ import annotations

import os
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from pi.cancel import CancelToken
from pi.errors import Cancelled, PiError
from pi.extensions.takes import fitting
from pi.models.registration import rows
from pi.models.server import is_local
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pi.auth.resolve import Keys
    from pi.models.added import Added
    from pi.models.extra import Extra

    Outcome = tuple[str, list[dict[str, Any]] | None, str]

TIME_S = 5.0


class RefreshContext(Value):
    """What `refresh_models` is told.

    `api_key` is None where the provider has none. `token`, which the reference calls `signal`,
    fires when the time is over.
    """

    provider: str
    api_key: str | None
    base_url: str | None
    token: CancelToken
    signal: CancelToken
    is_offline: bool


class Refresher:
    """See the module's head."""

    def __init__(
        self, extra: Extra, keys: Keys, environ: Mapping[str, str], time_s: float = TIME_S
    ) -> None:
        self._extra = extra
        self._keys = keys
        self._is_offline = environ.get("PI_OFFLINE", "").lower() in ("1", "true", "yes")
        self._time_s = time_s

    def __call__(self, names: list[str]) -> list[str]:
        """Ask these providers; returns what went wrong. Raises nothing."""
        token, told = CancelToken(), SimpleQueue()
        waiting = {}
        for name in names:
            added = self._extra.provider(name)
            if self._may_ask(name, added):
                waiting[name] = added
                Thread(target=self._ask, args=(name, added, token, told), daemon=True).start()
            else:
                self._extra.note(name, None)
        problems = list(self._outcomes(waiting, told))
        token.cancel()
        return problems

    def _may_ask(self, name: str, added: Added) -> bool:
        is_here = is_local({"provider": "", "baseUrl": added.entry.get("baseUrl")})
        if self._is_offline and not is_here:
            return False
        return self._keys.usable(name) or added.is_free

    def _outcomes(self, waiting: dict[str, Added], told: SimpleQueue[Outcome]) -> Any:
        """Note what is told in time; yields what went wrong."""
        end = monotonic() + self._time_s
        while waiting:
            try:
                name, found, problem = told.get(timeout=max(0.0, end - monotonic()))
            except Empty:
                break
            added = waiting.pop(name)
            self._extra.note(name, found)
            if problem:
                yield f"{added.source}: the models of {name}: {problem}"
        for name, added in waiting.items():
            self._extra.note(name, None)
            yield f"{added.source}: the models of {name}: no answer within {self._time_s:g} s"

    def _ask(self, name: str, added: Added, token: CancelToken, told: SimpleQueue[Outcome]) -> None:
        try:
            context = self._context(name, added, token)
            answer = self._extra.foreign.call(
                fitting, (added.refresh, context), token, added.source
            )
            found = rows(answer, f"{os.path.basename(added.source)}: refresh_models")
        except (PiError, Cancelled) as error:
            told.put((name, None, str(error)))
        else:
            told.put((name, found, ""))

    def _context(self, name: str, added: Added, token: CancelToken) -> RefreshContext:
        credential = None if added.is_free else self._keys.credential(name)
        secret = credential.secret if credential else None
        base_url = added.entry.get("baseUrl")
        return RefreshContext(name, secret, base_url, token, token, self._is_offline)
