"""An npm registry: which versions a package has, and where their archives lie.

    split_spec("@scope/x@^1.2")          ("@scope/x", "^1.2"); without a version ("x", "")
    registry = Registry(fetch, address_of)
    registry.choose("left-pad", "^1.0", token)      Release("left-pad", "1.3.0", ...)

A *release* is one version with what its manifest says; a *dist-tag* is a name for a version. What
is chosen for a range is what `latest` names if the range takes it in, else the highest version that
is not deprecated, else the highest.

What a registry says is checked before it is used: names and versions must be such, since they
become paths; dependencies must be texts; addresses of archives must be https, or http at the same
server. An archive that a mirror says lies elsewhere is asked of the mirror first (unless
`replace-registry-host` of npmrc says never): the hash tells whether it is the same.

Source: npm's registry API, package metadata (abbreviated form). Known limit: no search.
"""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from pi.errors import PackageError, ProviderError
from pi.packages import integrity, semver
from pi.packages.fetch import FetchError
from pi.text.unicode import shown
from pi.transport.route import is_loopback, parse
from pi.value import Value, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pi.cancel import CancelToken
    from pi.packages.fetch import Archive, Fetch
    from pi.packages.integrity import Expected
    from pi.packages.progress import Job

ACCEPT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"
LONGEST_NAME = 214

_NAME = re.compile(
    r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~_-][a-z0-9._~-]*", re.ASCII | re.IGNORECASE
)
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,256}")
_RESERVED = frozenset(("node_modules", "favicon.ico"))
_MANY = 2000  # dependencies of one release: more is no honest package


class Release(Value):
    """One version of a package. `tarballs` are addresses of its archive, in the order to try."""

    name: str
    version: str
    tarballs: tuple[str, ...]
    expected: Expected
    dependencies: Mapping[str, str]  # name -> range; what is bundled is not among them
    deprecated: str = ""


def split_spec(spec: str) -> tuple[str, str]:
    """(name, what is wanted of it) of "name", "name@wanted", "@scope/name@wanted".

    Raises PackageError for a name that no package can have.
    """
    name, _, wanted = spec.strip().partition("@") if spec[:1] != "@" else _split_scoped(spec)
    return checked_name(name), wanted.strip()


def _split_scoped(spec: str) -> tuple[str, str, str]:
    name, at, wanted = spec.strip()[1:].partition("@")
    return f"@{name}", at, wanted


def checked_name(name: str) -> str:
    """`name`, if a package can be called so; it is safe as a path then. Raises PackageError."""
    if is_name(name):
        return name
    raise PackageError(
        f"{_quoted(name)} is not the name of an npm package: write name or @scope/name"
    )


def is_name(name: object) -> bool:
    """Whether a package can be called so."""
    return (
        isinstance(name, str)
        and len(name) <= LONGEST_NAME
        and _NAME.fullmatch(name) is not None
        and name.lower() not in _RESERVED
    )


