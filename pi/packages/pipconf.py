"""pip's configuration, as far as it says which index to ask and with which credential.

    config = load(environ)
    config.index                    "https://pypi.example.com/simple/"; None where nobody says
    config.others                   further indexes, to be asked first
    config.authorization(url)       "Basic ...", or ""
    config.warnings

The first place that says something decides: the variables PIP_INDEX_URL and PIP_EXTRA_INDEX_URL,
the file PIP_CONFIG_FILE names, a virtual environment's `pip.conf`, the user's, the machine's. Of a
file, `[install]` goes before `[global]`.

pip asks all indexes and takes the highest version wherever it lies, so that anybody can take over a
private name by publishing a higher version of it. Here an extra index goes first, and the first one
that knows a name decides.

Credentials stand in an index's address (`https://user:password@host/simple`) or in `~/.netrc`; they
are sent to that server only. Source: pip's documentation of configuration and authentication. Known
limits: no `file:` indexes, no keyring, no client certificates, no `trusted-host`.
"""

from __future__ import annotations

import configparser
import netrc
import os
import re
from base64 import b64encode
from urllib.parse import unquote, urlsplit

from pi import files
from pi.paths import expand, home_dir
from pi.text.unicode import decode, shown
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LIMIT_BYTES = 2**20


class PipConfig(Value):
    """Where Python packages come from. `logins` maps "scheme://host:port" to a header's value."""

    index: str | None
    others: tuple[str, ...]
    certificates: str | None
    proxy: str | None
    logins: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    def authorization(self, url: str) -> str:
        """The Authorization header for a URL, "" for none."""
        origin = _origin(url)
        host = urlsplit(url).hostname if origin else None
        return self.logins.get(origin) or self.logins.get(host or "") or ""


def load(environ: Mapping[str, str], setting: str | None = None) -> PipConfig:
    """Read all there is; what cannot be read becomes a warning. `setting` goes before it all."""
    warnings: list[str] = []
    layers = [_from_environment(environ)]
    layers += [_read(path, warnings) for path in _paths(environ)]

    def said(key: str) -> str:
        return next((layer[key] for layer in layers if layer.get(key)), "")

    logins = _from_netrc(environ, warnings)
    index = setting or said("index-url")
    others = [text for text in said("extra-index-url").split() if _is_web(text, warnings)]
    return PipConfig(
        _without_login(index, logins) if index and _is_web(index, warnings) else None,
        tuple(_without_login(text, logins) for text in others),
        said("cert") or None,
        said("proxy") or None,
        logins,
        tuple(warnings),
    )


def _is_web(address: str, warnings: list[str]) -> bool:
    if re.match(r"https?://[^/]", address, re.IGNORECASE):
        return True
    told = shown(re.sub(r"//[^/@]*@", "//", address))[:100]
    warnings.append(f"pip.conf: {told} is not asked: only http(s) indexes are")
    return False


def _without_login(address: str, logins: dict[str, str]) -> str:
    """The address with a slash at its end; what stands before an @ goes to `logins`."""
    scheme, _, rest = address.partition("://")
    place, slash, path = rest.partition("/")
    login, at, host = place.rpartition("@")
    bare = f"{scheme.lower()}://{host}{slash}{path}".rstrip("/") + "/"
    if at and _origin(bare):
        user, _, password = login.partition(":")
        logins[_origin(bare)] = _basic(unquote(user), unquote(password))
    return bare


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # asking it will tell what is wrong with it
        return ""
    return f"{parts.scheme}://{parts.hostname}:{port or {'https': 443}.get(parts.scheme, 80)}"


def _basic(user: str, password: str) -> str:
    pair = f"{user}:{password}".encode("utf-8", "surrogatepass")
    return f"Basic {b64encode(pair).decode()}"


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name[4:].lower().replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("PIP_") and value
    }


def _paths(environ: Mapping[str, str]) -> Iterable[str]:
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home = home_dir(environ)
    own = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    machine = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    return [
        *([expand(named, home)] if named else []),
        *([os.path.join(venv, "pip.conf")] if (venv := environ.get("VIRTUAL_ENV")) else []),
        os.path.join(own, "pip", "pip.conf"),
        os.path.join(home, ".pip", "pip.conf"),
        os.path.join(home, "Library", "Application Support", "pip", "pip.conf"),
        "/etc/pip.conf",
        *(os.path.join(folder, "pip", "pip.conf") for folder in machine if folder),
    ]


def _read(path: str, warnings: list[str]) -> dict[str, str]:
    try:
        text = decode(files.read_bounded(path, LIMIT_BYTES))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        warnings.append(f"{path}: cannot be read ({files.reason(error)}); ignored")
        return {}
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        line = getattr(error, "lineno", None)
        where = f", line {line}" if line else ""
        warnings.append(f"{path}{where}: not a configuration file of pip; ignored")
        return {}
    found: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            found.update({key.replace("_", "-"): value for key, value in parser.items(section)})
    return found


def _from_netrc(environ: Mapping[str, str], warnings: list[str]) -> dict[str, str]:
    path = environ.get("NETRC") or os.path.join(home_dir(environ), ".netrc")
    try:
        files.read_bounded(path, LIMIT_BYTES)
        hosts = netrc.netrc(path).hosts
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        warnings.append(f"{path}: cannot be read as a netrc file; ignored")
        return {}
    return {
        host: _basic(login, password or "")
        for host, (login, _, password) in hosts.items()
        if host != "default"
    }
