"""Errors as vendors send them: status, headers and body, by "vendor/kind".

Kinds that several vendors share have one name, so that a script can say "overloaded" and get the
words of whoever speaks the request's format: auth, rate_limit, overloaded, quota, overflow,
content_filter, server_error, not_found. Bodies are facts, seen in vendors' references and in public
bug reports; long tails that only advertise are left out, identifiers are made up. They stand in
`vendor_errors.json`, one a line.

Header values may hold the time of sending: `{http+5}` five seconds from now as an HTTP date,
`{iso+5}` as RFC 3339, `{ms+5}` as Unix milliseconds.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class VendorError(Value):
    """An error answer. `event` names the SSE event that carries it inside a stream, if any does."""

    status: int
    body: Any  # text is sent as it is, anything else as JSON
    headers: tuple[tuple[str, str], ...] = ()
    event: str = ""
    content_type: str = "application/json"

    @property
    def data(self) -> bytes:
        """The body in bytes."""
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


def error_of(value: object) -> VendorError:
    """The error a name or an object with fields means; a bare kind has no vendor yet.

    Raises ValueError.
    """
    if isinstance(value, VendorError):
        return value
    if isinstance(value, str):
        return VendorError(0, value) if "/" not in value else found(value)
    if isinstance(value, dict) and isinstance(value.get("status"), int):
        fields = {**value, "headers": tuple(value.get("headers", {}).items())}
        unknown = fields.keys() - set(VendorError.__slots__)
        if not unknown:
            return VendorError(**{"body": "", **fields})
        raise ValueError(f'unknown error field "{min(unknown)}"')
    raise ValueError('an error is a name like "openai/rate_limit", or an object with a status')


def found(name: str, vendor: str = "") -> VendorError:
    """The error of a name; a bare kind is looked up at `vendor`. Raises ValueError."""
    full = name if "/" in name or not vendor else f"{vendor}/{name}"
    if full not in ERRORS:
        kinds = ", ".join(key for key in ERRORS if not vendor or key.startswith(f"{vendor}/"))
        raise ValueError(f'unknown vendor error "{full}"; known are: {kinds}')
    return ERRORS[full]


def settled(error: VendorError, vendor: str) -> VendorError:
    """An error of `error_of` with its vendor known."""
    return found(str(error.body), vendor) if error.status == 0 else error


_TIME = re.compile(r"\{(http|iso|ms)\+(\d+)\}")


def with_time(text: str, now_s: float) -> str:
    """A header value with its `{...}` times filled in."""

    def filled(match: re.Match[str]) -> str:
        moment = now_s + int(match[2])
        if match[1] == "http":
            return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(moment))
        if match[1] == "iso":
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
        return str(int(moment * 1000))

    return _TIME.sub(filled, text)


ERRORS: dict[str, VendorError] = {
    name: error_of(fields)
    for name, fields in json.loads(
        (Path(__file__).parent / "vendor_errors.json").read_text("utf-8")
    ).items()
}
"""Every known error by its full name."""
