"""A credential: a secret, and how it travels with a request."""

from __future__ import annotations

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.auth.sigv4 import AwsKeys

AMBIENT = "ambient"
"""The kind of a credential that is yet to be had from the machine, see `pi.auth.ambient`."""

ANTHROPIC_LOGIN = "sk-ant-oat"
"""How a token of an Anthropic login begins; it travels as a bearer token wherever it is from."""

_NO_HEADERS: Mapping[str, str] = {}


class Credential(Value):
    """A secret and how it travels: `kind` is "api_key", "bearer", "none", "ambient" or
    "aws"; that one has no secret but `aws`, keys to sign requests with.

    `source` says where it is from, `env` are variables that come with it, `header` is the header
    it has to itself at this provider, "" for the wire format's own. `headers` go along with it.
    """

    provider: str
    kind: str
    secret: str
    source: str
    env: dict[str, str]
    header: str = ""
    headers: Mapping[str, str] = _NO_HEADERS
    aws: AwsKeys | None = None

    def __repr__(self) -> str:  # never the secret
        return f"Credential({self.provider}, {self.kind}, from {self.source})"
