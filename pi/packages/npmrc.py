"""npm's configuration, as far as it says where packages come from and with which credential.

    config = load(environ, project_dir)           # project_dir only when the project is trusted
    config.get("registry")                        "https://npm.example.com/"; None where nobody says
    config.registry_for("@scope/x")               the scope's own registry, else the general one
    config.authorization("https://npm.example.com/x")       "Bearer npm_...", or ""
    config.warnings                               ["/home/u/.npmrc, line 3: ..."]

The first place that says something decides: the environment (`npm_config_registry`, any case), the
project's `.npmrc`, the user's (`~/.npmrc`, or where `npm_config_userconfig` points), the global one
(`<prefix>/etc/npmrc`, the prefix being that of `node` on PATH, or where `npm_config_globalconfig`
points).

A line is `key = value`, `key[] = value` for lists, or `key` alone for true; `;` and `#` begin
comments; values may be quoted; `${NAME}` stands for an environment variable, `${NAME?}` for one
that may be missing.

A credential is written for a place, `//host/path/:_authToken = ...`, and is sent to what lies below
that place only. One without a place belongs to the general registry, as it did in older npms.

Source: npm's documentation of npmrc and config. Known limits: no client certificates; certificates
of servers are always verified (`strict-ssl=false` only warns).
"""

from __future__ import annotations

import os
import re
import shutil
from base64 import b64decode, b64encode

from pi import files
from pi.paths import expand, home_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Value = str | list[str]

LIMIT_BYTES = 2**20

_VARIABLE = re.compile(r"(\\*)\$\{([^${}?]+)(\?)?\}")
_ENVIRONMENT = re.compile(r"npm_config_(.+)", re.IGNORECASE)
_SCHEME = re.compile(r"https?:", re.IGNORECASE)
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?:/|\Z)|\\", re.IGNORECASE)
_UNPLACED = ("_authToken", "_auth", "username", "_password")


class NpmConfig:
    """What all files and the environment say together. `warnings` are one line each."""

    def __init__(self, layers: list[tuple[str, dict[str, Value]]], warnings: list[str]) -> None:
        self._layers = layers
        self.warnings = warnings

    def get(self, key: str) -> str | None:
        """The value in force, of a list its last; None where nobody says anything."""
        found = self.found(key)
        value = found[1] if found else None
        return value[-1] if isinstance(value, list) else value

    def found(self, key: str) -> tuple[str, Value] | None:
        """(where it is said, value) of the first place that says something that is not empty."""
        for place, values in self._layers:
            if values.get(key) and values[key] != "null":
                return place, values[key]
        return None

    def registry_for(self, name: str, general: str | None = None) -> str | None:
        """The address to ask for a package, with a slash at its end; None where nobody says.

        `general` goes before what the configuration calls `registry`.
        """
        scope = name.partition("/")[0] if name.startswith("@") else ""
        address = (self.get(f"{scope}:registry") if scope else None) or general
        address = address or self.get("registry")
        return None if address is None else address.rstrip("/") + "/"

    def authorization(self, url: str, general: str | None = None) -> str:
        """The Authorization header for `url`, "" for none.

        `general` is the address of the registry that credentials without a place belong to.
        """
        place = start = _place(url)
        if _DOTS.search(start):
            return ""  # a server may take it for another place
        while place.count("/") >= 3:
            header = self._header(place + ":")
            if header:
                return header
            place = place[:-1].rpartition("/")[0] + "/"
        owner = general or self.get("registry")
        return self._header("") if owner and start.startswith(_place(owner)) else ""

    def _header(self, start: str) -> str:
        token, basic, user, password = (self.get(start + name) for name in _UNPLACED)
        if token:
            return f"Bearer {token}"
        if basic:
            return f"Basic {basic}"
        if user and password:
            pair = f"{user}:{_decoded(password)}".encode("utf-8", "surrogatepass")
            return f"Basic {b64encode(pair).decode()}"
        return ""


def load(environ: Mapping[str, str], project_dir: str | None = None) -> NpmConfig:
    """Read all there is; what cannot be read or understood becomes a warning."""
    warnings: list[str] = []
    home = home_dir(environ)
    layers = [("the environment", _from_environment(environ))]
    config = NpmConfig(layers, warnings)
    if project_dir is not None:
        _add(layers, os.path.join(project_dir, ".npmrc"), environ, warnings)
    user = expand(config.get("userconfig") or os.path.join(home, ".npmrc"), home)
    if all(path != user for path, _ in layers):
        _add(layers, user, environ, warnings)
    for path in _global_files(config, environ, home):
        _add(layers, path, environ, warnings)
    if config.get("strict-ssl") == "false":
        warnings.append(
            f"{config.found('strict-ssl')[0]}: strict-ssl=false has no effect: certificates are "
            "always verified; name your authority's certificates with cafile"
        )
    return config