class Registry:
    """Asks registries about packages; each package once.

    `address_of` gives the registry of a package's name (with a slash at its end, "" or None where
    none is known); `unknown` is the error line for that case. `replaces` is what npmrc calls
    `replace-registry-host`.
    """

    def __init__(
        self,
        fetch: Fetch,
        address_of: Callable[[str], str | None],
        unknown: str = "no npm registry is known",
        replaces: str | None = None,
    ) -> None:
        self.fetch = fetch
        self._address_of = address_of
        self._unknown = unknown
        self._replaces = replaces or ""
        self._known: dict[str, dict[str, Any]] = {}

    def choose(self, name: str, wanted: str, token: CancelToken) -> Release:
        """The release a range, a version or a dist-tag stands for.

        Raises PackageError, Cancelled.
        """
        packument = self._packument(name, token)
        version = _pick(packument, wanted)
        if version is None:
            raise PackageError(_no_match(name, wanted, packument))
        return self._release(name, version, packument["versions"][version])

    def _packument(self, name: str, token: CancelToken) -> dict[str, Any]:
        if name not in self._known:
            address = self._address_of(name)
            if not address:
                raise PackageError(f"{name}: {self._unknown}")
            url = address + name.replace("/", "%2f")
            body = self.fetch.document(url, ACCEPT, name, token)
            self._known[name] = _packument(body, name, urlsplit(url).netloc)
        return self._known[name]

    def _release(self, name: str, version: str, manifest: Mapping[str, Any]) -> Release:
        subject = f"{name}@{version}"
        dist = _object(manifest.get("dist"))
        expected = integrity.parse(_text(dist.get("integrity")))
        if not expected:
            expected = integrity.from_hex({"sha1": dist.get("shasum")})
        return Release(
            name,
            version,
            self.tarballs(name, subject, _text(dist.get("tarball"))),
            expected,
            dependencies_of(manifest),
            _text(manifest.get("deprecated")).strip(),
        )

    def archive(self, release: Release, subject: str, job: Job) -> tuple[Archive, str]:
        """The archive of a release, and the address it came from.

        Raises PackageError, Cancelled.
        """
        url, *others = release.tarballs
        try:
            return self.fetch.archive(url, release.expected, subject, job), url
        except FetchError:
            if not others:
                raise
        url = others[0]  # the mirror has no archives: where it says they are
        return self.fetch.archive(url, release.expected, subject, job), url

    def tarballs(self, name: str, subject: str, given: str) -> tuple[str, ...]:
        """The addresses to ask for an archive that is said to lie at `given`, in their order.

        Raises PackageError for one that must not be asked.
        """
        address = self._address_of(name)
        try:
            there = parse(given)
            home = parse(address or given)
        except ProviderError:
            raise PackageError(
                f"{subject}: the registry gives no usable address for its archive"
            ) from None
        if there.host == home.host:
            is_weaker = (home.scheme, there.scheme) == ("https", "http")
            return (replace(home, target=there.target).text if is_weaker else given,)
        is_local = is_loopback(there.host)
        if (is_local or there.scheme == "http") and not (is_local and is_loopback(home.host)):
            raise PackageError(
                f"{subject}: the registry says that its archive lies at "
                f"{there.scheme}://{there.place}, which is not asked: only https to other machines"
            )
        if self._replaces == "never" or "/-/" not in there.target:
            return (given,)
        moved = address + there.target.lstrip("/")
        is_sure = self._replaces in ("always", there.host)
        return (moved,) if is_sure else (moved, given)


def dependencies_of(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Name -> range of what a package needs to run; not what is optional or comes inside it.

    Raises PackageError for more than anybody can need.
    """
    left_out = set(_object(manifest.get("optionalDependencies")))
    found = _object(manifest.get("dependencies"))
    for key in ("bundleDependencies", "bundledDependencies"):
        bundled = manifest.get(key)
        if bundled is True:
            return {}
        left_out |= {*map(str, bundled)} if isinstance(bundled, list) else set()
    if len(found) > _MANY:
        raise PackageError(f"{manifest.get('name')}: it names {len(found)} dependencies: refused")
    return {
        name: wanted
        for name, wanted in found.items()
        if name not in left_out and is_name(name) and isinstance(wanted, str)
    }


def _packument(body: bytes, name: str, place: str) -> dict[str, Any]:
    """A registry's answer: its releases with valid versions, its tags that lead to one."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise PackageError(
            f"{name}: the answer of {place} is not JSON: is it a registry?"
        ) from None
    releases = _object(_object(found).get("versions"))
    versions = {
        version: manifest
        for version, manifest in releases.items()
        if _VERSION.fullmatch(version) and semver.parse(version) and isinstance(manifest, dict)
    }
    if not versions:
        raise PackageError(f"{name}: the answer of {place} lists no versions")
    tags = _object(found.get("dist-tags"))
    known = {tag: to for tag, to in tags.items() if isinstance(to, str) and to in versions}
    return {"versions": versions, "dist-tags": known}


def _pick(packument: Mapping[str, Any], wanted: str) -> str | None:
    versions, tags = packument["versions"], packument["dist-tags"]
    exact = semver.parse(wanted)
    if exact is not None:
        return next((text for text in versions if semver.parse(text) == exact), None)
    accepted = semver.parse_range(wanted)
    if accepted is None:
        return tags.get(wanted)
    latest = tags.get("latest")
    if latest is not None and (wanted in ("", "*") or accepted.accepts(semver.parse(latest))):
        return latest
    kept = [text for text, manifest in versions.items() if not manifest.get("deprecated")]
    return semver.best(accepted, kept) or semver.best(accepted, versions)


def _no_match(name: str, wanted: str, packument: Mapping[str, Any]) -> str:
    versions, tags = packument["versions"], packument["dist-tags"]
    newest = semver.best(semver.Range("", [[]]), versions) or next(reversed(versions))
    known = shown(", ".join(sorted(tags))[:200]) or "none"
    return (
        f"{name}: no version fits {_quoted(wanted)}; the newest is {newest}, its tags are {known}"
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _quoted(text: str) -> str:
    """A text from outside in a message: short, and without anything a terminal obeys."""
    return f'"{shown(text if len(text) <= 80 else text[:77] + "...")}"'
