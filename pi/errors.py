"""Errors, classed by what the caller can do about them, and the exit codes they map to.

Every message is one readable line: what is wrong, where, and what to do. `Cancelled` is not an
error: it is raised at blocking points when the token fired, and derives from BaseException so
that a tool's or an extension's `except Exception` cannot swallow it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    ErrorKind = Literal[
        "overloaded",  # the provider is over capacity: retry
        "rate_limit",  # too many requests; `retry_after_s` says when, if known: retry
        "server",  # 5xx or an internal error: retry
        "network",  # refused, reset, DNS, a handshake broken off, cut stream: retry
        "stall",  # connected, but no byte in time: retry
        "protocol",  # an answer that is not of the format (HTML, malformed record): retry
        "quota",  # out of credit, plan limit: stop
        "auth",  # key missing, refused or expired: stop, exit 3
        "context_overflow",  # too many tokens: compact
        "content_filter",  # refused by policy: stop
        "bad_request",  # our request or setting is wrong, a certificate not trusted: stop
        "unknown",
    ]

EXIT_OK = 0
EXIT_FAILED = 1  # the model or a tool run failed, or the answer was cut at its length limit
EXIT_USAGE = 2  # wrong flags or wrong configuration
EXIT_NO_MODEL = 3  # no usable model, or the credentials were refused
EXIT_NO_READER = 141  # the reader of standard output went away, as SIGPIPE would say


class PiError(Exception):
    """Base of all errors of the program that a user sees as one line."""

    exit_code = EXIT_FAILED


class UsageError(PiError):
    """The command line or a configuration file asks for something that cannot be done."""

    exit_code = EXIT_USAGE


class NoModelError(PiError):
    """No model can be used: none configured, none found, or no credentials."""

    exit_code = EXIT_NO_MODEL


class SessionError(PiError):
    """A session cannot be found, read or written."""


class PackageError(PiError):
    """A package cannot be found, fetched, unpacked or put in its place."""


class ToolError(PiError):
    """A tool failed; the text goes to the model as the call's result.

    `details` are the result's optional details, `content` replaces the text block when given.
    """

    def __init__(self, message: str, details: object = None) -> None:
        super().__init__(message)
        self.details = details


class ProviderError(PiError):
    """A model request failed.

    Fields: `kind` (see ErrorKind), `status` (HTTP status or None), `retry_after_s` (what the
    provider asked for, or None), `code` (the vendor's own error type or code, or None).
    """

    def __init__(
        self,
        message: str,
        kind: ErrorKind = "unknown",
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.retry_after_s = retry_after_s
        self.code = code

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        return EXIT_NO_MODEL if self.kind == "auth" else EXIT_FAILED


class Cancelled(BaseException):
    """The cancel token fired. Caught in one place per run and turned into `aborted`."""
