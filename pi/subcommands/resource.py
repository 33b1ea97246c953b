"""`pi config resources|enable|disable`: which resources load, and switching single ones.

pi config resources                     all of them, on and off, with where they come from
pi config disable skills pdf            not any more
pi config enable extensions guard -l    in this project, whatever your own settings say

What is written is what the reference writes: `-path` or `+path` in the filters of a package's entry
(a delta with `autoload` false for a package of yours and `--local`), or in the settings list of the
kind.
"""

from __future__ import annotations

import json
import os

from pi import paths
from pi.errors import EXIT_OK, PackageError, UsageError
from pi.packages import declare
from pi.packages.resolve import resolve
from pi.packages.site import KINDS, PROJECT, USER
from pi.packages.source import parse, public
from pi.resources.discover import Place, look
from pi.settings.jsonfile import FileError, change
from pi.subcommands.desk import LOCAL_OPTIONS, TRUST_OPTIONS, Desk, options, remark
from pi.text.unicode import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pi.resources.discover import Found

USAGE = """\
pi config resources: which extensions, skills, prompt templates and themes load

Usage:
  pi config resources [--json]
  pi config enable KIND NAME [-l]
  pi config disable KIND NAME [-l]

KIND is extensions, skills, prompts or themes; NAME is the resource's name or its path.

Options:
  -l, --local          For this project alone (.pi/settings.json)
  --json               One JSON list: kind, name, path, enabled, source, scope
  -a, --approve        Trust this project's settings for this command
  -na, --no-approve    Ignore this project's settings for this command
"""

ACTIONS = ("resources", "enable", "disable")
_OPTIONS = {**LOCAL_OPTIONS, **TRUST_OPTIONS, "--project": "", "--json": ""}
_ENTRY_FILES = ("SKILL.md", "__init__.py", "index.py")


def run(words: list[str], environ: Mapping[str, str], cwd: str) -> int:
    """Run one of ACTIONS; returns the exit status. Raises PiError."""
    given = options("config", words, _OPTIONS, USAGE)
    if given is None:
        return EXIT_OK
    action, *rest = given.words
    if len(rest) != (0 if action == "resources" else 2):
        raise UsageError(f"pi config {action}: see pi config resources --help")
    if "--project" in given.options:
        given.options["--local"] = True
    with Desk(environ, cwd, given) as desk:
        if action == "resources":
            _list(desk, as_json="--json" in given.options)
        else:
            _switch(desk, rest[0], rest[1], is_on=action == "enable")
    return EXIT_OK


def name_of(path: str) -> str:
    """What a resource is called here: its folder's name, or its file's without the ending."""
    if os.path.basename(path) in _ENTRY_FILES:
        path = os.path.dirname(path)
    else:
        path = os.path.splitext(path)[0]
    return os.path.basename(path)


def _place(desk: Desk) -> Place:
    """Where resources are, with the packages in force; nothing is fetched for it."""
    configured = desk.configured
    packages = resolve(desk.site, configured.settings, cwd=configured.cwd)
    remark(list(packages.problems))
    return Place(
        configured.agent_dir,
        configured.home,
        configured.cwd,
        configured.project,
        desk.site.is_trusted,
        configured.settings,
        packages,
    )


def _list(desk: Desk, *, as_json: bool) -> None:
    place, problems, rows = _place(desk), [], []
    for kind in KINDS:
        looked, wrong = look(kind, place)
        rows += [(kind, found, is_on) for found, is_on in looked]
        problems += wrong
    remark(problems)
    if as_json:
        desk.say(json.dumps([_json(*row) for row in rows]))
        return
    for kind in KINDS:
        own = [(found, is_on) for each, found, is_on in rows if each == kind]
        if own:
            desk.say(f"{kind}:")
        for found, is_on in own:
            where = public(found.source) if found.origin == "package" else found.path
            mark = "on " if is_on else "off"
            desk.say(f"  {mark}  {name_of(found.path)}  ({found.scope}, {where})")
    if not rows:
        desk.say("No resources found.")


def _json(kind: str, found: Found, is_on: bool) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": name_of(found.path),
        "path": found.path,
        "enabled": is_on,
        "source": found.source,
        "scope": found.scope,
        "origin": found.origin,
    }


def _switch(desk: Desk, kind: str, name: str, *, is_on: bool) -> None:
    kind = kind if kind in KINDS else f"{kind}s"
    if kind not in KINDS:
        raise UsageError(f"{shown(kind[:-1])} is no kind of resource; there are {', '.join(KINDS)}")
    if desk.scope == PROJECT:
        desk.insist_on_trust()
    found = _chosen(desk, kind, name)
    mark = "+" if is_on else "-"
    if found.origin == "package":
        _switch_in_package(desk, kind, found, mark)
    else:
        _switch_in_list(desk, kind, found, mark)
    if desk.scope == PROJECT or found.scope == PROJECT:
        desk.keep_trust()
    desk.say(f"{kind}: {name_of(found.path)} is {'on' if is_on else 'off'} ({found.path})")


def _chosen(desk: Desk, kind: str, name: str) -> Found:
    path = paths.absolute(name, desk.configured.cwd, desk.configured.home)
    found = [each for each, _ in look(kind, _place(desk))[0]]
    close = [each for each in found if path in (each.path, os.path.dirname(each.path))]
    close = close or [each for each in found if name_of(each.path) == name]
    if len(close) != 1:
        what = "there is none" if not close else "there are several: "
        raise PackageError(
            f"{kind}: {shown(name)}: {what}{', '.join(shown(each.path) for each in close)}"
        )
    return close[0]


def _switch_in_package(desk: Desk, kind: str, found: Found, mark: str) -> None:
    """Change the filters of the package's entry, or make a delta of it in the project."""
    pattern = mark + os.path.relpath(found.path, found.base)
    text, scope = found.source, found.scope
    is_delta = desk.scope == PROJECT and scope == USER
    if is_delta:
        text = declare.written(desk.site, PROJECT, parse(text), desk.site.root(USER))
        scope = PROJECT
    declare.choose(desk.site, scope, text, kind, pattern, is_delta=is_delta)


def _switch_in_list(desk: Desk, kind: str, found: Found, mark: str) -> None:
    """Change the settings list of the kind, in the scope of the resource or in the project."""
    scope = PROJECT if desk.scope == PROJECT else found.scope
    path, root = desk.site.settings_path(scope), desk.site.root(scope)
    is_below = found.path.startswith(root + os.sep) and found.base in (None, root)
    pattern = mark + (os.path.relpath(found.path, root) if is_below else found.path)
    needs_path = scope != found.scope  # the project has to have it to say something about it

    def edit(data: dict[str, Any]) -> None:
        entries = data.setdefault(kind, [])
        if not isinstance(entries, list):
            raise FileError(path, f"{kind}: expected a list; mend it first")
        if needs_path and found.path not in entries:
            entries.append(found.path)
        entries[:] = declare.with_pattern(entries, pattern)

    change(path, edit)
