"""Asking registries, indexes and servers of archives; with patience, a cache and no trust.

    fetch = Fetch(transport, cache, credential=npmrc.authorization, hint="...")
    fetch.document(url, "application/json", "left-pad", token)      bytes, perhaps from the cache
    fetch.archive(url, expected, "left-pad@1.3.0", Job(token))      Archive(path, digests)

Vocabulary: the *subject* is what a failure is about, "left-pad@1.3.0"; a *place* is host:port.

A credential goes to the URL it was configured for and, once a redirect has left that server, to
nobody. Redirects to plain http are followed at the same server only, where there was no encryption
before, and none leads from elsewhere to this machine.
Overload, server errors and broken connections are tried again with growing pauses; the answer of a
cache counts only when the server says so (ETag, Last-Modified), or offline.

Known limits: downloads begin anew after a break; no more than 256 MiB of an archive.
"""

from __future__ import annotations

import os
from contextlib import suppress
from random import random
from urllib.parse import urljoin

from pi import files
from pi.errors import PackageError, ProviderError
from pi.packages import integrity
from pi.packages.cache import DOCUMENT_LIMIT, Document
from pi.providers.failure import retry_after
from pi.request import Request
from pi.retry import Policy, delay_ms
from pi.transport import Limits
from pi.transport.route import is_loopback, parse
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from pi.cancel import CancelToken
    from pi.errors import ErrorKind
    from pi.packages.cache import Cache
    from pi.packages.integrity import Digests, Expected
    from pi.packages.progress import Job
    from pi.transport import Response, Transport
    from pi.transport.route import Url

    T = TypeVar("T")

ARCHIVE_LIMIT = 256 * 2**20
MAX_HOPS = 5
LIMITS = Limits(connect_s=15.0, first_byte_s=60.0, idle_s=60.0)
POLICY = Policy(max_retries=2, base_delay_ms=500, max_delay_ms=10_000, max_requested_ms=30_000)

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_KINDS: dict[int, ErrorKind] = {401: "auth", 403: "auth", 408: "network", 429: "rate_limit"}
_PIECE = 1 << 20