def _add(
    layers: list[tuple[str, dict[str, Value]]],
    path: str,
    environ: Mapping[str, str],
    warnings: list[str],
) -> None:
    try:
        data = files.read_bounded(path, LIMIT_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        warnings.append(f"{path}: cannot be read ({files.reason(error)}); ignored")
        return
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    layers.append((path, parse(text, path, environ, warnings)))


def _global_files(config: NpmConfig, environ: Mapping[str, str], home: str) -> list[str]:
    named = config.get("globalconfig")
    if named:
        return [expand(named, home)]
    prefix = config.get("prefix") or environ.get("PREFIX")
    if prefix:
        return [os.path.join(expand(prefix, home), "etc", "npmrc")]
    node = shutil.which("node", path=environ.get("PATH", ""))
    if node is None:
        return ["/usr/local/etc/npmrc"]
    return [os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(node))), "etc", "npmrc")]


def _from_environment(environ: Mapping[str, str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, value in environ.items():
        match = _ENVIRONMENT.fullmatch(name)
        if match is None or not value:
            continue
        key = match[1]
        if not key.startswith("//"):
            key = key[0] + key[1:].replace("_", "-")
            key = key if key.startswith("_") else key.lower()
        found[_with_place({"_authtoken": "_authToken"}.get(key, key))] = value
    return found


# --- one file ------------------------------------------------------------------------------------


def parse(
    text: str, path: str, environ: Mapping[str, str], warnings: list[str]
) -> dict[str, Value]:
    """The keys of a file's text. What is wrong is added to `warnings`; values are never in it."""
    found: dict[str, Value] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line[0] in ";#":
            continue
        if line[0] == "[":
            break  # a section: nothing of it is npm's
        name, equals, rest = line.partition("=")
        key, missing = _filled(_unquoted(name.strip()), environ)
        value, more = _filled(_unquoted(rest.strip()) if equals else "true", environ)
        if missing or more:
            unset = ", ".join(missing + more)
            warnings.append(
                f"{path}, line {number}: {unset} is not set in the environment; line ignored"
            )
        elif key.endswith("[]"):
            _append(found, key[:-2].rstrip(), value)
        elif key:
            found[_with_place(key)] = value
    return found


def _append(found: dict[str, Value], key: str, value: str) -> None:
    before = found.get(key, [])
    found[key] = [*(before if isinstance(before, list) else [before]), value]


def _filled(text: str, environ: Mapping[str, str]) -> tuple[str, list[str]]:
    """`text` with its variables, and the names of those that are not set."""
    missing: list[str] = []

    def value_of(match: re.Match[str]) -> str:
        escapes, name, is_optional = match.groups()
        if len(escapes) % 2:
            return match[0][(len(escapes) + 1) // 2 :]
        value = environ.get(name)
        if value is None and not is_optional:
            missing.append(name)
        return escapes[: len(escapes) // 2] + (value or "")

    return _VARIABLE.sub(value_of, text), missing


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1]
    value = re.match(r"(?:\\.|[^;#\\]|\\$)*", text)[0].rstrip()
    return re.sub(r"\\([;#\\])", r"\1", value)


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


# --- places --------------------------------------------------------------------------------------


def _place(url: str) -> str:
    """`//host[:port]/path/` of a URL, without what follows a question mark."""
    rest = _SCHEME.sub("", url.partition("?")[0].partition("#")[0], count=1)
    host, _, path = rest.removeprefix("//").partition("/")
    path = path.rstrip("/")
    return f"//{host.lower()}/{path}/" if path else f"//{host.lower()}/"


def _with_place(key: str) -> str:
    """A key with the place at its head, if it has one, in the form of `_place`."""
    if not key.startswith("//"):
        return key
    place, _, name = key.rpartition(":")
    return f"{_place(place)}:{name}"


def _decoded(password: str) -> str:
    """npm stores passwords in base64."""
    try:
        return b64decode(password).decode("utf-8", "replace")
    except ValueError:
        return password
