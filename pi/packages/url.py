"""A package from an address: an archive somewhere on the web.

    Urls(fetch).install("https://example.com/tools-1.0.tgz", "/a/folder", token=token)

The archive's single top folder ("tools-1.0/", "package/") is left out, as for npm. Without a hash
to compare with, what came is what is trusted; its own hash goes into the lock file. Only https, or
http to this machine.
"""

from __future__ import annotations

import os

from pi.errors import PackageError, ProviderError
from pi.packages import integrity, swap
from pi.packages.installed import Installed, Locked
from pi.packages.npm_tree import read_manifest
from pi.packages.progress import Job, silent
from pi.packages.unpack import unpack_into
from pi.transport.route import is_loopback, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.cancel import CancelToken
    from pi.packages.fetch import Fetch
    from pi.packages.progress import Progress

_PARTS = ("extensions", "skills", "prompts", "themes")
"""Folders that are a package's own and no wrapping."""


def public(url: str) -> str:
    """An address without what may be secret in it: user, password, query, fragment."""
    start, _, rest = url.partition("://")
    place, slash, path = rest.partition("#")[0].partition("?")[0].partition("/")
    return f"{start}://{place.rpartition('@')[2]}{slash}{path}"


class Urls:
    """Installs archives from addresses."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    def install(
        self,
        url: str,
        folder: str,
        *,
        token: CancelToken,
        progress: Progress | None = None,
        integrity: str = "",
    ) -> Installed:
        """Make what is in the archive the folder, in place of what was there.

        `integrity` is the hash it must have. When this fails nothing has changed. Raises
        PackageError, Cancelled.
        """
        job = Job(token, progress or silent)
        subject = public(url)
        _check(url, subject)
        archive = self._fetch.archive(url, _expected(integrity, subject), subject, job)
        with swap.in_place_of(folder, subject) as fresh:
            unpack_into(archive.path, fresh, subject, job)
            _lift(fresh)
            manifest = read_manifest(fresh) or {}
        name, version = (_text(manifest.get(key)) for key in ("name", "version"))
        found = archive.digests.text()
        entry = Locked(os.path.basename(folder), name or subject, version or "0", subject, found)
        return Installed(name, version, folder, found, subject, (), (entry,))


def _check(url: str, subject: str) -> None:
    try:
        place = parse(url)
    except ProviderError as error:
        words = str(error).replace("the URL of the request", "the address").split(":")[0]
        raise PackageError(f"{subject}: {words}") from None
    if place.scheme != "https" and not is_loopback(place.host):
        raise PackageError(f"{subject}: only https:// is fetched from other machines")


def _expected(text: str, subject: str) -> integrity.Expected:
    found = integrity.parse(text)
    if text and not found:
        raise PackageError(f"{subject}: the hash it must have is none that can be checked")
    return found


def _lift(folder: str) -> None:
    """If all there is is one folder, put its content in the place of it. Raises OSError."""
    names = os.listdir(folder)
    inner = os.path.join(folder, names[0]) if len(names) == 1 else ""
    if not inner or names[0] in _PARTS or os.path.islink(inner) or not os.path.isdir(inner):
        return
    aside = swap.fresh_name(folder)
    os.rename(inner, aside)
    os.rmdir(folder)
    os.rename(aside, folder)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
