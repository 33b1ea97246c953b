"""Walking a folder as `grep` and `find` do: in the order of names, without what is ignored.

    for path, entry, is_folder in Walk(root, token, Ignoring((".ignore",))):
        path            "src/a.py", relative to the root; a folder comes before what is in it
        entry           an os.DirEntry

Left out is what ignore files say: those of the given names, anywhere; .gitignore, info/exclude
and the user's own (`core.excludesFile`) inside repositories, or .gitignore everywhere if asked
for. Files of the folders above the root count too; .gitignore up to the top of the repository.
The root itself is always walked. Links are not followed. `.git` is left out, unless the root is
in it. Folders that cannot be read are empty.

Source: what the reference's back ends do, and git's gitignore page.
"""

from __future__ import annotations

import os
import re

from pi import files
from pi.text import ignore
from pi.text.unicode import decode
from pi.value import Value, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pi.cancel import CancelToken

    Table = tuple[int, ignore.Rules]  # how much of a path is the folder the rules are for
    Found = tuple[str, os.DirEntry[str], bool]

_MAX_IGNORE_FILE = 4 << 20
_MAX_CONFIG_FILE = 1 << 20
_CHECK_EVERY = 1000
_EXCLUDES_FILE = r'(?im)^\s*excludesfile\s*=\s*"?(.*?)"?\s*$'


class Ignoring(Value):
    """What is ignored.

    `names` are ignore files that count everywhere, the stronger ones first. `everywhere` makes
    .gitignore count outside of repositories. `chosen` are rules that decide before all others:
    ignored by them means chosen, expressly not ignored means left out; with `only_chosen`, files
    that they say nothing about are left out too.
    """

    names: tuple[str, ...]
    everywhere: bool = False
    chosen: ignore.Rules | None = None
    only_chosen: bool = False


class _Scope(Value):
    """The rules in force in a folder, those nearer to it first."""

    named: tuple[tuple[Table, ...], ...]  # for each of the names
    git: tuple[Table, ...] = ()
    rest: tuple[Table, ...] = ()  # info/exclude, then the user's own
    uses_git: bool = False

    def tables(self) -> list[Table]:
        """All of them, the stronger ones first."""
        return [table for group in (*self.named, self.git, self.rest) for table in group]


