#!/usr/bin/env python3
"""Fills the tables of the documentation from the tables of the program.

    python3 build/docs.py            rewrite what is stale in docs/*.md
    python3 build/docs.py --check    change nothing; name the stale pages, status 1 if there are any

A page says where a table goes; what stands between the two lines is replaced:

    <!-- table: flags -->
    <!-- end of table -->

`TABLES` has the names. tests/test_docs.py runs the check, so that a new flag or setting cannot be
forgotten here.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pi import cli, flags  # noqa: E402 - after the path
from pi.extensions.api import METHODS  # noqa: E402
from pi.extensions.context import CONTEXT_METHODS  # noqa: E402
from pi.extensions.definition import FIELDS  # noqa: E402
from pi.extensions.hook import HOOKS  # noqa: E402
from pi.extensions.ui import UI_METHODS  # noqa: E402
from pi.extensions.view import SESSION_METHODS  # noqa: E402
from pi.models.server import SERVERS  # noqa: E402
from pi.modes.print import EXIT_CODES  # noqa: E402
from pi.providers.registry import FORMATS  # noqa: E402
from pi.settings.row import USER  # noqa: E402
from pi.settings.table import GROUPS  # noqa: E402
from pi.theme.role import GROUPS as ROLE_GROUPS  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pi.extensions.hook import Hook

DOCS = ROOT / "docs"
SECTION = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end of table -->)", re.DOTALL)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only name what is stale")
    is_check = parser.parse_args().check
    stale = [path for path in sorted(DOCS.glob("*.md")) if filled(path) != path.read_text("utf-8")]
    for path in stale:
        if not is_check:
            path.write_text(filled(path), "utf-8")
        print(f"{path.relative_to(ROOT)}: {'stale; run build/docs.py' if is_check else 'written'}")
    return 1 if is_check and stale else 0


def filled(path: Path) -> str:
    """The text of a page with its tables as they must be. Raises KeyError for an unknown one."""

    def table(match: re.Match[str]) -> str:
        return match[1] + TABLES[match[2]]() + match[3]

    return SECTION.sub(table, path.read_text("utf-8"))


def _rows(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    return f"`{text}`"


def _flags() -> str:
    groups: dict[str, list[flags.Flag]] = {}
    for flag in flags.FLAGS:
        groups.setdefault(flag.group, []).append(flag)
    parts = []
    for group, members in groups.items():
        table = _rows(("option", "what it does"), ((_flag(f), f.help) for f in members))
        parts.append(f"\n### {group}\n\n{table}")
    return "".join(parts) + "\n"


def _flag(flag: flags.Flag) -> str:
    value = f" {flag.metavar}" if flag.metavar else ""
    if flag.kind == "optional":
        value = f" [{flag.metavar}]"
    short = f"{_code('-' + flag.short)}, " if flag.short else ""
    return f"{short}{_code(f'--{flag.name}{value}')}"


def _environment() -> str:
    rows = ((", ".join(_code(n) for n in names.split(", ") if n != "..."), about)
            for names, about in cli.ENVIRONMENT)  # fmt: skip
    return _rows(("variable", "meaning"), rows)


def _exit_codes() -> str:
    return _rows(("status", "meaning"), EXIT_CODES)


def _settings() -> str:
    parts = []
    for title, rows in GROUPS.items():
        lines = []
        for row in rows:
            default = "" if row.default is None else _code(json.dumps(row.default))
            about = f"{row.about} *Your file only.*" if row.scope == USER else row.about
            lines.append((_code(row.key), row.kind.expected, default, about))
        table = _rows(("setting", "value", "default", "what it does"), lines)
        parts.append(f"\n## {title}\n\n{table}")
    return "".join(parts) + "\n"


RECORDED = {
    "anthropic-messages",
    "bedrock-converse-stream",
    "google-generative-ai",
    "google-vertex",
    "mistral-conversations",
    "openai-completions",
    "openai-responses",
}
"""Wire formats of which answers of the real services are replayed by the tests."""

SIGN_IN_ONLY = {"openai-codex"}
"""Providers without a key, which no variable makes usable."""


def _providers() -> str:
    rows = json.loads((ROOT / "pi/data/providers.json").read_text("utf-8"))
    lines = []
    for name, row in rows.items():
        keys = [_code(key) for key, _ in row.get("keys", [])]
        more = [_code(key) for key in row.get("needs", [])]
        usable = [_code(api) for api in row["apis"] if api in FORMATS]
        variables = " or ".join(keys) + (f"; with {', '.join(more)}" if more else "")
        spoken = ", ".join(usable) or "not yet"
        lines.append((_code(name), row["name"], variables, spoken, _tested(name, row["apis"])))
    return _rows(("provider", "name", "key", "wire formats pi speaks", "tested"), lines)


def _tested(provider: str, formats: list[str]) -> str:
    """How a provider was tested: the marks that docs/providers.md explains."""
    spoken = [api for api in formats if api in FORMATS]
    marks = ["L"] if spoken and provider not in SIGN_IN_ONLY else []
    marks += ["R", "S"] if spoken else []
    return " ".join([*marks, *(["V"] if RECORDED & set(spoken) else [])]) or "-"


def _servers() -> str:
    lines = (
        (_code(s.name), ", ".join(str(port) for port in s.ports), _code(s.variable))
        for s in SERVERS.values()
    )
    return _rows(("server", "usual port", "variable for another address"), lines)


def _formats() -> str:
    return "".join(f"- `{name}`\n" for name in FORMATS if name not in ("demo", "faux"))


def _roles() -> str:
    lines = []
    for title, roles in ROLE_GROUPS.items():
        for role in roles:
            stand_in = f" Without it: {_code(role.fallback)}." if role.fallback else ""
            lines.append((title, _code(role.name), f"{role.about}{stand_in}"))
            title = ""
    return _rows(("", "role", "what has this colour"), lines)


def _hooks() -> str:
    parts = []
    groups = dict.fromkeys(hook.group for hook in HOOKS.values())
    for group in groups:
        parts.append(f"\n### {group.capitalize()} events\n")
        for hook in HOOKS.values():
            if hook.group == group:
                parts.append(f"\n**{_code(hook.name)}** ({hook.rule}): {hook.help}\n\n")
                parts.append(_hook_fields(hook))
    return "".join(parts) + "\n"


def _hook_fields(hook: Hook) -> str:
    """Two lists of an event: what it has, and what may be answered."""
    in_place = dict.fromkeys(hook.mutable, " *In place.*")
    has = [f"  - {_code(n)}: {f.help}{in_place.get(n, '')}" for n, f in hook.fields.items()]
    may = [f"  - {_code(n)}: {f.help}" for n, f in hook.answers.items()]
    lines = ["- has", *has] if has else ["- has no fields"]
    lines += ["- may return", *may] if may else []
    return "\n".join(lines) + "\n"


def _extension_api() -> str:
    when = {"load": "any time"}
    rows = ((_code(m.call), when.get(m.when, ""), m.help) for m in METHODS.values())
    return _rows(("method of pi", "", "what it does"), rows)


def _extension_context() -> str:
    where = {"context": "", "command": "commands", "tool": "tools"}
    rows = ((_code(m.call), where[m.on], m.help) for m in CONTEXT_METHODS.values())
    return _rows(("member of ctx", "only for", "what it is"), rows)


def _extension_session() -> str:
    rows = ((_code(m.call), m.help) for m in SESSION_METHODS.values())
    return _rows(("method of ctx.session", "what it gives"), rows)


def _extension_ui() -> str:
    rows = (
        (_code(m.call), "yes" if m.rpc else "", _code(_default(m.default)), m.help)
        for m in UI_METHODS.values()
    )
    return _rows(("method of ctx.ui", "over RPC", "where it cannot be done", "what it does"), rows)


def _default(value: object) -> str:
    return "nothing to undo" if callable(value) else repr(value)


def _tool_fields() -> str:
    return _rows(("field", "what it is"), ((_code(key), row[1]) for key, row in FIELDS.items()))


def _example_extensions() -> str:
    folder = ROOT / "examples" / "extensions"
    rows = []
    for path in sorted(folder.iterdir()):
        entry = path
        if path.is_dir():
            manifest = path / "package.json"
            named = json.loads(manifest.read_text("utf-8")) if manifest.is_file() else {}
            entry = path / named.get("pi", {}).get("extensions", ["__init__.py"])[0]
        if entry.is_file():
            about = ast.get_docstring(ast.parse(entry.read_text("utf-8"))) or ""
            target = f"../examples/extensions/{entry.relative_to(folder)}"
            rows.append((f"[{path.name}]({target})", about.split("\n")[0]))
    return _rows(("extension", "what it does"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "flags": _flags,
    "environment": _environment,
    "exit-codes": _exit_codes,
    "settings": _settings,
    "providers": _providers,
    "servers": _servers,
    "formats": _formats,
    "theme-roles": _roles,
    "hooks": _hooks,
    "extension-api": _extension_api,
    "extension-context": _extension_context,
    "extension-session": _extension_session,
    "extension-ui": _extension_ui,
    "tool-fields": _tool_fields,
    "example-extensions": _example_extensions,
}

if __name__ == "__main__":
    sys.exit(main())
