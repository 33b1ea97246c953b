"""TLS: which authorities are trusted, and what a failed handshake means.

The choice of certificates is `roots.choose`, a pure function; this applies it. Certificates and
host names are always verified; there is no switch to turn that off. Building a context costs 0.5 ms
with a hashed directory and 20 ms with a bundle file, so a transport builds one, and only when it
first meets an https URL.
"""

from __future__ import annotations

import ssl

from pi.errors import ProviderError
from pi.transport import roots, trouble

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.transport.roots import Roots

_NAME_THEM = "name a PEM file with your authority's certificates in PI_CA_BUNDLE or SSL_CERT_FILE"

_REMEDIES = {
    9: "check the clock of this machine",  # not yet valid
    10: "check the clock of this machine; otherwise the server must renew it",  # expired
    62: "the certificate is for another name: check the base URL",
    64: "the certificate is for another address: check the base URL",
}
"""OpenSSL's verify code -> what to do; anything else is an authority that is not known."""

_PLAIN_SIGNS = ("wrong version number", "http request", "record layer failure", "packet length")
"""What OpenSSL says of a server that answered in plain text."""


def build_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """A context that verifies servers by the roots that `environ` asks for.

    Raises ProviderError("bad_request") when certificates named by a variable cannot be loaded or
    none can be found at all.
    """
    paths = ssl.get_default_verify_paths()
    choice = roots.choose(environ, paths.openssl_cafile, paths.openssl_capath)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Python 3.13 refuses certificates of older private authorities; curl and Node do not.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a named certificate is a root
    context.set_alpn_protocols(["http/1.1"])
    _load(context, choice)
    return context


def refused(exc: Exception, peer: str) -> ProviderError:
    """The error line of a failed handshake; a certificate does not get better by trying again."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        remedy = _REMEDIES.get(exc.verify_code, _NAME_THEM)
        words = exc.verify_message.rstrip(".")
        text = f"the TLS certificate of {peer} cannot be trusted ({words}): {remedy}"
        return ProviderError(text, "bad_request")
    if isinstance(exc, TimeoutError):
        words = "no answer to the handshake in time"
    elif isinstance(exc, ssl.SSLError):
        words = (exc.reason or "broken off in the handshake").replace("_", " ").lower()
    else:
        words = trouble.reason(exc)
    if any(sign in words for sign in _PLAIN_SIGNS):
        words = "it does not speak TLS; write http:// in the base URL, or correct the port"
    return ProviderError(f"no TLS connection to {peer}: {words}", "network")


def _load(context: ssl.SSLContext, choice: Roots) -> None:
    if choice.trouble:
        raise ProviderError(choice.trouble, "bad_request")
    for source, path in choice.files:
        _load_file(context, source, path)
    for folder in choice.folders:
        context.load_verify_locations(capath=folder)
    if not choice.folders and not context.cert_store_stats()["x509"]:
        raise ProviderError(
            "no certificates of authorities were found on this machine, so no https server can be "
            f"trusted: install ca-certificates, or {_NAME_THEM}",
            "bad_request",
        )


def _load_file(context: ssl.SSLContext, source: str, path: str) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        reason = "it holds no PEM certificate"
    except OSError as exc:
        reason = trouble.reason(exc)
    else:
        return
    raise ProviderError(f"cannot use {path}, named by {source}: {reason}", "bad_request")
