"""Who has credentials, and which.

    keys = Keys(auth_path, config, catalog, Values(os.environ))
    keys.usable("openai")         True; nothing is run and nothing is asked for that
    keys.credential("openai")     Credential(openai, api_key, from environment OPENAI_API_KEY)
    keys.require("openai")        the same, or NoModelError with what to do

The first of these that has something for a provider decides: `--api-key`, `auth.json`, `apiKey` of
`models.json` or of an extension, the environment, the machine (`pi.auth.ambient`). If what it has
cannot be used, that is an error and the next one is not tried: a key that was meant for something
else would be spent.
A credential of the machine is only named here; what it is, is found out for each request.

Known limits: logins are used until they expire, not renewed.
"""

from __future__ import annotations

import time

from pi.auth import ambient, store
from pi.auth.credential import AMBIENT, ANTHROPIC_LOGIN, Credential
from pi.errors import NoModelError
from pi.models.extra import Extra
from pi.models.server import SERVERS
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pi.auth.value import Values
    from pi.models.catalog import Catalog
    from pi.models.config import Config


class _Origin(Value):
    """Where a provider's secret is, before it is looked at.

    `text` is a reference (`pi.auth.value`) if `is_reference`; its command runs once if `keep`.
    """

    source: str
    text: str
    kind: str
    env: dict[str, str]
    is_reference: bool = False
    keep: bool = False
    expires_ms: float | None = None