class FetchError(PackageError):
    """A server could not be asked, or refused. `status` is its HTTP status, if it answered."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Archive(Value):
    """A downloaded archive: where it lies (read it, do not change it), and what it hashes to."""

    path: str
    digests: Digests


class Fetch:
    """Asks servers for documents and archives.

    `credential` gives the value of the Authorization header for a URL, "" for none. `hint` says
    where a user writes credentials down; it ends an error line. `offline`: only what the cache has.
    """

    def __init__(
        self,
        transport: Transport,
        cache: Cache,
        *,
        credential: Callable[[str], str] = lambda _: "",
        hint: str = "",
        offline: bool = False,
        policy: Policy = POLICY,
    ) -> None:
        self.offline = offline
        self._transport = transport
        self._cache = cache
        self._credential = credential
        self._hint = hint
        self._policy = policy

    def document(self, url: str, accept: str, subject: str, token: CancelToken) -> bytes:
        """The body of a small answer. Raises FetchError, Cancelled."""
        kept = self._cache.document(url)
        if self.offline:
            if kept is None:
                raise FetchError(_not_cached(subject))
            return kept.body
        validators = kept.validators if kept else {}
        headers = {"Accept": accept, **validators}

        def ask() -> Document:
            with self._open(url, headers, token) as response:
                if response.status == 304 and kept is not None:
                    return kept
                self._insist(response, url, subject)
                return Document(url, _validators(response), _whole(response, subject))

        found = self._patiently(ask, subject, token)
        if found is not kept:
            self._cache.keep_document(found)
        return found.body

    def archive(
        self,
        url: str,
        expected: Expected,
        subject: str,
        job: Job,
    ) -> Archive:
        """An archive that matches the `expected` hashes. Raises PackageError, Cancelled."""
        try:
            kept = self._kept_archive(expected)
            if kept is not None:
                return kept
            if self.offline:
                raise FetchError(_not_cached(subject))
            return self._patiently(
                lambda: self._download(url, expected, subject, job), subject, job.token
            )
        except OSError as error:
            raise PackageError(
                f"{subject}: cannot be kept on the disk ({files.reason(error)})"
            ) from None

    def tidy(self) -> None:
        """Keep the cache within its limits."""
        self._cache.trim()

    def _kept_archive(self, expected: Expected) -> Archive | None:
        for name in [name for name in integrity.ALGORITHMS if name in expected][:1]:
            for digest in expected[name]:
                path = self._cache.archive(name, digest)
                if path is None:
                    continue
                digests = _digests_of(path)
                if digests.digest(name) == digest:
                    return Archive(path, digests)
                self._cache.drop_archive(path)
        return None

    def _download(
        self,
        url: str,
        expected: Expected,
        subject: str,
        job: Job,
    ) -> Archive:
        partial = self._cache.partial_path()
        try:
            with self._open(url, {"Accept": "*/*"}, job.token) as response:
                self._insist(response, url, subject)
                digests = _save(response, partial, subject, job)
            integrity.check(expected, digests, subject)
            name = next((name for name in integrity.ALGORITHMS if name in expected), "sha512")
            return Archive(self._cache.keep_archive(partial, name, digests.digest(name)), digests)
        except BaseException:
            with suppress(OSError):
                os.unlink(partial)
            raise

    # --- one request -----------------------------------------------------------------------------

    def _open(self, url: str, headers: dict[str, str], token: CancelToken) -> Response:
        """The answer to a GET, behind whatever redirects. Raises ProviderError, Cancelled."""
        here = start = parse(url)
        is_home = True
        for _ in range(MAX_HOPS):
            secret = self._credential(here.text) if is_home else ""
            sent = {**headers, "Authorization": secret} if secret else headers
            request = Request(here.text, sent, b"", auth="none", framing="json", method="GET")
            response = self._transport.open(request, token, LIMITS, follow=False)
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or not location:
                return response
            response.close()
            here = next_place(here, location)
            is_home = is_home and here.origin == start.origin  # once away, always away
        raise ProviderError(f"{start.place} redirects in circles", "bad_request")

    def _insist(self, response: Response, url: str, subject: str) -> None:
        """Raises ProviderError for one that may pass, FetchError for a refusal that stays."""
        status, place = response.status, parse(url).place
        if status == 200:
            return
        kind = _KINDS.get(status) or ("server" if status >= 500 else "bad_request")
        if kind == "auth":
            who = "refuses the credential" if self._credential(url) else "asks for a credential"
            raise FetchError(f"{subject}: {place} {who} ({status}): {self._hint}", status)
        if status in (404, 410):
            also = f", or it is private: {self._hint}" if self._hint else ""
            raise FetchError(f"{subject}: not found at {place}{also}", status)
        delay_s = retry_after(response.headers)
        wish = f" and asks to wait {delay_s:.0f} s" if delay_s else ""
        text = f"{place} answered with status {status}{wish}"
        raise ProviderError(text, kind, status=status, retry_after_s=delay_s)

    def _patiently(self, work: Callable[[], T], subject: str, token: CancelToken) -> T:
        """What `work` returns; failures that pass are tried again. Raises FetchError."""
        attempt = 0
        while True:
            try:
                return work()
            except ProviderError as error:
                attempt += 1
                pause_ms = delay_ms(self._policy, attempt, error, random())
                if pause_ms is None:
                    words = str(error).replace("base URL", "address")
                    raise FetchError(f"{subject}: {words}", error.status) from None
            token.sleep(pause_ms / 1000)


def next_place(here: Url, location: str) -> Url:
    """Where a redirect leads. Raises ProviderError where it must not be followed."""
    try:
        there = parse(urljoin(here.text, location))
    except (ValueError, ProviderError):
        raise ProviderError(
            f"{here.place} redirects to an address that cannot be used", "bad_request"
        ) from None
    is_local = is_loopback(there.host)
    is_plain_elsewhere = there.host != here.host and not is_local
    if there.scheme == "http" and (here.scheme == "https" or is_plain_elsewhere):
        raise ProviderError(
            f"{here.place} redirects to {there.place} without encryption, which is not followed",
            "bad_request",
        )
    if is_local and not is_loopback(here.host):
        raise ProviderError(
            f"{here.place} redirects to this machine ({there.place}), which is not followed",
            "bad_request",
        )
    return there


def _validators(response: Response) -> dict[str, str]:
    pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
    return {ours: value for ours, theirs in pairs if (value := response.headers.get(theirs))}


def _whole(response: Response, subject: str) -> bytes:
    body = response.read(DOCUMENT_LIMIT + 1)
    if len(body) > DOCUMENT_LIMIT:
        raise FetchError(
            f"{subject}: the answer is larger than {DOCUMENT_LIMIT >> 20} MiB, which is refused"
        )
    return body


def _save(response: Response, path: str, subject: str, job: Job) -> Digests:
    length = response.headers.get("content-length", "")
    is_told = length.isdigit() and "content-encoding" not in response.headers
    total = int(length) if is_told else None
    digests, done = integrity.Digests(), 0
    job.tell("download", subject, 0, total)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(handle, "wb") as stream:
        for chunk in response.chunks():
            done += len(chunk)
            if done > ARCHIVE_LIMIT:
                raise FetchError(
                    f"{subject}: the archive is larger than {ARCHIVE_LIMIT >> 20} MiB, "
                    "which is refused"
                )
            digests.feed(chunk)
            stream.write(chunk)
            job.tell("download", subject, done, total)
    return digests


def _digests_of(path: str) -> Digests:
    digests = integrity.Digests()
    for piece in pieces_of(path):
        digests.feed(piece)
    return digests


def pieces_of(path: str) -> Iterator[bytes]:
    """The content of a regular file, piece by piece. Raises OSError."""
    with files.open_regular(path) as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _not_cached(subject: str) -> str:
    return f"{subject}: not in the cache, and pi is offline: install it once with a network"
