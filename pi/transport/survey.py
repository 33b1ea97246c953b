"""How requests would travel, without sending one: certificates, proxies, the TLS library.

survey(os.environ)
# Tls("OpenSSL 3.0.15 ...", Roots(...), certificates=142, trouble="")
way("https://api.example.com", os.environ, None)      "directly", or "through the proxy ..."
"""

from __future__ import annotations

import ssl

from pi.errors import ProviderError
from pi.transport import proxy, roots, route, tls
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.transport.roots import Roots


class Tls(Value):
    """The TLS library, the authorities in force, how many certificates of their files were loaded
    (those of folders are looked up when needed), and why none can be used, "" if they can."""

    library: str
    roots: Roots
    certificates: int
    trouble: str


def survey(environ: Mapping[str, str]) -> Tls:
    """What stands behind https here."""
    paths = ssl.get_default_verify_paths()
    found = roots.choose(environ, paths.openssl_cafile, paths.openssl_capath)
    try:
        context = tls.build_context(environ)
    except ProviderError as error:
        return Tls(ssl.OPENSSL_VERSION, found, 0, str(error))
    return Tls(ssl.OPENSSL_VERSION, found, context.cert_store_stats()["x509"], "")


def way(address: str, environ: Mapping[str, str], setting: str | None) -> str:
    """How an address is reached: directly, or through which proxy. Raises ProviderError."""
    url = route.parse(address)
    found = proxy.proxy_for(url, environ, setting)
    return "directly" if found is None else f"through the proxy {found.place}, from {found.source}"
