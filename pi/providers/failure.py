"""What a provider's error means: one classification for all of them, one readable line each.

Vendors put errors in many shapes: `{"error": {"message", "type", "code"}}`, `{"message"}`,
`{"detail"}`, `{"errors": [{"message"}]}`, a bare string, HTML, nothing. `from_http` reads a failed
HTTP answer, `from_object` an error that came inside a stream. The line keeps the vendor's own words
and never holds raw JSON:

    429 Too Many Requests: Rate limit reached for gpt-x (rate_limit_exceeded)

Kinds are decided by the vendor's code or type first, then by its words, then by the status. Word
lists are data: facts about what services say, seen in the reference and in vendors' documentation.
"""

from __future__ import annotations

import json
import re

from pi.errors import ProviderError
from pi.providers.ratelimit import until_reset
from pi.text.latepattern import LatePattern
from pi.text.unicode import clean, decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pi.errors import ErrorKind

_MAX_LINE = 1000  # characters of a vendor's message that are kept
_LONG_PAUSE_S = 60.0  # from how long on a pause is told; shorter ones are simply made
_CONTROL = LatePattern(r"[\x00-\x1f\x7f-\x9f]+")


def _words(*patterns: str) -> LatePattern:
    return LatePattern("|".join(patterns), re.IGNORECASE)


_RATE_LIMIT = _words(
    r"rate.?limit", r"too many requests", r"throttl", r"ResourceExhausted", r"RESOURCE_EXHAUSTED"
)

_QUOTA = _words(
    r"insufficient.?(quota|balance|credit|funds)",
    r"quota.?exceeded|exceeded your (current )?quota",
    r"billing|payment required|out of (budget|credits)|credit balance|available balance",
    r"usage.?limit|UsageLimitError|spend(ing)? limit",
    r"subscription_sharing_usage_limit|workplace_individual_usage_limit",
)

_OVERFLOW = _words(
    r"context.?length.?exceeded|context.?window.?exceed|exceed\w* (the )?context.?window",
    r"prompt (is )?too long|prompt exceeds max|maximum prompt length",
    r"(maximum|greater than the|longer than the model'?s|exceed\w* (max )?) ?context.?length",
    r"input is too long|input token count.*exceed|maximum allowed input length",
    r"exceeds the available context|configured context size|maximum context length",
    r"too many (input )?tokens|token limit exceeded|exceeded model token limit",
    r"reduce the length of the messages|range of input length should be",
    r"request_too_large|exceeds the limit of \d+|context window exceeds limit",
)

_OVERLOADED = _words(
    r"overloaded|server_busy|servers? (is|are) (currently )?busy|at capacity|high demand",
    r"service.{0,4}(is.)?(temporarily.)?unavailable",
)

_FILTER = _words(
    r"content.?(filter|policy|management)|safety (system|filter)|flagged|refus(al|ed to)"
)

_SERVER = _words(
    r"server.?error|internal.?(server.?)?error|provider.?returned.?(an.?)?error",
    r"upstream|try (your request )?again|retry your request|stream (was )?interrupted|terminated",
    r"timed? ?out|timeout|connection.?(error|lost|reset|refused)|network.?error",
    r"subscription_sharing_(usage|user)_unavailable",
)

_AUTH = _words(
    r"invalid.?(api.?key|x-api-key|token|authentication)|incorrect api key|unauthorized",
    r"api.?key (is )?(not valid|invalid|expired)",
    r"authentication.?(error|failed)|permission.?denied|expired.?token|token.*expired",
)

_STATUS_KINDS: dict[int, ErrorKind] = {
    401: "auth",
    402: "quota",
    403: "auth",
    408: "server",
    413: "context_overflow",
    425: "server",
    429: "rate_limit",
    503: "overloaded",
    529: "overloaded",
}

_NOT_RETRIED = frozenset((400, 401, 403, 404, 405, 422))
"""Statuses that blame the request: words like "try again" in them do not make it worth repeating,
but a plain "server_error" or "overloaded" does (several gateways wrap such failures in a 400)."""

