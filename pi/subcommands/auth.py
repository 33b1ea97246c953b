"""`pi auth`: store, forget, show and check the credentials of providers.

Exit status of `check`: 0 ready, 1 not ready, 2 invalid (the question or the stored state makes no
sense); with `--json` one object on stdout:

    {"status": "ready", "provider": "openai", "authType": "api_key"}
    {"status": "not_ready", "provider": "openai", "reason": "credentials_not_configured"}

A secret goes to stdout only, and only where it was asked for. Known limits: signing in with an
account, and renewing such a login, are not part of this version.
"""

from __future__ import annotations

import json
import re
import sys
import time

from pi import paths
from pi.assembly.configuration import open_configuration
from pi.auth import store
from pi.auth.credential import Credential
from pi.errors import EXIT_FAILED, EXIT_OK, EXIT_USAGE, PiError, UsageError
from pi.models.reference import resolve
from pi.settings.jsonfile import FileError, read_object
from pi.subcommands.option import HELP, read
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pi.models.opening import Models
    from pi.subcommands.option import Given

USAGE = """\
pi auth: credentials of model providers, stored in auth.json of the agent folder

Usage:
  pi auth check --provider NAME | --model PATTERN [--json] [--credentials] [--no-refresh]
  pi auth print-api-key --provider NAME | --model PATTERN
  pi auth print-bearer-token --provider NAME | --model PATTERN [--min-expiry DURATION]
  pi auth login PROVIDER [--api-key]
  pi auth logout PROVIDER

Commands:
  check                ready, not_ready or invalid; exit status 0, 1 or 2
  print-api-key        The key as it would be sent
  print-bearer-token   The token of a login
  login                Store a key, which is asked for on a terminal or read from stdin
  logout               Forget what is stored; variables and models.json stay as they are

Options:
  --provider NAME        The provider
  --model PATTERN        The provider of this model
  --json                 The result of check as one JSON object
  --credentials          With check: print the secret, or put it into the JSON
  --no-refresh           With check: a login that has expired counts as ready
  --min-expiry DURATION  How long the token must last, such as 90s, 30m or 1h
"""

_CHOICE = {"--provider": "NAME", "--model": "PATTERN"}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Desk(Value):
    """What the commands work with: where keys are stored, and who has which."""

    auth_path: str
    models: Models

    def name_of(self, provider: str) -> str:
        """What a provider is called."""
        return self.models.book.name_of(provider)

    def stored(self, provider: str) -> dict[str, Any]:
        """The stored entry of a provider, {} for none."""
        return store.load(self.auth_path)[0].get(provider, {})


def run(words: list[str], environ: Mapping[str, str], cwd: str) -> int:
    """Run one auth command; returns the exit status. Raises PiError."""
    if not words or any(word in HELP for word in words):
        return _print(USAGE)
    name, *rest = words
    if name not in _COMMANDS:
        raise UsageError(f'Unknown auth command "{name}"; there are: {", ".join(_COMMANDS)}')
    command, rows = _COMMANDS[name]
    configured = open_configuration(environ, cwd)
    desk = Desk(paths.auth_file(configured.agent_dir), configured.models)
    return command(desk, read(rest, rows))


# --- check ---------------------------------------------------------------------------------------


