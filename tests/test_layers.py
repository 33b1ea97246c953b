"""The import direction: a module imports only from lower rows, or from inside its own package."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Row -> module or package prefixes. A longer prefix wins. Rows as in ARCHITECTURE.md.
ROWS = {
    0: ["pi", "pi.value", "pi.messages", "pi.events", "pi.request", "pi.cancel", "pi.errors"],
    1: [
        "pi.wire",
        "pi.schema",
        "pi.retry",
        "pi.snapshot",
        "pi.transcript",
        "pi.cost",
        "pi.paths",
        "pi.fit",
        "pi.flags",
        "pi.text",
        "pi.theme",
        "pi.eventstream",
    ],
    2: ["pi.transport", "pi.sse", "pi.proc", "pi.files", "pi.images", "pi.runtime"],
    3: ["pi.providers", "pi.tools", "pi.term", "pi.tui"],
    4: [
        "pi.session",
        "pi.store",
        "pi.settings",
        "pi.models",
        "pi.resources",
        "pi.auth",
        "pi.extensions",
        "pi.packages",
        "pi.mcp",
    ],
    5: [
        "pi.loop",
        "pi.batch",
        "pi.client",
        "pi.compaction",
        "pi.prompt",
        "pi.routing",
        "pi.job",
        "pi.nested",
        "pi.promptoptions",
        "pi.tap",
    ],
    6: [
        "pi.agent",
        "pi.course",
        "pi.assembly",
        "pi.commands",
        "pi.conversation",
        "pi.doctor",
        "pi.export",
        "pi.harness",
        "pi.hosting",
        "pi.rpcclient",
        "pi.run",
        "pi.sdk",
        "pi.stats",
    ],
    7: ["pi.modes", "pi.subcommands"],
    8: ["pi.web"],
    9: ["pi.cli", "pi.__main__"],
}
RANK = {name: row for row, names in ROWS.items() for name in names}
SAME_ROW_ALLOWED = {0, 1, 2, 4, 5, 6, 9}  # rows 3 and 7 hold strangers to each other


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted((ROOT / "pi").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def home_of(module: str) -> str:
    """The row entry a module belongs to: the longest listed prefix, never the bare root."""
    parts = module.split(".")
    for size in range(len(parts), 0, -1):
        prefix = ".".join(parts[:size])
        if prefix in RANK and (prefix != "pi" or module == "pi"):
            return prefix
    raise AssertionError(f"{module} has no row: add it to ROWS and to ARCHITECTURE.md")


def imports_of(path: Path, known: dict[str, Path]) -> set[str]:
    """Every module of ours a file imports, nested and type-checking imports too."""
    targets = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            targets |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                targets.add(full if full in known else node.module)
    return {target for target in targets if target.split(".")[0] == "pi"}


def test_every_module_has_a_row():
    for module in modules():
        home_of(module)


def test_no_upward_import():
    known = modules()
    wrong = []
    for module, path in known.items():
        home = home_of(module)
        for target in imports_of(path, known):
            other = home_of(target)
            same_package = other == home
            lower = RANK[other] < RANK[home]
            beside = RANK[other] == RANK[home] and RANK[home] in SAME_ROW_ALLOWED
            if not (same_package or lower or beside):
                wrong.append(f"{module} (row {RANK[home]}) imports {target} (row {RANK[other]})")
    assert wrong == []


def test_no_cycle():
    known = modules()
    graph = {module: imports_of(path, known) & known.keys() for module, path in known.items()}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join([*trail[trail.index(module) :], module])
        if module in done:
            return
        for target in sorted(graph[module] - {module, "pi"}):
            visit(target, (*trail, module))
        done.add(module)

    for module in sorted(graph):
        visit(module, ())


def test_the_checker_sees_a_nested_upward_import(tmp_path):
    sample = tmp_path / "sample.py"
    sample.write_text("def f():\n    from pi.harness import Harness\n    return Harness\n")
    assert imports_of(sample, modules()) == {"pi.harness"}
    assert RANK[home_of("pi.harness")] > RANK[home_of("pi.loop")]
