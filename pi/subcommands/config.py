"""`pi config`: settings from the command line.

pi config list                          what the files set, with the file it comes from
pi config get retry.maxRetries          the value in force: a string as it is, the rest as JSON
pi config set theme dark                in the user's file; --project for the project's
pi config unset theme                   the default again
pi config resources                     see `pi.subcommands.resource`
"""

from __future__ import annotations

import json
import sys

from pi import paths, settings
from pi.assembly.configuration import open_configuration
from pi.errors import EXIT_FAILED, EXIT_OK, UsageError
from pi.resources.trust import APPROVE, renew
from pi.settings.kind import check
from pi.settings.merge import lookup
from pi.settings.row import USER
from pi.settings.table import ROWS
from pi.subcommands import resource
from pi.subcommands.option import HELP, read
from pi.text.fuzzy import matching
from pi.text.unicode import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from pi.assembly.configuration import Configuration
    from pi.subcommands.option import Given

USAGE = """\
pi config: read and change settings

Usage:
  pi config list [--all] [--json]           what is set; with --all, the defaults too
  pi config get KEY [--json]                the value in force; status 1 if there is none
  pi config set KEY VALUE [--project]       VALUE is JSON, or a string as it is
  pi config unset KEY [--project]           back to what holds without it
  pi config resources [--json]              extensions, skills, templates, themes: on or off
  pi config enable KIND NAME [--project]    load one of them; KIND as in the list
  pi config disable KIND NAME [--project]   do not

Options:
  --project, -l   The project's .pi/settings.json instead of your own file
  --approve, -a   Count the project's settings even if it is not trusted
  --json          JSON, with where each value comes from
"""

_OPTIONS = {
    "--all": "", "--json": "", "--project": "", "-l": "", "--local": "", "--approve": "", "-a": "",
}  # fmt: skip
_WORDS = {"list": 0, "get": 1, "set": 2, "unset": 1}


def run(words: list[str], environ: Mapping[str, str], cwd: str) -> int:
    """Run `pi config`; returns the exit status. Raises PiError."""
    if next((word for word in words if not word.startswith("-")), "") in resource.ACTIONS:
        return resource.run(words, environ, cwd)
    if not words or any(word in HELP for word in words):
        return _print(USAGE)
    given = read(words, _OPTIONS)
    action, rest = (given.words or [""])[0], given.words[1:]
    if action not in _WORDS:
        names = (*_WORDS, *resource.ACTIONS)
        raise UsageError(f"pi config has the commands {', '.join(names)}")
    if len(rest) != _WORDS[action]:
        raise UsageError(f"pi config {action}: give {_WORDS[action] or 'no'} word(s) after it")
    approval = APPROVE if {"--approve", "-a"} & set(given.options) else None
    configured = open_configuration(environ, cwd, approval)
    _warn(configured.settings.warnings)
    if action == "list":
        return _list(configured, given)
    if action == "get":
        return _get(configured, rest[0], given)
    value = _value(rest[0], rest[1]) if action == "set" else None
    return _change(configured, rest[0], value, given)


# --- reading -------------------------------------------------------------------------------------


def _list(configured: Configuration, given: Given) -> int:
    found = configured.settings
    rows = [(key, found.get(key), found.source_of(key)) for key in ROWS]
    if "--all" not in given.options:
        rows = [row for row in rows if row[2] != "default"]
    rows += _unknown(configured)
    if "--json" in given.options:
        table = {key: {"value": value, "source": source} for key, value, source in rows}
        return _print(json.dumps(table, indent=2) + "\n")
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}  ({source})\n"
             for key, value, source in rows]  # fmt: skip
    return _print(clean("".join(lines)))


def _unknown(configured: Configuration) -> Iterator[tuple[str, Any, str]]:
    """What the files have at their top that no row is about."""
    known = {key.split(".")[0] for key in ROWS}
    for layer in configured.settings.layers:
        for key, value in layer.data.items():
            if key not in known:
                yield key, value, f"{layer.scope}, unknown"


def _get(configured: Configuration, key: str, given: Given) -> int:
    found = configured.settings
    if key in ROWS:
        value, source = found.get(key), found.source_of(key)
    else:
        value, source = lookup(found.data, key), "file"
        if value is None and not _is_below_a_row(key):
            raise _no_such(key)
    if "--json" in given.options:
        _print(json.dumps({"value": value, "source": source}) + "\n")
    elif value is not None:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        _print(f"{clean(text)}\n")
    return EXIT_FAILED if value is None else EXIT_OK


def _is_below_a_row(key: str) -> bool:
    """Whether a key is a part of a setting's value, or a group of settings."""
    return any(key.startswith(f"{row}.") or row.startswith(f"{key}.") for row in ROWS)


def _no_such(key: str) -> UsageError:
    close = matching(key.rsplit(".", 1)[-1], ROWS, str)[:3]
    hint = f"; did you mean {' or '.join(close)}?" if close else "; `pi config list --all` has all"
    return UsageError(f"no setting is called {key}{hint}")


# --- changing ------------------------------------------------------------------------------------


def _value(key: str, text: str) -> Any:
    """The value a word stands for: JSON where the setting takes that, else the word itself.

    Raises UsageError where it takes neither.
    """
    if key not in ROWS:
        raise _no_such(key)
    kind = ROWS[key].kind
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    if value is None:
        raise UsageError(f"null is no value; `pi config unset {key}` removes it")
    problems = check(kind, value, key)
    if problems and check(kind, text, key):
        raise UsageError(problems[0])
    return text if problems else value


def _change(configured: Configuration, key: str, value: Any, given: Given) -> int:
    if key not in ROWS:
        raise _no_such(key)
    is_project = bool({"--project", "-l", "--local"} & set(given.options))
    if is_project and ROWS[key].scope == USER:
        raise UsageError(f"{key}: only your own settings can set this; leave out --project")
    path = paths.settings_file(configured.agent_dir)
    if is_project:
        path = paths.project_settings_file(configured.project)
    settings.update(path, {key: value})
    if is_project:  # the user's own change of a trusted project is trusted too
        renew(configured.trust, configured.agent_dir, configured.project)
    return _print(f"{path}: {key} is {'removed' if value is None else 'set'}\n")


def _print(text: str) -> int:
    sys.stdout.write(text)
    sys.stdout.flush()
    return EXIT_OK


def _warn(lines: list[str]) -> None:
    sys.stderr.write("".join(f"Warning: {line}\n" for line in lines))
