"""Credentials of the machine: what a provider takes instead of a key, found where pi runs.

    is_there("google-vertex", lookup)            True: there seems to be one; nobody is asked
    machine = Machine(transport)
    machine.credential(ambient, lookup, token)   Credential(google-vertex, bearer, from ...)

`lookup(name)` gives a variable, None when it is not set. `SOURCES` names a provider's module, which
is loaded when it is first needed and has four functions:

    is_there(lookup) -> bool
        whether there seems to be a credential, by a look at variables and files alone
    missing(lookup) -> str
        what to do so that there is one, for a message
    is_marker(key) -> bool
        whether a key is none but says that the machine's credentials are meant
    open_source(lookup, transport, now_s, base_url) -> Callable[[CancelToken], Credential]
        what gives the credential of one request. It is kept for the run and called by several
        threads; it may keep a token as long as that is valid. It raises PiError, Cancelled

The catalogue's `ambient` rows say which variables must be set before a module is looked at.
"""

from __future__ import annotations

import time
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType
    from typing import Any

    from pi.auth.credential import Credential
    from pi.cancel import CancelToken
    from pi.transport import Transport

    Lookup = Callable[[str], "str | None"]
    Source = Callable[[CancelToken], Credential]

SOURCES = {
    "amazon-bedrock": "pi.auth.aws",
    "anthropic": "pi.auth.federation",
    "google-vertex": "pi.auth.google",
}
"""Provider -> module."""


def found(
    provider: str, rows: Iterable[Mapping[str, Any]], lookup: Lookup
) -> Mapping[str, Any] | None:
    """The first of the catalogue's `ambient` rows of a provider that holds here; None if none does.

    A row's `needs` are variables that must be set, "A|B" either of two.
    """
    row = _asked_for(rows, lookup)
    if row is not None and provider in SOURCES and _module(provider).is_there(lookup):
        return row
    return None


def missing(provider: str, rows: Iterable[Mapping[str, Any]], lookup: Lookup) -> str:
    """What to do so that a row holds whose variables are set; "" if there is none of that kind."""
    if provider not in SOURCES or _asked_for(rows, lookup) is None:
        return ""
    return _module(provider).missing(lookup)


def is_marker(provider: str, key: str) -> bool:
    """Whether a provider's key is none, but says that the machine's credentials are meant."""
    return provider in SOURCES and _module(provider).is_marker(key)


def _asked_for(rows: Iterable[Mapping[str, Any]], lookup: Lookup) -> Mapping[str, Any] | None:
    """The first row whose variables are set."""
    for row in rows:
        if all(any(map(lookup, need.split("|"))) for need in row["needs"]):
            return row
    return None


def _module(provider: str) -> ModuleType:
    return import_module(SOURCES[provider])


class Machine:
    """The sources of a run. Each is opened when it is first asked."""

    def __init__(self, transport: Transport, now_s: Callable[[], float] = time.time) -> None:
        self._transport = transport
        self._now_s = now_s
        self._sources: dict[tuple[str, str], Source] = {}

    def credential(
        self, ambient: Credential, lookup: Lookup, token: CancelToken, base_url: str = ""
    ) -> Credential:
        """The credential that `ambient` stands for, to be used for one request.

        `base_url` is where the request goes. Raises PiError, ProviderError, Cancelled.
        """
        key = (ambient.provider, base_url)
        source = self._sources.get(key)
        if source is None:
            module = _module(ambient.provider)
            opened = module.open_source(lookup, self._transport, self._now_s, base_url)
            source = self._sources.setdefault(key, opened)
        return source(token)
