"""Which authorities sign the certificates we trust: a choice of files, made without reading them.

The places are compiled into OpenSSL, so a program built on one family of distributions finds no
certificate at all on another, and OpenSSL says nothing about it. Companies with an authority of
their own name it in one of half a dozen variables. This settles all of it in one pure function.

    choose(os.environ, "/usr/lib/ssl/cert.pem", "/usr/lib/ssl/certs")
        -> Roots(files=[("PI_CA_BUNDLE", "/home/u/corp.pem")], folders=["/usr/lib/ssl/certs"])
"""

from __future__ import annotations

import os
import re

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, Red Hat
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/pki/tls/cacert.pem",
    "/etc/ssl/cert.pem",  # Alpine, macOS
    "/usr/local/share/certs/ca-root-nss.crt",  # FreeBSD
)
SYSTEM_FOLDERS = ("/etc/ssl/certs", "/etc/pki/tls/certs")

ADDED = ("PI_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
REPLACING = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.[0-9]+")


class Roots(Value):
    """`files` are PEM bundles, each with what named it; `folders` are hashed directories.

    A folder costs nothing until one of its certificates is needed, a bundle 20 ms. `trouble` is the
    error line for a variable that names nothing, or "".
    """

    files: list[tuple[str, str]]
    folders: list[str]
    trouble: str = ""


def choose(
    environ: Mapping[str, str],
    default_file: str,
    default_folder: str,
    bundles: Iterable[str] = SYSTEM_BUNDLES,
    hashed_folders: Iterable[str] = SYSTEM_FOLDERS,
) -> Roots:
    """Choose by the environment and by what exists on this machine.

    `default_file` and `default_folder` are those compiled into OpenSSL. In order:

    1. PI_CA_BUNDLE and NODE_EXTRA_CA_CERTS are added to whatever follows.
    2. SSL_CERT_FILE and SSL_CERT_DIR replace the default file and folder (OpenSSL's own rule: each
       its half); without them REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE, replaces both.
    3. OpenSSL's defaults, where they exist. A hashed folder is preferred to a file.
    4. The places where distributions keep theirs.

    A variable that names nothing is trouble, except NODE_EXTRA_CA_CERTS, which Node ignores then.
    """
    added = [(name, path) for name in ADDED if os.path.isfile(path := _value(environ, name))]
    if (missing := _value(environ, "PI_CA_BUNDLE")) and not os.path.isfile(missing):
        return _nothing_at("PI_CA_BUNDLE", missing)
    if _value(environ, "SSL_CERT_FILE") or _value(environ, "SSL_CERT_DIR"):
        found = _openssl_variables(environ, default_file, default_folder)
    elif name := next((name for name in REPLACING if _value(environ, name)), ""):
        found = _replacement(name, _value(environ, name))
    else:
        found = _first([default_folder], [default_file])
        found = found if found.files or found.folders else _first(hashed_folders, bundles)
    return Roots(found.files + added, found.folders, found.trouble)


def _openssl_variables(environ: Mapping[str, str], default_file: str, default_folder: str) -> Roots:
    file, folder = _value(environ, "SSL_CERT_FILE"), _value(environ, "SSL_CERT_DIR")
    if file and not os.path.isfile(file):
        return _nothing_at("SSL_CERT_FILE", file)
    folders = [part for part in folder.split(":") if os.path.isdir(part)]
    if folder and not folders:
        return _nothing_at("SSL_CERT_DIR", folder)
    if file:
        return Roots([("SSL_CERT_FILE", file)], folders if folder else _hashed([default_folder]))
    return Roots([("OpenSSL", default_file)] if os.path.isfile(default_file) else [], folders)


def _replacement(name: str, path: str) -> Roots:
    if os.path.isfile(path):
        return Roots([(name, path)], [])
    return Roots([], [path]) if os.path.isdir(path) else _nothing_at(name, path)


def _first(folders: Iterable[str], files: Iterable[str]) -> Roots:
    """The first hashed folder, or else the first file that exists."""
    found = _hashed(folders)
    if found:
        return Roots([], found)
    return Roots([("the system", path) for path in files if os.path.isfile(path)][:1], [])


def _hashed(folders: Iterable[str]) -> list[str]:
    """The first folder in which OpenSSL can look certificates up by name (1a2b3c4d.0)."""
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        if any(_HASHED_NAME.fullmatch(name) for name in names):
            return [folder]
    return []


def _value(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "").strip()


def _nothing_at(name: str, path: str) -> Roots:
    return Roots([], [], f"{name} names {path}, which does not exist: correct or unset it")