def _check(desk: Desk, given: Given) -> int:
    provider = _provider(desk, given, missing=None)
    result = _state(desk, given, provider)
    status = {"ready": EXIT_OK, "not_ready": EXIT_FAILED}.get(result["status"], EXIT_USAGE)
    if given.options.get("--json"):
        _print(json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n")
    else:
        _print(f"{result.get('credentials', result['status'])}\n")
    return status


def _state(desk: Desk, given: Given, provider: str | None) -> dict[str, Any]:
    """The result of `check`, as its JSON."""
    if provider is None:
        named = given.text("--model") or ""
        return {"status": "invalid", "provider": named, "reason": "invalid_state"}
    if desk.models.book.provider_named(provider) is None:
        return {"status": "not_ready", "provider": provider, "reason": "provider_not_found"}
    try:
        read_object(desk.auth_path)
        credential = _credential(
            desk, provider, may_be_over=bool(given.options.get("--no-refresh"))
        )
    except FileError as error:
        _complain(f"Error: {error}")
        return {"status": "invalid", "provider": provider, "reason": "invalid_state"}
    except PiError as error:
        _complain(f"Error: {error}")
        return {"status": "not_ready", "provider": provider, "reason": "credentials_not_usable"}
    if credential is None:
        return {"status": "not_ready", "provider": provider, "reason": "credentials_not_configured"}
    is_login = desk.stored(provider).get("type") == "oauth"
    kind = "oauth" if is_login else "api_key" if credential.secret else credential.kind
    result = {"status": "ready", "provider": provider, "authType": kind}
    if given.options.get("--credentials") and credential.secret:
        result["credentials"] = credential.secret
    return result


def _credential(desk: Desk, provider: str, *, may_be_over: bool) -> Credential | None:
    """The credential of a provider; `may_be_over`: a login whose time is over counts as well."""
    entry = desk.stored(provider)
    if may_be_over and entry.get("type") == "oauth":
        return Credential(provider, "bearer", entry["access"], "auth.json", {})
    return desk.models.keys.credential(provider)


# --- print ---------------------------------------------------------------------------------------


def _print_key(desk: Desk, given: Given) -> int:
    provider = _known_provider(desk, given)
    if desk.stored(provider).get("type") == "oauth":
        raise PiError(f"{provider} has a login, not a key: use `pi auth print-bearer-token`")
    credential = desk.models.keys.credential(provider)
    if credential is None or not credential.secret:
        raise PiError(f"no key is set up for {provider}")
    return _print(f"{credential.secret}\n")


def _print_token(desk: Desk, given: Given) -> int:
    provider = _known_provider(desk, given)
    needed_s = _duration(given.text("--min-expiry") or "0s")
    entry = desk.stored(provider)
    if entry.get("type") != "oauth":
        raise PiError(f"{provider} has no login, so there is no bearer token")
    credential = desk.models.keys.credential(provider)
    if entry["expires"] / 1000 - time.time() < needed_s:
        raise PiError(f"the login of {provider} does not last that long, and cannot be renewed yet")
    return _print(f"{credential.secret}\n")


def _duration(text: str) -> int:
    """Seconds of a duration such as 90s, 30m, 1h. Raises UsageError."""
    found = re.fullmatch(r"(\d{1,9})([smhd])", text)
    if found is None:
        raise UsageError(f'--min-expiry "{text}" is not a duration: write 90s, 30m or 1h')
    return int(found[1]) * _SECONDS[found[2]]


# --- login and logout ----------------------------------------------------------------------------


def _login(desk: Desk, given: Given) -> int:
    provider = _the_word(desk, given)
    if not desk.models.book.takes_key(provider):
        raise PiError(f"{provider} takes no key, only a login, which this version cannot make yet")
    key = _ask_key(desk.name_of(provider))
    if not key or not (key.isascii() and key.isprintable()):
        raise UsageError("that is no key: nothing was stored")
    store.save(desk.auth_path, provider, {"type": "api_key", "key": _literal(key)})
    return _print(f"Stored a key for {desk.name_of(provider)} in {desk.auth_path}.\n")


def _literal(key: str) -> str:
    """A key as text that stands for itself in auth.json, where `$` and a first `!` mean more."""
    text = key.replace("$", "$$")
    return f"${text}" if text.startswith("!") else text


def _ask_key(name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    from getpass import getpass  # noqa: PLC0415 - only on a terminal

    return getpass(f"Key for {name} (it is not shown): ").strip()


def _logout(desk: Desk, given: Given) -> int:
    provider = _the_word(desk, given)
    name = desk.name_of(provider)
    if store.remove(desk.auth_path, provider):
        return _print(f"Forgot what was stored for {name}.\n")
    return _print(f"Nothing is stored for {name}; variables and models.json stay as they are.\n")


def _the_word(desk: Desk, given: Given) -> str:
    if len(given.words) != 1:
        raise UsageError("name one provider, for example: pi auth logout openai")
    provider = desk.models.book.provider_named(given.words[0])
    if provider is None and desk.stored(given.words[0]):
        return given.words[0]  # of another program; it can be forgotten all the same
    if provider is None:
        raise PiError(_unknown(desk, given.words[0]))
    return provider


# --- who is meant --------------------------------------------------------------------------------


def _provider(desk: Desk, given: Given, missing: str | None) -> str | None:
    """The provider that was named, itself or by a model; `missing` when there is no such model."""
    if given.words:
        raise UsageError(f'"{given.words[0]}": name a provider or model with --provider or --model')
    named, pattern = given.text("--provider"), given.text("--model")
    if named:
        return desk.models.book.provider_named(named) or named
    if not pattern:
        raise UsageError("which one? Give --provider NAME or --model PATTERN")
    match = resolve(desk.models.book, pattern, desk.models.keys.usable)
    return match.models[0]["provider"] if match else missing


def _known_provider(desk: Desk, given: Given) -> str:
    provider = _provider(desk, given, missing="")
    if not provider:
        raise PiError(f'no model matches "{given.text("--model")}": see pi --list-models')
    if desk.models.book.provider_named(provider) is None:
        raise PiError(_unknown(desk, provider))
    return provider


def _unknown(desk: Desk, provider: str) -> str:
    known = ", ".join(sorted(desk.models.book.providers()))
    return f'there is no provider "{provider}"; there are: {known}'


def _print(text: str) -> int:
    sys.stdout.write(text)
    sys.stdout.flush()
    return EXIT_OK


def _complain(line: str) -> None:
    sys.stderr.write(f"{line}\n")


_COMMANDS: dict[str, tuple[Callable[[Desk, Given], int], dict[str, str]]] = {
    "check": (_check, {**_CHOICE, "--json": "", "--credentials": "", "--no-refresh": ""}),
    "print-api-key": (_print_key, _CHOICE),
    "print-bearer-token": (_print_token, {**_CHOICE, "--min-expiry": "DURATION"}),
    "login": (_login, {"--api-key": ""}),
    "logout": (_logout, {}),
}
"""Command -> what runs it and its options."""
