"""Loading extensions: modules of their own, damage of every kind, loading again."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
import weakref

import pytest

from pi.cancel import CancelToken
from pi.extensions import stray
from pi.extensions.host import ExtensionError
from pi.extensions.load import load, unload
from pi.extensions.module import SIZE_LIMIT
from pi.extensions.runner import Runner
from tests.hookkit import FakeHost, found, loaded, running, write

GOOD = "def extend(pi):\n    pi.register_flag('good')\n"


def module_of(extension):
    return sys.modules[extension.module]


# --- modules -------------------------------------------------------------------------------------


def test_a_folder_is_a_package_whose_files_import_each_other(tmp_path):
    folder = tmp_path / "guard"
    write(folder, "sub/__init__.py", "from ..helper import WORD\n")
    write(
        folder, "sub/deep.py", "import helper\nfrom . import WORD\nfrom .. import helper as again\n"
    )
    write(folder, "helper.py", "WORD = 'own'\n")
    write(folder, "space/inner.py", "import sub.deep\nfrom sub.deep import WORD\n")
    entry = write(
        folder,
        "__init__.py",
        """
        from . import helper
        from .sub import deep
        import helper as plain
        import sub.deep
        import space.inner as inner
        from helper import WORD

        def extend(pi):
            import helper as late
            assert late is helper is plain is deep.helper is deep.again
            assert sub.deep is deep
            assert inner.WORD == WORD == "own"
            assert __package__ == __name__ and __file__.endswith("__init__.py")
        """,
    )
    host = FakeHost()
    result = load([found(entry), found(str(folder))], host)
    assert result.problems == []
    assert len(result.extensions) == 1, "a file that is named twice is loaded once"
    assert result.extensions[0].name == "guard"
    assert "helper" not in sys.modules
    assert "sub" not in sys.modules


@pytest.mark.parametrize("entry", ["index.py", "__init__.py", "main.py"])
def test_extensions_do_not_reach_each_others_modules(tmp_path, entry):
    host = FakeHost()
    paths = []
    for name in ("one", "two"):
        write(tmp_path / name, "helper.py", f"WORD = '{name}'\n")
        text = (
            "import helper\nfrom .helper import WORD\ndef extend(pi):\n    pi.register_flag(WORD)\n"
        )
        paths.append(write(tmp_path / name, entry, text))
    result = load(map(found, paths), host)
    assert result.problems == []
    assert [list(each.flags) for each in result.extensions] == [["one"], ["two"]]


def test_the_standard_library_comes_before_own_files_and_these_before_what_is_installed(tmp_path):
    write(tmp_path, "json.py", "WORD = 'own json'\n")
    write(tmp_path, "pytest.py", "WORD = 'own pytest'\n")
    result, _ = loaded(
        tmp_path,
        """
        from . import json as own
        import json, pytest, pi.value, _pytest
        import xml.etree.ElementTree

        def extend(pi):
            assert json.loads("1") == 1 and own.WORD == "own json"
            assert pytest.WORD == "own pytest"
            assert xml.etree.ElementTree.Element("a").tag == "a"
        """,
    )
    assert result.problems == []
    assert sys.modules["pytest"] is pytest


@pytest.mark.parametrize("where", ["vendor", "above", "named"])
def test_dependencies_belong_to_one_extension(tmp_path, where):
    package = tmp_path / "package"
    write(package, "package.json", "{}")
    folder = {"vendor": package / "src" / "vendor", "above": package / "vendor"}.get(
        where, tmp_path / "site"
    )
    write(folder, "yamlish/__init__.py", "from .inner import load\nimport yamlish.inner\n")
    write(folder, "yamlish/inner.py", "import other\nload = other.LOAD\n")
    write(folder, "other.py", "import space.deep.inner\nLOAD = space.deep.inner.LOAD\n")
    write(folder, "space/deep/inner.py", "LOAD = 'vendored'\n")
    text = "import yamlish\nfrom yamlish.inner import load\n" + GOOD.replace("'good'", "load")
    entry = write(package / "src", "main.py", text)
    more = {"python_path": str(folder)} if where == "named" else {}
    host = FakeHost()
    result = load([found(entry, **more)], host)
    assert result.problems == []
    assert list(result.extensions[0].flags) == ["vendored"]
    assert "yamlish" not in sys.modules
    other = load([found(write(tmp_path, "alone.py", text))], host)
    assert "ModuleNotFoundError: No module named 'yamlish' (alone.py:1)" in other.problems[0]


def test_nothing_is_written_and_stale_byte_code_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    write(tmp_path, "helper.py", "WORD = 1\n")
    write(tmp_path, f"__pycache__/helper.{sys.implementation.cache_tag}.pyc", "hostile")
    before = sorted(map(str, tmp_path.rglob("*")))
    result, _ = loaded(tmp_path, "import helper\nfrom . import helper\n" + GOOD)
    assert result.problems == []
    after = sorted(map(str, tmp_path.rglob("*")))
    assert [path for path in after if path not in before] == [str(tmp_path / "e0.py")]


def test_print_goes_to_standard_error(tmp_path, capsys):
    result, _ = loaded(
        tmp_path, "print('loading')\ndef extend(pi):\n    print('x', 'y', sep='-')\n"
    )
    assert result.problems == []
    assert capsys.readouterr() == ("", "loading\nx-y\n")


def test_warnings_of_the_compiler_are_not_told(tmp_path):
    result, _ = loaded(tmp_path, "PATTERN = '\\d'\n" + GOOD)
    assert result.problems == []


def test_classes_of_extensions_work_with_the_standard_library(tmp_path):
    result, _ = loaded(
        tmp_path,
        """
        from __future__ import annotations
        import dataclasses, enum, pickle, typing, logging, threading

        @dataclasses.dataclass
        class Todo:
            text: str
            done: bool = False

        class Kind(enum.Enum):
            A = 1

        def extend(pi):
            assert pickle.loads(pickle.dumps(Todo("a"))) == Todo("a")
            assert typing.get_type_hints(Todo)["done"] is bool
            assert pickle.loads(pickle.dumps(Kind.A)) is Kind.A
            thread = threading.Thread(target=lambda: __import__("json"))
            thread.start()
            thread.join()
        """,
    )
    assert result.problems == []


# --- damage --------------------------------------------------------------------------------------

DEEP = "x = " + "(" * 3000 + ")" * 3000 + "\n"
DAMAGE = [
    ("", "it has no function extend(pi)"),
    ("extend = 5\n", "extend must be a function, not int"),
    ("async def extend(pi):\n    pass\n", "extend is a coroutine function"),
    ("def extend():\n    pass\n", "extend must take one argument"),
    ("def extend(pi:\n    pass\n", "SyntaxError: '(' was never closed (bad.py:1)"),
    ("def extend(pi):\n\tif 1:\n        pass\n", "TabError"),
    ("import nothing_of_this_name\n", "No module named 'nothing_of_this_name' (bad.py:1)"),
    ("from . import nothing\n", "ImportError: cannot import name 'nothing'"),
    ("def extend(pi):\n    raise ValueError('no\\nway')\n", "ValueError: no way (bad.py:2)"),
    ("raise SystemExit(3)\n", "SystemExit: 3 (bad.py:1)"),
    ("import sys\nsys.exit('bye')\n", "SystemExit: bye (bad.py:2)"),
    ("input('who?')\n", "input() reads what is meant for pi: use ctx.ui.input (bad.py:1)"),
    ("raise KeyboardInterrupt\n", "KeyboardInterrupt (bad.py:1)"),
    ("def extend(pi):\n    extend(pi)\n", "RecursionError"),
    ("def extend(pi):\n    pi.on('tool_cal', print)\n", "there is no event 'tool_cal'"),
    ("def extend(pi):\n    pi.send_user_message('x')\n", "inside extend()"),
    ("def extend(pi):\n    pi.registre_tool({})\n", "pi has no registre_tool (bad.py:2)"),
    (b"\xff\xfe\x00", "bad.py"),
    (b"# coding: nothing\n", "SyntaxError: unknown encoding: nothing"),
    (b"x = '\xe4'\n", "SyntaxError"),
    (b"x = 1\x00\n", "null bytes"),
    ("x = 1\n" * (SIZE_LIMIT // 6 + 1), f"larger than {SIZE_LIMIT} bytes"),
    (DEEP, "(bad.py"),
]


@pytest.mark.parametrize(("text", "expected"), DAMAGE, ids=[each[1][:30] for each in DAMAGE])
def test_a_damaged_extension_costs_one_line(tmp_path, text, expected):
    bad = tmp_path / "bad.py"
    bad.write_bytes(text if isinstance(text, bytes) else text.encode())
    host = FakeHost()
    good = write(tmp_path, "good.py", GOOD)
    result = load([found(bad), found(good)], host)
    assert [each.path for each in result.extensions] == [good]
    assert len(result.problems) == 1
    assert result.problems[0].startswith(f"{bad}: the extension is not loaded: ")
    assert expected in result.problems[0]
    assert "\n" not in result.problems[0]
    assert not [
        name for name in sys.modules if getattr(sys.modules[name], "__file__", "") == str(bad)
    ]
    assert host.faults == []


@pytest.mark.parametrize(
    "text", ["\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD.replace("\n", "\r")]
)
def test_marks_and_line_ends_of_other_systems(tmp_path, text):
    result = load([found(write(tmp_path, "e.py", text))], FakeHost())
    assert result.problems == []
    assert list(result.extensions[0].flags) == ["good"]


def test_an_encoding_is_obeyed(tmp_path):
    path = tmp_path / "e.py"
    path.write_bytes(b"# coding: latin-1\ndef extend(pi):\n    pi.register_flag('\xe4')\n")
    assert list(load([found(path)], FakeHost()).extensions[0].flags) == ["ä"]


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "empty").mkdir()
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    names = ("pipe.py", "empty", "loop.py", "missing.py")
    result = load([found(tmp_path / name) for name in names], FakeHost())
    assert result.extensions == ()
    said = [line.partition("not loaded: ")[2] for line in result.problems]
    assert said[0] == "not a regular file but a named pipe"
    assert said[1] == "it is a folder without __init__.py or index.py"
    assert "symbolic links" in said[2]
    assert said[3] == "No such file or directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_a_file_that_cannot_be_read(tmp_path):
    path = write(tmp_path, "e.py", GOOD)
    os.chmod(path, 0)
    assert "Permission denied" in load([found(path)], FakeHost()).problems[0]


def test_a_failure_drops_everything_that_was_registered_before(tmp_path):
    text = """
        HELD = []
        def extend(pi):
            HELD.append(pi)
            pi.register_flag("a")
            pi.on("turn_start", print)
            pi.events.on("x", HELD.append)
            raise RuntimeError
    """
    listening = (
        "BUS = []\ndef extend(pi):\n    pi.on('turn_start', lambda: pi.events.emit('x', 1))\n"
    )
    result, host = loaded(tmp_path, text, listening)
    runner = Runner(result.extensions, host)
    assert "RuntimeError (e0.py:8)" in result.problems[0]
    assert runner.flags() == {}
    runner.fire("turn_start")
    assert host.faults == []


def test_an_api_of_a_failed_extension_is_dead(tmp_path):
    holder = []
    sys.modules["held_by_a_test"] = holder  # type: ignore[assignment]
    try:
        text = """
            import held_by_a_test
            def extend(pi):
                held_by_a_test.append(pi)
                raise RuntimeError("broken")
        """
        loaded(tmp_path, text)
    finally:
        del sys.modules["held_by_a_test"]
    with pytest.raises(
        ExtensionError, match=r"could not be loaded: RuntimeError: broken \(e0.py:5\)"
    ):
        holder[0].register_flag("a")


def test_loading_that_hangs_is_told_and_given_up(tmp_path):
    token = CancelToken()
    host = FakeHost()
    hanging = "import threading\ndef extend(pi):\n    threading.Event().wait(3)\n"
    threading.Timer(0.15, token.cancel).start()
    started = time.monotonic()
    result, _ = loaded(
        tmp_path, GOOD, hanging, GOOD, host=host, token=token, slow_s=0.05, grace_s=0.05
    )
    assert time.monotonic() - started < 2
    assert [each.name for each in result.extensions] == ["e0.py"]
    assert "did not come to an end" in result.problems[0]
    assert "aborted" in result.problems[1]
    assert len(host.notices) == 1
    assert "e1.py is slow to load" in host.notices[0][1]


def test_scripts_are_told_once_for_each_package(tmp_path):
    host = FakeHost()
    paths = ["a/x.ts", "a/y.js", "b/index.ts"]
    entries = [found(tmp_path / path) for path in paths]
    packed = [
        found(tmp_path / "p" / path, base=str(tmp_path / "p"), origin="package") for path in paths
    ]
    result = load([*entries, *packed], host)
    assert result.extensions == ()
    assert [line.partition(": ")[0] for line in result.problems] == [
        str(tmp_path / name) for name in ("a", "b", "p")
    ]
    assert result.problems[0].endswith("x.ts, y.js")
    assert result.problems[2].endswith("a/x.ts, a/y.js, b/index.ts")


def test_what_is_odd_is_told_and_loaded(tmp_path):
    text = """
        def extend(pi):
            pi.register_tool(name="t", execute=lambda: "", promt_snippet="x")
    """
    result, _ = loaded(tmp_path, text)
    assert list(result.extensions[0].tools) == ["t"]
    assert result.problems[0].endswith(
        'e0.py: tool "t": a tool has no field promt_snippet; it is passed over'
    )


def test_an_error_in_a_thread_of_an_extension_is_reported(tmp_path):
    text = """
        import threading
        def extend(pi):
            pi.on("session_start", start)
        def start():
            thread = threading.Thread(target=lambda: [].pop())
            thread.start()
            thread.join()
    """
    runner, host = running(tmp_path, text)
    runner.fire("session_start")
    (fault,) = host.faults
    assert (fault.path, fault.event) == (runner.extensions[0].path, "thread")
    assert fault.error == "IndexError: pop from empty list (e0.py:6)"
    runner.retire()
    module_of(runner.extensions[0]).start()
    assert len(host.faults) == 2, "it is told although the session was replaced"
    unload(runner.extensions)
    assert runner.extensions[0].module not in stray._watched


def test_errors_of_other_threads_are_not_an_extensions(tmp_path):
    running(tmp_path, GOOD)
    others = []
    kept, stray._before[:] = stray._before[:], [others.append]
    thread = threading.Thread(target=lambda: [].pop())
    thread.start()
    thread.join()
    stray._before[:] = kept
    assert [failure.exc_type for failure in others] == [IndexError]


# --- loading again -------------------------------------------------------------------------------


def test_loading_again_gives_fresh_modules(tmp_path):
    write(tmp_path, "helper.py", "WORD = 'old'\n")
    text = "import helper\nSTATE = []\ndef extend(pi):\n    pi.register_flag(helper.WORD)\n"
    runner, host = running(tmp_path, text)
    first = module_of(runner.extensions[0])
    runner.retire()
    unload(runner.extensions)
    write(tmp_path, "helper.py", "WORD = 'new'\n")
    again = load([found(runner.extensions[0].path)], host).extensions[0]
    assert list(again.flags) == ["new"]
    assert module_of(again) is not first
    assert module_of(again).STATE is not first.STATE


def test_a_hundred_reloads_leave_nothing_behind(tmp_path):
    folder = tmp_path / "guard"
    write(folder, "helper.py", "BIG = bytearray(10_000)\n")
    text = """
        import helper
        def extend(pi):
            pi.on("turn_start", lambda event, ctx: ctx.mode)
            pi.events.on("x", print)
            pi.register_tool(name="t", execute=lambda params, ctx: helper.BIG)
    """
    entry = write(folder, "__init__.py", text)
    host = FakeHost()
    refs, threads = [], threading.active_count()
    modules = len(sys.modules)
    for _ in range(100):
        result = load([found(entry)], host)
        runner = Runner(result.extensions, host)
        runner.fire("turn_start")
        refs.append(weakref.ref(module_of(runner.extensions[0])))
        runner.retire()
        unload(runner.extensions)
    del runner, result
    gc.collect()
    assert sum(ref() is not None for ref in refs) <= 1
    assert len(sys.modules) == modules
    for _ in range(100):
        if threading.active_count() <= threads + 2:
            break
        time.sleep(0.01)
    assert threading.active_count() <= threads + 2
    assert host.faults == []