_NOT_THERE = frozenset((401, 403, 404, 405))
"""Statuses that a general code such as "api_error" does not outweigh."""

_CODE_KINDS: dict[str, ErrorKind] = {
    "1308": "quota",  # z.ai: plan limit reached
    "insufficient_quota": "quota",
    "rate_limit_exceeded": "rate_limit",
    "rate_limit_error": "rate_limit",
    "overloaded_error": "overloaded",
    "authentication_error": "auth",
    "permission_error": "auth",
    "invalid_api_key": "auth",
    "context_length_exceeded": "context_overflow",
    "content_filter": "content_filter",
    "server_error": "server",
    "api_error": "server",
    "timeout_error": "server",
    "usage_not_included": "quota",  # ChatGPT: the plan has no such model
    "billing_error": "quota",
    "accessdeniedexception": "auth",  # from here on: AWS
    "expiredtokenexception": "auth",
    "internalfailure": "server",
    "internalserverexception": "server",
    "invalidsignatureexception": "auth",
    "missingauthenticationtokenexception": "auth",
    "modelerrorexception": "server",
    "modelnotreadyexception": "overloaded",
    "modelstreamerrorexception": "server",
    "modeltimeoutexception": "server",
    "serviceunavailableexception": "overloaded",
    "throttlingexception": "rate_limit",
    "unrecognizedclientexception": "auth",
}


