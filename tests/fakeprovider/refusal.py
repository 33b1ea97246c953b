"""Refusals: what a strict vendor says to a request it cannot accept, and shared checks.

A format's `check` raises `RefusedError`; the server answers 400 with the format's own error body.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tests.fakeprovider.request import Request


class RefusedError(Exception):
    """A request is not acceptable. `param` names the field, `code` is the vendor's word."""

    def __init__(
        self, message: str, param: str | None = None, code: str | None = None, status: int = 400
    ) -> None:
        super().__init__(message)
        self.param = param
        self.code = code
        self.status = status


_SURROGATE = re.compile("[\ud800-\udfff]")


def object_body(request: Request) -> dict[str, Any]:
    """The body, which must be a JSON object sent as JSON, without half surrogate pairs."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RefusedError(f"Unsupported content type: {kind or 'none'}; expected application/json")
    if not isinstance(request.body, dict):
        raise RefusedError(
            f"The request body is not a JSON object: {request.problem or 'wrong type'}"
        )
    place = _surrogate_in(request.body, "")
    if place is not None:
        raise RefusedError(
            f"The request body is not valid JSON: no low surrogate in string at {place}"
        )
    return request.body


def _surrogate_in(value: object, place: str) -> str | None:
    """Where half a surrogate pair stands, if anywhere."""
    if isinstance(value, str):
        return place if _SURROGATE.search(value) else None
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
        if any(_SURROGATE.search(key) for key in value):
            return place
    elif isinstance(value, list):
        items = enumerate(value)
    found = (_surrogate_in(item, f"{place}.{key}".lstrip(".")) for key, item in items)
    return next((where for where in found if where is not None), None)


def require(condition: object, message: str, param: str | None = None, code: str | None = None):
    """Raise RefusedError unless `condition` holds."""
    if not condition:
        raise RefusedError(message, param, code)


def is_count(value: object, least: int = 1) -> bool:
    """Whether a value is a whole number, `least` or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def is_filled(value: object) -> bool:
    """Whether a value is a string with something in it."""
    return isinstance(value, str) and value != ""


_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def check_name(name: object, place: str) -> None:
    """Raise RefusedError unless this is a tool's name as OpenAI takes it."""
    require(
        isinstance(name, str) and _NAME.fullmatch(name),
        f"Invalid '{place}': string does not match pattern. Expected a string that matches the "
        "pattern '^[a-zA-Z0-9_-]+$'.",
        place,
        "invalid_value",
    )
