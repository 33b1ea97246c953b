"""Application default credentials: what a machine has of Google Cloud's, as tokens for requests.

    is_there(lookup)              True: a file is there, or the machine is one of Google's
    source = open_source(lookup, transport, time)
    source(token)                 Credential(google-vertex, bearer, from ...)

Looked for in this order: the file GOOGLE_APPLICATION_CREDENTIALS names; the file `gcloud auth
application-default login` writes, in CLOUDSDK_CONFIG or `~/.config/gcloud`; the metadata server,
on a machine of Google's. What the files may hold is told by `google_grant`. Tokens are kept for the
run and renewed a minute before they expire. Requests are charged to GOOGLE_CLOUD_QUOTA_PROJECT or
the file's `quota_project_id`, if there is one.

Sources: Google's guide "How Application Default Credentials works"; the requests the reference
sends.
"""

from __future__ import annotations

import json
import os
import re

from pi.auth.credential import Credential
from pi.auth.exchange import Token, ask
from pi.auth.google_grant import Desk, token_of
from pi.errors import NoModelError, ProviderError
from pi.request import Request
from pi.transport import Limits, Transport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.auth.ambient import Lookup, Source
    from pi.cancel import CancelToken

PROVIDER = "google-vertex"
MARKER = "gcp-vertex-credentials"
"""Stands where a key would, to say that these credentials are meant; so does `<anything>`."""

_NAMED = "GOOGLE_APPLICATION_CREDENTIALS"
_FILE = "application_default_credentials.json"
_MACHINE_SIGNS = ("GCE_METADATA_HOST", "GCE_METADATA_IP", "K_SERVICE", "CLOUD_RUN_JOB")
_PRODUCT_FILE = "/sys/class/dmi/id/product_name"
_METADATA_HOST = "169.254.169.254"
_METADATA_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"
_METADATA_LIMITS = Limits(connect_s=1.0, first_byte_s=5.0, idle_s=5.0)
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")
_EARLY_S = 60.0  # how long before its end a token is renewed
_LARGEST = 1024 * 1024  # bytes of a credential file
_LOGIN = "run `gcloud auth application-default login`"


def is_marker(key: str) -> bool:
    """Whether a key is none, but says that the machine's credentials are meant."""
    return key == MARKER or (key.startswith("<") and key.endswith(">"))


def is_there(lookup: Lookup) -> bool:
    """Whether there seem to be credentials, by a look at variables and files."""
    path = _path(lookup)
    if path is None:
        return _is_on_google(lookup)
    return os.path.isfile(path)


def missing(lookup: Lookup) -> str:
    """What to do so that there are credentials, for a message."""
    path = lookup(_NAMED)
    if path:
        return f"let {_NAMED} name a file that is there (it says {path})"
    return _LOGIN


def open_source(
    lookup: Lookup, transport: Transport, now_s: Callable[[], float], _base_url: str = ""
) -> Source:
    """What gives the credential of one request; raises NoModelError, ProviderError, Cancelled."""
    path = _path(lookup)
    kept: list[tuple[Token, Credential]] = []  # the latest one; threads may both renew it

    def source(token: CancelToken) -> Credential:
        if kept and kept[-1][0].expires_s - _EARLY_S > now_s():
            return kept[-1][1]
        info = _read(path) if path else {}
        if path:
            fresh = _from_file(Desk(path, info, transport, token, now_s))
        else:
            fresh = _from_metadata(lookup, token, now_s)
        origin = path or "the metadata server"
        headers = _charged(lookup("GOOGLE_CLOUD_QUOTA_PROJECT") or info.get("quota_project_id"))
        kept[:] = [(fresh, Credential(PROVIDER, "bearer", fresh.secret, origin, {}, "", headers))]
        return kept[-1][1]

    return source


def _charged(project: object) -> dict[str, str]:
    """The header that says which project's quota pays."""
    is_good = isinstance(project, str) and project.isascii() and project.isprintable()
    return {"x-goog-user-project": project} if project and is_good else {}


def _from_file(desk: Desk) -> Token:
    try:
        return token_of(desk)
    except ProviderError as error:
        if error.kind == "auth" and desk.info.get("type") == "authorized_user":
            raise NoModelError(f"{error}; {_LOGIN}") from None
        raise


# --- where they are ------------------------------------------------------------------------------


def _path(lookup: Lookup) -> str | None:
    """The credential file to use; None when there is neither a named one nor gcloud's own."""
    named = lookup(_NAMED)
    if named:
        return os.path.abspath(os.path.expanduser(named))
    folder = lookup("CLOUDSDK_CONFIG")
    if not folder:
        home = lookup("HOME") or os.path.expanduser("~")
        folder = os.path.join(home, ".config", "gcloud")
    path = os.path.join(folder, _FILE)
    return path if os.path.isfile(path) else None


def _is_on_google(lookup: Lookup) -> bool:
    if any(map(lookup, _MACHINE_SIGNS)):
        return True
    try:
        with open(_PRODUCT_FILE, encoding="utf-8", errors="replace") as file:
            return file.read(100).startswith("Google")
    except OSError:  # not Linux, or not for everybody to read
        return False


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST)
        info = json.loads(data)
    except OSError as error:
        raise NoModelError(f"cannot read the credentials in {path}: {error.strerror}") from None
    except (ValueError, RecursionError):  # says nothing of the content: it is secret
        raise NoModelError(f"the credentials in {path} are not JSON: {_LOGIN}") from None
    if not isinstance(info, dict):
        raise NoModelError(f"the credentials in {path} are not an object: {_LOGIN}")
    return info


# --- the metadata server -------------------------------------------------------------------------


def _from_metadata(lookup: Lookup, token: CancelToken, now_s: Callable[[], float]) -> Token:
    """A token of the machine's own service account.

    The server is on the machine's own network and is never asked through a proxy.
    """
    host = lookup("GCE_METADATA_HOST") or lookup("GCE_METADATA_IP") or _METADATA_HOST
    if not _HOST.fullmatch(host):
        raise NoModelError("GCE_METADATA_HOST is not the name of a host: correct or unset it")
    headers = {"metadata-flavor": "Google", "accept": "application/json"}
    request = Request(f"http://{host}{_METADATA_PATH}", headers, b"", "none", "json", "GET")
    transport = Transport(environ={})
    try:
        reply = ask(transport, request, token, "the metadata server", limits=_METADATA_LIMITS)
    except ProviderError as error:
        raise NoModelError(
            f"no credentials of Google Cloud: {error}; {_LOGIN}, or let {_NAMED} name a file"
        ) from None
    finally:
        transport.close()
    return Token.of(reply, now_s(), "the metadata server")