def from_http(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error of an answer whose status is not 2xx. `headers` has lower-case names.

    `body` may be cut; a few kilobytes are enough.
    """
    text = clean(decode(body)).strip()
    message, code = _read_body(text, headers.get("content-type", ""))
    code = code or _one_line(headers.get("x-amzn-errortype", "").partition(":")[0]) or None
    from http import HTTPStatus  # noqa: PLC0415 - only when something failed: 6 ms

    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    head = f"{status} {phrase}".strip()
    line = f"{head}: {message}" if message else head
    if code and code.lower() not in line.lower():
        line += f" ({code})"
    kind = _kind(status, code, message)
    if status in (400, 413) and not text:
        kind = "context_overflow"  # Cerebras answers an overflow with an empty body
    details = _google_details(text)
    if kind == "quota" and _is_by_minute(details):
        kind = "rate_limit"
    delay = retry_after(headers, message)
    delay = _told_delay(details) if delay is None else delay
    if kind == "rate_limit" and delay is None:
        delay = until_reset(headers, http_date(headers.get("date")))
    if kind == "quota" and delay is None:
        delay = _until_reset(text, headers)
        line += "" if delay is None else f"; it resets in {_span(delay)}"
    elif kind != "quota" and delay is not None and delay > _LONG_PAUSE_S:
        line += f"; it asks to wait {_span(delay)}"
    return ProviderError(line, kind, status=status, retry_after_s=delay, code=code)


def from_object(value: object, status: int | None = None, prefix: str = "") -> ProviderError:
    """The error a provider reported inside a stream: its error object, string or whole chunk."""
    message, code = _read_value(value)
    if status is None and code and code.isdigit() and 400 <= int(code) < 600:
        status = int(code)
    line = message or "the provider reported an error without saying which"
    if code and code.lower() not in line.lower():
        line = f"{line} ({code})" if not code.isdigit() else f"{code}: {line}"
    if prefix:
        line = f"{prefix}: {line}"
    return ProviderError(
        line,
        _kind(status, code, message),
        status=status,
        retry_after_s=retry_after({}, message),
        code=code,
    )


def from_wrong_type(content_type: str, body: bytes) -> ProviderError:
    """The error of a 2xx answer that is not a stream: an HTML page, or one JSON value.

    Not worth repeating when it is a page: a login portal or a wrong base URL answers like this.
    """
    text = clean(decode(body)).strip()
    message, code = _read_body(text, content_type)
    if text[:1] in "{[" and message:
        return ProviderError(message, _kind(None, code, message), code=code)
    what = message or f"{content_type or 'a body without a type'}"
    return ProviderError(
        f"the answer is not an event stream but {what}; check the provider's baseUrl",
        "bad_request",
    )


def from_unreadable(event: str | None, data: str) -> ProviderError:
    """The error of a record of a stream that is not JSON. `event` is its name, if it has one."""
    if event == "error":
        return from_object(data)
    shown = _one_line(data)[:100]
    return ProviderError(f"the answer has a chunk that is not JSON: {shown}", "protocol")


def retry_after(
    headers: Mapping[str, str], message: str = "", now_s: float | None = None
) -> float | None:
    """Seconds until the provider wants to be asked again; None when it did not say.

    Reads `retry-after-ms`, `retry-after` (seconds or an HTTP date), and phrases like
    "try again in 1m30.5s". A date needs the current time, `now_s` or the answer's own Date header.
    Source: RFC 9110 section 10.2.3.
    """
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        seconds = _number(headers.get(name))
        if seconds is not None:
            return max(0.0, seconds * scale)
    date = http_date(headers.get("retry-after"))
    if date is not None:
        now = now_s if now_s is not None else http_date(headers.get("date"))
        return None if now is None else max(0.0, date - now)
    return _spoken_delay(message)


def _kind(status: int | None, code: str | None, message: str) -> ErrorKind:
    known = _CODE_KINDS.get((code or "").lower())
    if known is not None and not (known == "server" and status in _NOT_THERE):
        return known
    said = f"{code or ''} {message}"
    if _RATE_LIMIT.search(said) and not _QUOTA.search(said):
        return "rate_limit"
    for pattern, kind in (
        (_QUOTA, "quota"),
        (_OVERFLOW, "context_overflow"),
        (_OVERLOADED, "overloaded"),
    ):
        if pattern.search(said):
            return kind
    return _kind_by_status(status, said)


def _kind_by_status(status: int | None, said: str) -> ErrorKind:
    if status in _STATUS_KINDS:
        return _STATUS_KINDS[status]
    if status is not None and status >= 500:
        return "server"
    if re.search(r"server.?error|internal.?error", said, re.IGNORECASE):
        return "server"
    for pattern, kind in ((_FILTER, "content_filter"), (_AUTH, "auth")):
        if pattern.search(said):
            return kind
    if status is not None and (status in _NOT_RETRIED or 400 <= status < 500):
        return "bad_request"
    return "server" if _SERVER.search(said) else "unknown"


def _read_body(text: str, content_type: str) -> tuple[str, str | None]:
    if not text:
        return "", None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        if "html" in content_type or text[:1] == "<":
            return f"an HTML page ({_html_title(text)})", None
        return _one_line(text), None
    return _read_value(value)


def _read_value(value: object) -> tuple[str, str | None]:
    """(message, code) from whatever shape an error has."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if not isinstance(value, dict):
        return _unwrapped(value if isinstance(value, str) else ""), None
    inner = _inner(value)
    if inner is not None:
        message, code = _read_value(inner)
        detail = _upstream_words(value, inner)
        if detail and detail not in message:
            message = f"{message}: {detail}" if message else detail
        return message, code or _code(value)
    for key in ("message", "detail", "msg", "error_description", "Message", "title", "reason"):
        words = value.get(key)
        if isinstance(words, str) and words.strip():
            return _unwrapped(words), _code(value)
        if isinstance(words, (dict, list)):
            return _read_value(words)[0], _code(value)
    return "", _code(value)


def _inner(value: dict[str, Any]) -> object | None:
    for key in ("error", "errors"):
        if value.get(key):
            return value[key]
    return None


def _upstream_words(outer: dict[str, Any], inner: object) -> str:
    """What a gateway quotes of the provider behind it (OpenRouter: `error.metadata.raw`)."""
    metadata = inner.get("metadata") if isinstance(inner, dict) else None
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    if not isinstance(raw, str):
        return ""
    try:
        return _read_value(json.loads(raw))[0]
    except (ValueError, RecursionError):
        return _one_line(raw)


def _code(value: dict[str, Any]) -> str | None:
    for key in ("code", "type", "status", "__type"):
        code = value.get(key)
        if isinstance(code, int) and not isinstance(code, bool):
            return str(code)
        if isinstance(code, str) and code and code != "error":
            return _one_line(code.rpartition("#")[2] if key == "__type" else code)[:100]
    return None


def _one_line(text: str) -> str:
    line = " ".join(_CONTROL.sub(" ", clean(text)).split())
    return line if len(line) <= _MAX_LINE else f"{line[:_MAX_LINE]}..."


def _unwrapped(text: str) -> str:
    """A message in one line. A gateway may quote the answer of the provider behind it in there, as
    JSON at its end: of that only the words."""
    quoted = re.search(r"\[?\{", text)
    if quoted is None or not text.rstrip().endswith(("}", "]")):
        return _one_line(text)
    try:
        inner = _read_value(json.loads(text[quoted.start() :]))[0]
    except (ValueError, RecursionError):
        inner = ""
    return _one_line(f"{text[: quoted.start()]}{inner}" if inner else text)


def _html_title(text: str) -> str:
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return _one_line(title.group(1))[:200] if title and title.group(1).strip() else "no title"


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def http_date(text: str | None) -> float | None:
    """The date of a header in Unix seconds; None for what is none."""
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - rare, and 15 ms

    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError):
        return None


