"""Where the program runs from: environment, start command, data files, streams."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pi import __version__, runtime

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = "/opt/pi/_internal"


@pytest.mark.parametrize(
    ("bundle", "before", "after"),
    [
        (BUNDLE, {"LD_LIBRARY_PATH": BUNDLE}, {}),
        (BUNDLE, {"LD_LIBRARY_PATH": f"{BUNDLE}:/x:/y"}, {"LD_LIBRARY_PATH": "/x:/y"}),
        (
            BUNDLE,
            {"LD_LIBRARY_PATH": f"{BUNDLE}:/x", "LD_LIBRARY_PATH_ORIG": "/x"},
            {"LD_LIBRARY_PATH": "/x"},
        ),
        (BUNDLE, {"LD_LIBRARY_PATH": BUNDLE, "LD_LIBRARY_PATH_ORIG": ""}, {}),
        (BUNDLE, {"PATH": "/bin"}, {"PATH": "/bin"}),
        (None, {"LD_LIBRARY_PATH": "/x"}, {"LD_LIBRARY_PATH": "/x"}),
        (None, {"LD_LIBRARY_PATH_ORIG": "/x"}, {"LD_LIBRARY_PATH_ORIG": "/x"}),
        (
            None,
            {"_PYI_ARCHIVE_FILE": "a", "_PYI_X": "", "_MEIPASS2": "b", "PI_BE_PYTHON": "1"},
            {},
        ),
        (None, {"_PY": "1", "PI_OFFLINE": "1"}, {"_PY": "1", "PI_OFFLINE": "1"}),
    ],
)
def test_clean_environment(bundle, before, after):
    environ = dict(before)
    runtime.clean_environment(environ, bundle)
    assert environ == after
    runtime.clean_environment(environ, None)
    assert environ == after


def test_clean_environment_reaches_child_processes():
    """What is removed from `os.environ` is gone for children too."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import os, subprocess\n"
        "from pi import runtime\n"
        f"runtime.clean_environment(os.environ, {BUNDLE!r})\n"
        "print(subprocess.run(['env'], capture_output=True, text=True).stdout)\n"
    )
    environ = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": BUNDLE, "_MEIPASS2": "x"}
    finished = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert "PATH=" in finished.stdout
    assert "LD_LIBRARY_PATH" not in finished.stdout
    assert "_MEIPASS2" not in finished.stdout


def test_from_source_nothing_is_frozen():
    assert not runtime.is_frozen()
    assert runtime.archive() is None


def test_the_command_that_starts_the_program_again():
    command = runtime.self_command()
    assert command[0] == sys.executable
    assert command[-1] == str(ROOT / "pi.py") or command[-2:] == ["-m", "pi"]


@pytest.mark.parametrize("flags", [[], ["-I", "-S"], ["-X", "utf8"]])
def test_the_flags_of_the_interpreter_are_passed_on(flags):
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pi import runtime; "
        "print(*runtime.self_command()[1:-1])"
    )
    finished = subprocess.run(
        [sys.executable, *flags, "-c", code], capture_output=True, text=True, check=True
    )
    assert finished.stdout.split()[: len(flags)] == flags


def test_the_user_agent():
    agent = runtime.user_agent()
    assert agent.startswith(f"pi/{__version__} (")
    assert re.fullmatch(r"pi/\S+ \([a-z0-9]+; python/3\.\d+\.\d+; \w+\)", agent)


# Data files


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A copy of what `runtime` needs, with data files, in a folder of its own."""
    package = tmp_path / "tree" / "pi"
    (package / "data" / "themes").mkdir(parents=True)
    for name in ("__init__.py", "runtime.py", "value.py"):
        (package / name).write_bytes((ROOT / "pi" / name).read_bytes())
    (package / "data" / "themes" / "dark.json").write_bytes(b"\x00{}\r\n")
    (tmp_path / "tree" / "__main__.py").write_text(PROBE)
    return tmp_path / "tree"


PROBE = """
import sys
from pi import runtime
print(runtime.read_data("themes/dark.json"))
print(runtime.data_path("themes/dark.json"))
print(runtime.data_path("themes/none.json"))
names = "themes/none.json ../runtime.py /etc/passwd themes a//b a\\\\b".split()
for name in [*names, "", "\\0"]:
    try:
        print("READ", name, runtime.read_data(name))
    except FileNotFoundError as exc:
        print(type(exc).__name__)
print(runtime.self_command()[-1])
print("importlib.resources" in sys.modules)
"""


def probed(*command: str, cwd: Path) -> list[str]:
    finished = subprocess.run(
        [sys.executable, "-I", *command], capture_output=True, text=True, check=True, cwd=cwd
    )
    return finished.stdout.splitlines()


def test_data_from_source(program):
    lines = probed(str(program), cwd=program)
    assert lines[0] == repr(b"\x00{}\r\n")
    assert lines[1:3] == [str(program / "pi" / "data" / "themes" / "dark.json"), "None"]
    assert lines[3:11] == ["FileNotFoundError"] * 8
    assert lines[12:] == ["False"]


@pytest.mark.parametrize("kind", ["source", "compiled"])
def test_data_from_an_archive(program, tmp_path, kind):
    path = tmp_path / "pi.pyz"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(program.rglob("*")):
            name = str(file.relative_to(program))
            if kind == "compiled" and file.suffix == ".py":
                code = subprocess.run(
                    [sys.executable, "-c", COMPILE, file], capture_output=True, check=True
                ).stdout
                archive.writestr(f"{name}c", code)
            elif file.is_file():
                archive.write(file, name)
    lines = probed("pi.pyz", cwd=tmp_path)  # by a relative name: it must be made absolute
    assert lines[0] == repr(b"\x00{}\r\n")
    assert lines[1:3] == ["None", "None"]
    assert lines[3:11] == ["FileNotFoundError"] * 8
    assert lines[11:] == [str(path), "False"]


COMPILE = (
    "import sys, importlib._bootstrap_external as b; "
    "code = compile(open(sys.argv[1]).read(), 'x', 'exec'); "
    "sys.stdout.buffer.write(b._code_to_hash_pyc(code, b'12345678', False))"
)


# Streams


@pytest.mark.parametrize(
    ("encoding", "changes"),
    [("iso8859-1", True), ("ascii", True), ("utf-8", False), ("UTF8", False)],
)
def test_streams_speak_utf_8(encoding, changes):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict")
    runtime.force_utf8(stream)
    stream.write("\U0001f389")
    stream.flush()
    assert raw.getvalue() == "\U0001f389".encode()
    assert (stream.errors == "surrogateescape") is changes


def test_streams_that_cannot_be_changed_are_left_alone():
    replaced = io.StringIO()
    runtime.force_utf8(replaced, None)
    assert replaced.getvalue() == ""
