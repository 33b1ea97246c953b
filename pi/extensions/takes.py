"""How a function of an extension may be called, and options in the two ways they are given.

positional(lambda event, ctx: ...)      2
options("send_message", {"deliverAs": "steer"}, {}, ("deliver_as", "trigger_turn"))
                                        {"deliver_as": "steer"}
"""

from __future__ import annotations

from pi.extensions.host import ExtensionError
from pi.extensions.naming import snake

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

MANY = 99
"""What `positional` gives for a function with *args."""

_VARARGS, _GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x04, 0x20, 0x80, 0x200  # of code objects


def positional(function: Callable[..., Any]) -> int:
    """How many arguments a function can be given by position."""
    code, bound = _code(function)
    if code is None:
        return _inspected(function)
    return MANY if code.co_flags & _VARARGS else code.co_argcount - bound


def checked(function: Any, what: str, *, may_yield: bool = False) -> Callable[..., Any]:
    """The function. Raises ExtensionError where calling it would not run it to its end."""
    if not callable(function):
        raise ExtensionError(f"{what} must be a function, not {type(function).__name__}")
    code, _ = _code(function)
    if code is not None and code.co_flags & (_COROUTINE | _ASYNC_GENERATOR):
        raise ExtensionError(f"{what} is a coroutine function; write def, not async def")
    if code is not None and code.co_flags & _GENERATOR and not may_yield:
        raise ExtensionError(f"{what} is a generator function; it must not yield")
    return function


def fitting(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function with as many of the arguments as it takes."""
    return function(*args[: positional(function)])


def options(
    where: str, given: dict[str, Any] | None, named: dict[str, Any], known: tuple[str, ...]
) -> dict[str, Any]:
    """Options given as a dict, by name, or both, with names in snake case.

    Raises ExtensionError for one that is not known.
    """
    if given is not None and not isinstance(given, dict):
        raise ExtensionError(f"{where}: options must be a dict, not {type(given).__name__}")
    found = {snake(str(key)): value for key, value in {**(given or {}), **named}.items()}
    for key in found:
        if key not in known:
            raise ExtensionError(f"{where}: there is no option {key}; there are {', '.join(known)}")
    return found


def _code(function: Any) -> tuple[CodeType | None, int]:
    """The code behind a function, and how many arguments are bound already."""
    bound = 0
    if not hasattr(function, "__code__") and not hasattr(function, "__func__"):
        if isinstance(function, type):
            return None, 0
        function = getattr(function, "__call__", function)  # noqa: B004 - an object's own method
    if hasattr(function, "__func__"):
        bound, function = 1, function.__func__
    return getattr(function, "__code__", None), bound


def _inspected(function: Callable[..., Any]) -> int:
    import inspect  # noqa: PLC0415 - 10 ms, for what is neither a function nor a method

    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return MANY
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return MANY
    return sum(
        each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) for each in parameters
    )