class Walk:
    """One walk. Iterate it; raises Cancelled when the token fires."""

    def __init__(
        self, root: str, token: CancelToken, ignoring: Ignoring, environ: Mapping[str, str]
    ) -> None:
        self._root = root
        self._token = token
        self._ignoring = ignoring
        self._user_rules = _user_rules(environ)
        self._skip_git = ".git" not in root.split("/")
        self._prefix = len(root.rstrip("/")) + 1

    def __iter__(self) -> Iterator[Found]:
        stack = [self._folder(self._root, self._scope_above())]
        while stack:
            for found in stack[-1][0]:
                yield found
                if found[2]:
                    stack.append(self._folder(found[1].path, stack[-1][1]))
                    break
            else:
                stack.pop()

    def _folder(self, path: str, outer: _Scope) -> tuple[Iterator[Found], _Scope]:
        """What is to be seen of a folder, in order, and the rules for what is in it."""
        entries = self._entries(path)
        scope = self._entered(path, {entry.name for entry in entries}, outer)
        return self._seen(entries, scope.tables()), scope

    def _entries(self, path: str) -> list[os.DirEntry[str]]:
        entries = []
        try:
            with os.scandir(path) as listing:
                for number, entry in enumerate(listing):
                    if number % _CHECK_EVERY == 0:
                        self._token.check()
                    entries.append(entry)
        except OSError:  # not ours to read, or gone: what was listed counts
            pass
        entries.sort(key=lambda entry: entry.name)
        return entries

    def _seen(self, entries: list[os.DirEntry[str]], tables: list[Table]) -> Iterator[Found]:
        for entry in entries:
            self._token.check()
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name == ".git" and self._skip_git:
                continue
            path = entry.path[self._prefix :]
            if not self._is_left_out(path, entry, is_folder, tables):
                yield path, entry, is_folder

    def _is_left_out(
        self, path: str, entry: os.DirEntry[str], is_folder: bool, tables: list[Table]
    ) -> bool:
        chosen = self._ignoring.chosen
        if chosen is not None:
            verdict = chosen.verdict(path, entry.name, is_folder)
            if verdict is not None:
                return not verdict
            if self._ignoring.only_chosen and not is_folder:
                return True
        for base, rules in tables:
            verdict = rules.verdict(entry.path[base:], entry.name, is_folder)
            if verdict is not None:
                return verdict
        return False

    # --- the rules in force ---

    def _scope_above(self) -> _Scope:
        """The rules for the root from the folders it is in."""
        uses_git = self._ignoring.everywhere
        rest = _tables("/", [self._user_rules]) if uses_git else ()
        scope = _Scope(tuple(() for _ in self._ignoring.names), (), rest, uses_git)
        path = "/"
        for name in self._root.split("/")[1:]:
            wanted = (".git", ".gitignore", *self._ignoring.names)
            present = {each for each in wanted if os.path.lexists(os.path.join(path, each))}
            scope = self._entered(path, present, scope)
            path = os.path.join(path, name)
        return scope

    def _entered(self, path: str, present: set[str], scope: _Scope) -> _Scope:
        """The rules in force in a folder that has the names `present`."""
        if ".git" in present:
            rest = _tables(path, [_rules_in(_exclude_file(path)), self._user_rules])
            scope = replace(scope, git=(), rest=rest, uses_git=True)
        if ".gitignore" in present and scope.uses_git:
            own = _tables(path, [_rules_in(os.path.join(path, ".gitignore"))])
            scope = replace(scope, git=own + scope.git)
        if present.isdisjoint(self._ignoring.names):
            return scope
        named = tuple(
            (_tables(path, [_rules_in(os.path.join(path, name))]) if name in present else ()) + old
            for name, old in zip(self._ignoring.names, scope.named, strict=True)
        )
        return replace(scope, named=named)


def _tables(folder: str, rules: list[ignore.Rules | None]) -> tuple[Table, ...]:
    base = len(folder.rstrip("/")) + 1
    return tuple((base, each) for each in rules if each is not None)


def _rules_in(path: str) -> ignore.Rules | None:
    text = _text_of(path, _MAX_IGNORE_FILE)
    return None if text is None else ignore.parse(text)


def _text_of(path: str, limit_bytes: int) -> str | None:
    """The text of a file; None if it is not there, not readable or far too large."""
    try:
        return decode(files.read_bounded(path, limit_bytes))
    except OSError:
        return None


def _exclude_file(folder: str) -> str:
    """The info/exclude of the repository whose top is `folder`; work trees share one."""
    git = os.path.join(folder, ".git")
    link = None if os.path.isdir(git) else _text_of(git, _MAX_CONFIG_FILE)
    if link and link.startswith("gitdir:"):
        git = os.path.join(folder, link[len("gitdir:") :].strip())
        common = _text_of(os.path.join(git, "commondir"), _MAX_CONFIG_FILE)
        git = os.path.join(git, common.strip()) if common else git
    return os.path.join(git, "info/exclude")


def _user_rules(environ: Mapping[str, str]) -> ignore.Rules | None:
    """The user's own ignore file: `core.excludesFile`, or git's default place for it."""
    home = environ.get("HOME") or os.path.expanduser("~")
    config = environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    path = os.path.join(config, "git/ignore")
    for settings in (os.path.join(home, ".gitconfig"), os.path.join(config, "git/config")):
        match = re.search(_EXCLUDES_FILE, _text_of(settings, _MAX_CONFIG_FILE) or "")
        if match:
            named = match[1]
            path = home + named[1:] if named.startswith("~/") else os.path.join(home, named)
            break
    return _rules_in(path)
