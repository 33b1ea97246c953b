"""What a Python package asks for: a name, extras, versions, and when.

    wanted = parse("markdown[x]>=3,<4; python_version < '3.12'")
        Requirement("markdown", ("x",), [Specifier(">=", "3"), ...], "python_version < '3.12'", "")
    holds(wanted.marker, environment())        whether it is asked for here
    normalised("Foo._Bar")                     "foo-bar"

Source: the specification "Dependency specifiers" (PEP 508). Known limit: extras are read, but what
they would add is nobody's business here, so `extra == ...` never holds.
"""

from __future__ import annotations

import os
import platform
import re
import sys

from pi.errors import PackageError
from pi.packages import pep440
from pi.text.unicode import shown
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 4096
MAX_DEPTH = 20

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_REQUIREMENT = re.compile(
    rf"\s*(?P<name>{_NAME})\s*(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?:@\s*(?P<url>\S+)|\(?(?P<versions>[^;()@]*)\)?)\s*(?:;(?P<marker>.*))?",
    re.ASCII | re.DOTALL,
)
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'[^']*'|\"[^\"]*\")|(?P<sign>===|==|~=|!=|<=|>=|<|>)|(?P<bracket>[()])"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_.]*))\s*"
)


class Requirement(Value):
    """What is asked for. `url` is where it must come from, "" for the index."""

    name: str
    extras: tuple[str, ...]
    specifiers: list[pep440.Specifier]
    marker: str
    url: str


def normalised(name: str) -> str:
    """A name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_name(name: str) -> bool:
    """Whether a Python package can be called so."""
    return len(name) <= 214 and re.fullmatch(_NAME, name, re.ASCII) is not None


def parse(text: str) -> Requirement:
    """The requirement a text stands for. Raises PackageError."""
    found = _REQUIREMENT.fullmatch(text) if len(text) <= LONGEST else None
    specifiers = pep440.parse_specifiers(found["versions"] or "") if found else None
    if found is None or specifiers is None:
        raise PackageError(
            f"{shown(text)[:100]}: not a requirement of Python packages: write name, name==1.0 or "
            "name>=1.0,<2"
        )
    extras = tuple(part.strip() for part in (found["extras"] or "").split(",") if part.strip())
    marker = (found["marker"] or "").strip()
    return Requirement(found["name"], extras, specifiers, marker, found["url"] or "")


def environment() -> dict[str, str]:
    """What markers may ask about, for the interpreter that runs."""
    version = sys.implementation.version
    suffix = "" if version.releaselevel == "final" else f"{version.releaselevel[0]}{version.serial}"
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": f"{version.major}.{version.minor}.{version.micro}{suffix}",
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(map(str, sys.version_info[:2])),
        "sys_platform": sys.platform,
        "extra": "",
    }


def holds(marker: str, values: Mapping[str, str]) -> bool:
    """Whether a marker is true; "" is. Raises PackageError for what is no marker."""
    if not marker:
        return True
    reader = _Marker(marker, values)
    result = reader.either(0)
    if reader.tokens:
        raise reader.wrong()
    return result


class _Marker:
    """Evaluates a marker by recursive descent."""

    def __init__(self, text: str, values: Mapping[str, str]) -> None:
        self._text = text
        self._values = values
        self.tokens: list[str] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self.wrong()
            self.tokens.append(found[0].strip())
            at = found.end()
        self.tokens.reverse()  # the next one is the last

    def wrong(self) -> PackageError:
        return PackageError(f"{shown(self._text)[:100]}: not a marker of a requirement")

    def either(self, depth: int) -> bool:
        result = self._both(depth)
        while self._skip("or"):
            result = self._both(depth) or result
        return result

    def _both(self, depth: int) -> bool:
        result = self._one(depth)
        while self._skip("and"):
            result = self._one(depth) and result
        return result

    def _one(self, depth: int) -> bool:
        if depth > MAX_DEPTH:
            raise self.wrong()
        if self._skip("("):
            result = self.either(depth + 1)
            if not self._skip(")"):
                raise self.wrong()
            return result
        left = self._operand()
        sign = self._next()
        if sign == "not" and self._skip("in"):
            sign = "not in"
        return self._compared(left, sign, self._operand())

    def _compared(self, left: str, sign: str, right: str) -> bool:
        if sign == "in":
            return left in right
        if sign == "not in":
            return left not in right
        version = pep440.parse(left)
        specifiers = pep440.parse_specifiers(sign + right) if version else None
        if specifiers:
            return pep440.accepts(specifiers, version)
        if sign in ("==", "==="):
            return left == right
        if sign == "!=":
            return left != right
        if sign in ("<", "<=", ">", ">=", "~="):
            return (sign in ("<=", ">=") and left == right) or (
                left < right if sign[0] == "<" else left > right and sign[0] == ">"
            )
        raise self.wrong()

    def _operand(self) -> str:
        token = self._next()
        if token[0] in "'\"":
            return token[1:-1]
        name = token.replace(".", "_")
        name = {"python_implementation": "platform_python_implementation"}.get(name, name)
        if name not in self._values:
            raise self.wrong()
        return self._values[name]

    def _next(self) -> str:
        if not self.tokens:
            raise self.wrong()
        return self.tokens.pop()

    def _skip(self, token: str) -> bool:
        if self.tokens and self.tokens[-1] == token:
            self.tokens.pop()
            return True
        return False
