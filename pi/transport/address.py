"""Names into addresses, without waiting longer than allowed.

    resolve("localhost", 8080, token, deadline)
        -> [(AF_INET6, ("::1", 8080)), (AF_INET, ("127.0.0.1", 8080))]

The system's resolver can hang for minutes and cannot be interrupted, so it is asked on a thread of
its own, which a cancel or a limit leaves behind.
"""

from __future__ import annotations

import socket
from _thread import start_new_thread

from pi.transport.limit import LONGEST_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pi.cancel import CancelToken
    from pi.transport.limit import Deadline

    Address = tuple[int, tuple[Any, ...]]  # family, what `connect` takes


def resolve(host: str, port: int, token: CancelToken, deadline: Deadline) -> list[Address]:
    """The addresses of `host`, in the order to try them. Raises OSError, Cancelled.

    `localhost` and names below it are never asked of DNS (RFC 6761).
    """
    if host == "localhost" or host.endswith(".localhost"):
        return [(socket.AF_INET6, ("::1", port)), (socket.AF_INET, ("127.0.0.1", port))]
    name = host.encode("ascii")  # as text it would import the IDNA codec, 2 ms
    try:
        return _look_up(name, port, socket.AI_NUMERICHOST)
    except socket.gaierror:
        return _in_background(lambda: _look_up(name, port, 0), token, deadline)


def _look_up(name: bytes, port: int, flags: int) -> list[Address]:
    found = socket.getaddrinfo(name, port, 0, socket.SOCK_STREAM, 0, flags)
    return interleaved([(item[0], item[4]) for item in found])


def interleaved(addresses: list[Address]) -> list[Address]:
    """The families in turn, so that one that leads nowhere costs one attempt, not all."""
    first = [item for item in addresses if item[0] == addresses[0][0]]
    other = [item for item in addresses if item[0] != addresses[0][0]]
    pairs = [item for pair in zip(first, other, strict=False) for item in pair]
    common = min(len(first), len(other))
    return pairs + first[common:] + other[common:]


def _in_background(work: Callable[[], Any], token: CancelToken, deadline: Deadline) -> Any:
    """What `work` returns or raises, unless the token or the deadline come first."""
    over = token.child()  # fires with the token, and when the work is done
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append((work(), None))
        except OSError as exc:
            outcome.append((None, exc))
        over.cancel()

    left = deadline.left()
    start_new_thread(run, ())
    over.wait(LONGEST_S if left is None else left)
    over.cancel()
    token.check()
    if not outcome:
        raise TimeoutError
    value, failure = outcome[0]
    if failure is not None:
        raise failure
    return value
