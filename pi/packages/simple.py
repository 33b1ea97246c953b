"""An index of Python packages: which wheels it has.

    index = Index(fetch, ["https://pypi.example.com/simple/"], "no index is known")
    index.listing("markdown", token).wheels     [Wheel("markdown-3.6-py3-none-any.whl", ...), ...]

The first index that knows a name decides. Asked for JSON; the older HTML is read too. What an index
says is checked before it is used: addresses of files must be https, or http at the same server.

Source: the specification "Simple repository API" (PEP 503, 592, 691).
"""

from __future__ import annotations

import json
import platform
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin

from pi.errors import PackageError, ProviderError
from pi.packages import integrity, pep440, wheel
from pi.packages.fetch import FetchError
from pi.packages.requirement import normalised
from pi.transport.route import is_loopback, parse
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pi.cancel import CancelToken
    from pi.packages.fetch import Fetch
    from pi.packages.integrity import Expected

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.01"
)
_PYTHON = platform.python_version().partition("+")[0]


class Wheel(Value):
    """A file of an index that would run here. `yanked` is why its author took it back, or ""."""

    file_name: str
    version: str
    url: str
    expected: Expected
    yanked: str


class Listing(Value):
    """What an index has of one package: usable wheels, and how many other files and versions."""

    wheels: list[Wheel]
    others: int
    place: str


class Index:
    """Asks indexes about packages; about each once. `unknown` is the error where there is none."""

    def __init__(self, fetch: Fetch, addresses: Sequence[str], unknown: str) -> None:
        self.fetch = fetch
        self._addresses = addresses
        self._unknown = unknown
        self._known: dict[str, Listing] = {}

    def listing(self, name: str, token: CancelToken) -> Listing:
        """All wheels of a package. Raises PackageError, Cancelled."""
        name = normalised(name)
        if name not in self._known:
            self._known[name] = self._asked(name, token)
        return self._known[name]

    def _asked(self, name: str, token: CancelToken) -> Listing:
        if not self._addresses:
            raise PackageError(f"{name}: {self._unknown}")
        for address in self._addresses:
            url = f"{address}{name}/"
            try:
                body = self.fetch.document(url, ACCEPT, name, token)
            except FetchError as error:
                missing = error
                if error.status not in (404, 410):
                    raise
            else:
                return _listing(body, name, url)
        raise missing


def _listing(body: bytes, name: str, url: str) -> Listing:
    found, others, place = [], 0, parse(url).place
    for entry in _entries(body, name, place):
        read = _wheel(entry, name, url)
        if read is None:
            others += 1
        else:
            found.append(read)
    return Listing(found, others, place)


def _entries(body: bytes, name: str, place: str) -> list[dict[str, Any]]:
    if body.lstrip()[:1] == b"{":
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            raise PackageError(f"{name}: the answer of {place} is not JSON") from None
        entries = data.get("files")
        entries = entries if isinstance(entries, list) else []
        return [entry for entry in entries if isinstance(entry, dict)]
    reader = _Links()
    reader.feed(body.decode("utf-8", "replace"))
    return reader.entries


class _Links(HTMLParser):
    """The links of the older form, as entries of the newer."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag != "a" or not given.get("href"):
            return
        address, _, fragment = given["href"].partition("#")
        algorithm, _, digest = fragment.partition("=")
        self.entries.append(
            {
                "filename": unquote(address.partition("?")[0].rpartition("/")[2]),
                "url": address,
                "hashes": {algorithm: digest},
                "requires-python": given.get("data-requires-python"),
                "yanked": (given["data-yanked"] or True) if "data-yanked" in given else False,
            }
        )


def _wheel(entry: dict[str, Any], name: str, base: str) -> Wheel | None:
    """The wheel of an entry; None for what does not run here or cannot be used."""
    file_name, address = entry.get("filename"), entry.get("url")
    read = wheel.parse(file_name) if isinstance(file_name, str) else None
    if read is None or read.name != name or not isinstance(address, str):
        return None
    if pep440.parse(read.version) is None or not _fits_python(entry.get("requires-python")):
        return None
    url = _usable(address, base)
    if url is None:
        return None
    hashes = entry.get("hashes")
    expected = integrity.from_hex(hashes) if isinstance(hashes, dict) else {}
    yanked = entry.get("yanked")
    reason = yanked if isinstance(yanked, str) else "taken back by its author"
    return Wheel(file_name, read.version, url, expected, reason if yanked else "")


def _fits_python(text: object) -> bool:
    if not isinstance(text, str) or not text.strip():
        return True
    wanted = pep440.parse_specifiers(text)
    return wanted is None or pep440.accepts(wanted, pep440.parse(_PYTHON))


def _usable(address: str, base: str) -> str | None:
    home = parse(base)
    try:
        url = urljoin(base, address)
        there = parse(url)
    except (ValueError, ProviderError):
        return None
    if there.host == home.host and not (home.scheme == "https" and there.scheme == "http"):
        return url
    return url if there.scheme == "https" and not is_loopback(there.host) else None
