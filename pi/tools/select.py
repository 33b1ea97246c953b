"""Which tools are active: the defaults, the settings and the flags, resolved in one place.

    select(["read", "bash", ...], flags=Flags(tools="read,grep"))      ["read", "grep"]
    select([...], flags=Flags(tools="+grep,-bash"))                    defaults, changed
    select([...], flags=Flags(none=True, tools="read"))                ["read"]

Source: `contracts.md` section 8 and the reference's settings page, "Tools".
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from pi.errors import UsageError
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEFAULT_TOOLS = ("read", "bash", "edit", "write")


class ToolFlags(Value):
    """The tool options of the command line: texts as given, None when not given."""

    tools: str | None = None
    exclude: str | None = None
    no_tools: bool = False
    no_builtin: bool = False


def select(
    available: Sequence[str],
    flags: ToolFlags,
    defaults: Sequence[Sequence[str]] = (),
    before: Sequence[str] | None = None,
    added: Sequence[str] = (),
) -> list[str]:
    """The names of the active tools, in the order of `available`.

    `defaults` are the `defaultTools` settings, user's first, then project's. Names that no tool
    has are ignored. `before` are the tools of a session that goes on: it keeps them, in place of
    the defaults. `added` are tools of extensions, which are active unless flags leave them out.
    Raises UsageError when plain and +/- names are mixed in `--tools`.
    """
    chosen: set[str] = set()
    if not (flags.no_tools or flags.no_builtin):
        chosen = _by_default(defaults) if before is None else set(before)
    if not flags.no_tools:
        chosen |= set(added)
    if flags.tools is not None:
        entries = _names(flags.tools)
        if len({entry[:1] in "+-" for entry in entries}) > 1:
            raise UsageError("--tools: plain names cannot be mixed with +name or -name entries")
        chosen = _chosen_by_flag(chosen, entries, available)
    chosen -= set(_matching(_names(flags.exclude or ""), available))
    return [name for name in available if name in chosen]


def _by_default(layers: Iterable[Sequence[str]]) -> set[str]:
    chosen = set(DEFAULT_TOOLS)
    for layer in layers:
        chosen = _changed(chosen, layer)
    return chosen


def _chosen_by_flag(chosen: set[str], entries: list[str], available: Sequence[str]) -> set[str]:
    if entries and entries[0][:1] in "+-":
        return _changed(chosen, entries)
    return set(_matching(entries, available))


def _changed(chosen: set[str], entries: Iterable[str]) -> set[str]:
    """Plain names form a new selection; +name and -name then apply in order."""
    entries = list(entries)
    plain = {entry for entry in entries if entry[:1] not in ("+", "-")}
    only_changes = bool(entries) and not plain
    result = set(chosen) if only_changes else plain
    for entry in entries:
        if entry[:1] == "+":
            result.add(entry[1:])
        elif entry[:1] == "-":
            result.discard(entry[1:])
    return result


def _matching(patterns: list[str], available: Sequence[str]) -> list[str]:
    return [name for name in available if any(_matches(name, pattern) for pattern in patterns)]


def _matches(name: str, pattern: str) -> bool:
    """Only `*` is special; other wildcard characters stand for themselves."""
    return fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
