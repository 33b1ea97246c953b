"""What installing a package comes to, as values for lists and lock files.

Installed("left-pad", "1.3.0", "/r/node_modules/left-pad", "sha512-...", "https://...", ...)
Locked("node_modules/left-pad", "left-pad", "1.3.0", "https://...", "sha512-...")
Candidate("left-pad", "1.3.0", deprecated="use String.prototype.padStart()")
"""

from __future__ import annotations

from pi.errors import PackageError
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FIELDS = ("place", "name", "version", "resolved", "integrity")


class Candidate(Value):
    """The version that would be installed now. `deprecated` is its author's warning, or ""."""

    name: str
    version: str
    deprecated: str = ""


class Locked(Value):
    """One archive and where it was put.

    `place` is a path below the root ("node_modules/a/node_modules/b"), of a wheel its file name.
    `resolved` is the address it came from, without credentials; `integrity` what it hashes to.
    """

    place: str
    name: str
    version: str
    resolved: str
    integrity: str

    def to_json(self) -> dict[str, str]:
        """The fields by name, for a lock file."""
        return {field: getattr(self, field) for field in _FIELDS}

    @classmethod
    def from_json(cls, data: Any) -> Locked:
        """The value again. Raises PackageError for anything that is none."""
        values = [data.get(field) for field in _FIELDS] if isinstance(data, dict) else []
        if not values or not all(isinstance(value, str) and value for value in values):
            names = ", ".join(_FIELDS)
            raise PackageError(f"an entry of a lock file must have the texts {names}")
        return cls(*values)


class Installed(Value):
    """A package that is in its place now.

    `path` is its folder. `locked` is itself first, then everything it needs. `warnings` are lines.
    """

    name: str
    version: str
    path: str
    integrity: str
    resolved: str
    warnings: tuple[str, ...] = ()
    locked: tuple[Locked, ...] = ()
