"""Network, processes and the terminal stay in their corners."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

CORNERS = {
    "urllib.request": {"transport"},
    "http.client": {"transport"},
    "http.server": {"web"},
    "socket": {"transport"},
    "socketserver": {"web"},
    "ssl": {"transport"},
    "subprocess": {"proc"},
    "pty": {"proc"},
    "termios": {"term"},
    "tty": {"term"},
}
"""Module -> the files or packages of `pi/` that may import it."""


def corner_of(path: Path) -> str:
    return path.relative_to(ROOT / "pi").parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_impure_modules_stay_in_their_corner():
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / "pi").rglob("*.py"))
        for name in sorted(imported(path) & CORNERS.keys())
        if corner_of(path) not in CORNERS[name]
    ]
    assert wrong == []


def test_only_the_standard_library_is_imported():
    known = set(sys.stdlib_module_names) | {"pi", "__future__"}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / "pi").rglob("*.py"))
        for name in sorted(imported(path))
        if name.split(".")[0] not in known
    ]
    assert wrong == []


def test_the_check_can_fail(tmp_path):
    sample = tmp_path / "sample.py"
    sample.write_text("def f():\n    import subprocess\n    from urllib import request\n")
    assert {"subprocess", "urllib.request"} <= imported(sample)