class Keys:
    """All credentials of a run. Files are read and commands run when they are first needed."""

    def __init__(
        self,
        auth_path: str,
        config: Config,
        catalog: Catalog,
        values: Values,
        *,
        extra: Extra | None = None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self.values = values
        self._extra = extra or Extra(catalog, config)
        self._auth_path = auth_path
        self._config = config
        self._catalog = catalog
        self._now_ms = now_ms
        self._given: dict[str, str] = {}
        self._stored: dict[str, dict[str, Any]] | None = None
        self._problems: list[str] = []

    @property
    def warnings(self) -> list[str]:
        """What was wrong with stored keys and with commands, so far."""
        return [*self._problems, *self.values.warnings]

    def give(self, provider: str, key: str) -> None:
        """Use a key for a provider in this run, before all others; it is not stored."""
        self._given[provider] = key

    def given(self) -> list[str]:
        """The keys that `give` was told."""
        return list(self._given.values())

    def usable(self, provider: str) -> bool:
        """Whether there are credentials, as far as can be told without running a command."""
        origin = self._origin(provider)
        if origin is None:
            return self._of_machine(provider) is not None
        if self._lacking(provider, origin):
            return False
        return not origin.is_reference or self.values.is_set(origin.text, origin.env)

    def source(self, provider: str) -> str | None:
        """Where a provider's credential would be taken from, usable or not; None: from nowhere."""
        found = self._origin(provider) or self._of_machine(provider)
        return None if found is None else found.source

    def variables_set(self, provider: str) -> list[str]:
        """The variables of the environment that could be a provider's key and are set."""
        names = [name for name, _ in self._row(provider).get("keys", ())]
        return [name for name in names if self.values.lookup(name)]

    def lacks(self, provider: str) -> list[str]:
        """The variables that a provider needs beside the key it has."""
        origin = self._origin(provider)
        return [] if origin is None else self._lacking(provider, origin)

    def any(self) -> bool:
        """Whether there is a credential for any provider at all."""
        described = (*self._config.entries, *self._extra.names())
        known = (*self._given, *self._entries(), *described, *self._catalog.providers())
        return any(self.usable(provider) for provider in dict.fromkeys(known))

    def require(self, provider: str) -> Credential:
        """The credential of a provider. Raises NoModelError, with what to do, if there is none."""
        found = self.credential(provider)
        if found is None:
            raise NoModelError(f"No key for {provider}: {self._advice(provider)}")
        return found

    def credential(self, provider: str) -> Credential | None:
        """The credential of a provider, None if nothing was set up for it.

        Raises NoModelError for one that was set up and cannot be used.
        """
        origin = self._origin(provider) or self._local(provider)
        if origin is None:
            return self._of_machine(provider)
        lacking = self._lacking(provider, origin)
        if lacking:
            raise NoModelError(
                f"{provider} has a key but also needs {' and '.join(lacking)}: set it"
            )
        if origin.expires_ms is not None and origin.expires_ms <= self._now_ms():
            raise NoModelError(
                f"the login of {provider} has expired: log in again with `pi auth login {provider}`"
            )
        secret = self._secret(provider, origin)
        kind = "bearer" if secret.startswith(ANTHROPIC_LOGIN) else origin.kind
        header = self._row(provider).get("header", "")
        return Credential(provider, kind, secret, origin.source, origin.env, header)

    # --- where a secret is -----------------------------------------------------------------------

    def _origin(self, provider: str) -> _Origin | None:
        """Where the secret is; None too for one that only says to use the machine's credentials."""
        origin = self._named_origin(provider)
        if origin is not None and ambient.is_marker(provider, origin.text):
            return None
        return origin

    def _named_origin(self, provider: str) -> _Origin | None:
        stored = self._entries().get(provider, {})
        env = self.variables(provider)
        roles = [role for _, role in self._row(provider).get("keys", ())]
        kind = "bearer" if roles and all(role == "bearer" for role in roles) else "api_key"
        if provider in self._given:
            return _Origin("--api-key", self._given[provider], kind, env)
        if stored.get("type") == "oauth":
            expires = stored["expires"]
            return _Origin("auth.json", stored["access"], "bearer", env, expires_ms=expires)
        if stored.get("key"):
            return _Origin("auth.json", stored["key"], kind, env, is_reference=True, keep=True)
        entry = self._config.entry(provider) or {}
        if entry.get("apiKey"):
            return _Origin("models.json", entry["apiKey"], kind, env, is_reference=True)
        added = self._extra.provider(provider)
        if added is not None and added.entry.get("apiKey"):
            return _Origin(added.source, added.entry["apiKey"], kind, env, is_reference=True)
        return self._from_environment(provider, env)

    def login(self, provider: str) -> dict[str, Any] | None:
        """The stored login that is the credential of a provider; None if something else is."""
        stored = self._entries().get(provider, {})
        is_used = stored.get("type") == "oauth" and provider not in self._given
        return stored if is_used else None

    def variables(self, provider: str) -> dict[str, str]:
        """The variables stored with a provider's key."""
        stored = self._entries().get(provider, {})
        return {name: value for name, value in (stored.get("env") or {}).items() if value}

    def _of_machine(self, provider: str) -> Credential | None:
        """What stands for the machine's credential; None if there does not seem to be one."""
        rows = self._row(provider).get("ambient")
        if not rows:
            return None
        env = self.variables(provider)
        row = ambient.found(provider, rows, lambda name: self.values.lookup(name, env))
        return None if row is None else Credential(provider, AMBIENT, "", row["name"], env)

    def _from_environment(self, provider: str, env: dict[str, str]) -> _Origin | None:
        for name, kind in self._row(provider).get("keys", ()):
            value = self.values.lookup(name, env)
            if value:
                return _Origin(f"environment {name}", value, kind, env)
        return None

    def _local(self, provider: str) -> _Origin | None:
        """The credential of a local server: its key variable, or none at all."""
        server = SERVERS.get(provider)
        if server is None or self._config.entry(provider) is not None:
            return None
        key = self.values.lookup(server.key_variable) if server.key_variable else None
        if key:
            return _Origin(f"environment {server.key_variable}", key, "bearer", {})
        return _Origin("local server", "", "none", {})

    def _entries(self) -> dict[str, dict[str, Any]]:
        if self._stored is None:
            self._stored, self._problems = store.load(self._auth_path)
        return self._stored

    def _row(self, provider: str) -> Mapping[str, Any]:
        """What the catalogue says of a provider; {} for one it does not know."""
        if self._config.entry(provider) is not None and not self._catalog.ships(provider):
            return {}  # without a look at the list of all providers
        return self._catalog.provider(provider) or {}

    def _lacking(self, provider: str, origin: _Origin) -> list[str]:
        needs = self._row(provider).get("needs", ())
        return [name for name in needs if not self.values.lookup(name, origin.env)]

    # --- what it is ------------------------------------------------------------------------------

    def _secret(self, provider: str, origin: _Origin) -> str:
        """The secret itself. Raises NoModelError when it cannot be had or cannot be sent."""
        text: str | None = origin.text
        if origin.is_reference:
            what = f"the key of {provider} in {origin.source}"
            text = self.values.resolve(origin.text, origin.env, what=what, keep=origin.keep)
            if text is None:
                names = self.values.missing(origin.text, origin.env)
                why = f"needs {' and '.join(names)}" if names else "its command failed"
                raise NoModelError(f"{what} cannot be had: {why}")
        text = text.strip()
        if not (text.isascii() and text.isprintable()):
            raise NoModelError(
                f"the key of {provider} ({origin.source}) has characters that no key has: "
                "look at how it was pasted"
            )
        if not text and origin.kind != "none":
            raise NoModelError(f"the key of {provider} ({origin.source}) is empty")
        return text

    def _advice(self, provider: str) -> str:
        row = self._row(provider)
        names = [name for name, _ in row.get("keys", ())][-1:] + list(row.get("needs", ()))
        ways = [f"set {' and '.join(names)}"] if names else []
        env = self.variables(provider)
        of_machine = ambient.missing(
            provider, row.get("ambient", ()), lambda name: self.values.lookup(name, env)
        )
        ways = [of_machine, *ways] if of_machine else ways
        ways.append(f"run `pi auth login {provider}` (inside pi: /login)")
        ways.append(f"give it an apiKey in {self._config.path}")
        return ", or ".join(ways)