_SPOKEN = LatePattern(
    r"(?:try again|retry|reset\w*)\D{0,20}? (?:in|after)\s+"
    r"(?:(?P<h>\d+)\s*h\w*\s*)?(?:(?P<m>\d+)\s*m(?:in\w*)?(?!s)\s*)?"
    r"(?:(?P<s>\d+(?:\.\d+)?)\s*s\w*|(?P<ms>\d+(?:\.\d+)?)\s*ms)?",
    re.IGNORECASE,
)


_RETRY_DELAY = LatePattern(r"(\d{1,9}(?:\.\d{1,9})?)s")


def _google_details(text: str) -> list[dict[str, Any]]:
    """What an error of Google's adds: `{"error": {"details": [{"retryDelay": "22s"}, ...]}}`."""
    try:
        value = json.loads(text) if '"details"' in text else None
    except (ValueError, RecursionError):
        return []
    if isinstance(value, list):
        value = value[0] if value else None
    error = value.get("error") if isinstance(value, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    found = details if isinstance(details, list) else []
    return [detail for detail in found if isinstance(detail, dict)]


def _told_delay(details: list[dict[str, Any]]) -> float | None:
    """The seconds such details ask to wait."""
    told = (str(detail.get("retryDelay")) for detail in details)
    found = next((match for delay in told if (match := _RETRY_DELAY.fullmatch(delay))), None)
    return float(found[1]) if found else None


def _is_by_minute(details: list[dict[str, Any]]) -> bool:
    """Whether the quota they name is one of a minute and none of a day: it is there again soon."""
    ids = [
        str(violation.get("quotaId"))
        for detail in details
        for violation in (detail.get("violations") or ())
        if isinstance(violation, dict)
    ]
    return any("PerMinute" in name for name in ids) and not any("PerDay" in name for name in ids)


def _spoken_delay(message: str) -> float | None:
    found = _SPOKEN.search(message)
    if found is None or not any(found.groups()):
        return None
    scale = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
    return sum(float(found[unit]) * size for unit, size in scale.items() if found[unit])


_RESET_IN = LatePattern(r'"resets_in_seconds"\s*:\s*(\d{1,9})\b')
_RESET_AT = LatePattern(r'"resets_at"\s*:\s*(\d{9,11})\b')


def _until_reset(text: str, headers: Mapping[str, str]) -> float | None:
    """Seconds until a plan's limit is lifted, as ChatGPT says it in the error object."""
    told = _RESET_IN.search(text)
    if told is not None:
        return float(told[1])
    moment, now = _RESET_AT.search(text), http_date(headers.get("date"))
    return None if moment is None or now is None else max(0.0, int(moment[1]) - now)


def _span(seconds: float) -> str:
    """A length of time in words: 90 minutes are "2 h"."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds > size * 1.5:
            return f"{round(seconds / size)} {unit}"
    return f"{round(seconds)} s"
