"""The artefacts: `pi.pyz` and the PyInstaller bundle, built from this tree and tried out.

A probe is built in: a module that imports what it is told, reads every data file and tells what the
program sees from inside. The entry points run it when the first argument is --probe, and are
otherwise the real ones.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.launch import ROOT

PROBE = """
import hashlib, importlib, io, json, os, sys, warnings


def probe():
    from pi import runtime

    told = json.load(sys.stdin)
    failed = {}
    warnings.simplefilter("ignore")
    for name in told.get("modules", ()):
        try:
            importlib.import_module(name)
        except Exception as error:
            failed[name] = repr(error)
    before = dict(os.environ)
    runtime.clean_environment(os.environ)
    json.dump(
        {
            "failed": failed,
            "data": {
                name: hashlib.sha256(runtime.read_data(name)).hexdigest()
                for name in told.get("data", ())
            },
            "before": before,
            "environ": dict(os.environ),
            "version": list(sys.version_info[:2]),
            "utf8": sys.flags.utf8_mode,
            "encoding": sys.stdout.encoding,
            "argv": sys.argv[2:],
            "command": runtime.self_command(),
            "frozen": runtime.is_frozen(),
            "file": runtime.__file__,
        },
        sys.stdout,
    )
    return 0
"""
ENTRY = """
import sys
if sys.argv[1:2] == ["--probe"]:
    from pi.packaging_probe import probe
    sys.exit(probe())
"""


def recipe(name):
    """A module of build/, which is no package."""
    spec = importlib.util.spec_from_file_location(f"recipe_{name}", ROOT / f"build/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pyz, bundle = recipe("pyz"), recipe("bundle")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the sources with the probe built in."""
    folder = tmp_path_factory.mktemp("tree")
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("pi", "build"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "pi.py", folder)
    (folder / "pi/packaging_probe.py").write_text(PROBE)
    (folder / "pi/data/gr\u00fc\u00df e.txt").write_text("a name beyond ASCII")
    for name in ("pi.py", "pi/__main__.py"):
        path = folder / name
        future = "from __future__ import annotations\n"
        path.write_text(future + ENTRY + path.read_text().replace(future, ""))
    return folder


REGISTRY = "https://user:secret@npm.example.test/mirror"
ORIGINS = b'{\n  "npm": "https://npm.example.test/mirror/"\n}\n'
"""What a build is told of registries, and the data file it makes of that."""


def data_files(tree):
    """Name of each data file -> SHA-256."""
    found = {"origins.json": hashlib.sha256(ORIGINS).hexdigest()}
    for path in (tree / "pi/data").rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc"):
            name = path.relative_to(tree / "pi/data").as_posix()
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def build(script, *words, tree, env=None):
    addresses = ["--npm-registry", REGISTRY, "--pypi-index", ""]
    command = [sys.executable, str(tree / f"build/{script}.py"), *addresses, *words]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **(env or {})}, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def probed(command, told, env=None, words=()):
    """What the probe inside an artefact answers."""
    done = subprocess.run(
        [*command, "--probe", *words],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], **(env or {})},
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def version_line(command, env):
    done = subprocess.run(
        [*command, "--version"], capture_output=True, text=True, env=env, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


# --- pi.pyz --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def archive(tree):
    assert "MB, byte code for" in build("pyz", tree=tree)
    return tree / "dist/pi.pyz"


def pythons():
    """Every interpreter from 3.10 on that is here, one a version."""
    found = {sys.version_info[:2]: sys.executable}
    for minor in range(10, 15):
        path = shutil.which(f"python3.{minor}")
        check = [path, "-c", f"import sys; sys.exit(sys.version_info[:2] != (3, {minor}))"]
        if path and subprocess.run(check, capture_output=True, check=False).returncode == 0:
            found.setdefault((3, minor), path)
    return [path for _, path in sorted(found.items())]


@pytest.mark.parametrize("python", pythons())
def test_the_archive_runs_on_every_python(archive, tree, python):
    seen = probed([archive], {"data": list(data_files(tree))}, {"PI_PYTHON": python}, ["\u00fc"])
    assert seen["data"] == data_files(tree)
    assert (seen["utf8"], seen["encoding"], seen["argv"]) == (1, "utf-8", ["\u00fc"])
    assert seen["command"][-1] == str(archive)
    assert not seen["frozen"]
    own = tuple(seen["version"]) == sys.version_info[:2]
    assert seen["file"].endswith(".pyc" if own else "runtime.py")


def test_the_archive_can_be_started_three_ways(archive):
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": "/nonexistent", "PI_PYTHON": sys.executable}
    lines = {version_line(way, env) for way in ([archive], ["sh", archive])}
    lines.add(version_line([sys.executable, archive], env))
    assert len(lines) == 1
    assert pyz.version_of(ROOT) in lines.pop()


def test_the_archive_holds_the_package_and_nothing_else(archive, tree):
    with zipfile.ZipFile(archive) as opened:
        names = set(opened.namelist())
        dates = {info.date_time for info in opened.infolist()}
        texts = b"".join(opened.read(name) for name in names)
    files = set(pyz.package_files(tree))
    assert dates == {(1980, 1, 1, 0, 0, 0)}
    made = {"__main__.py", "pi/data/origins.json"}
    assert files | made == {name for name in names if not name.endswith(".pyc")}
    tag = sys.implementation.cache_tag
    compiled = {name.replace(f".{tag}.pyc", ".py") for name in names if name.endswith(".pyc")}
    assert compiled == {name for name in files if name.endswith(".py")}
    assert str(tree).encode() not in texts
    assert (
        archive.stat().st_size < 4_000_000
    )  # sources and byte code; larger would mean that something else got in


def test_the_same_sources_make_the_same_archive(archive, tree, tmp_path):
    other = shutil.copytree(tree, tmp_path / "elsewhere/copy")
    for path in other.rglob("*.py"):
        path.touch()
    build("pyz", "--out", str(tmp_path / "x.pyz"), tree=other, env={"PYTHONHASHSEED": "77"})
    assert (tmp_path / "x.pyz").read_bytes() == archive.read_bytes()


def test_the_archive_explains_a_missing_or_old_python(archive, tmp_path):
    shell = shutil.which("sh")
    done = subprocess.run(
        [shell, archive], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (127, 1)
    assert "needs Python 3.10 or newer" in done.stderr
    old = "import sys, runpy; sys.version_info = (3, 9, 1)\nrunpy.run_path(sys.argv[1])"
    command = [sys.executable, "-c", old, archive]
    done = subprocess.run(
        command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "pi: needs Python 3.10 or newer, this is 3.9\n"


# --- the bundle ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def program(tree):
    """The bundle, when PyInstaller can work here: about 20 s."""
    bindepend = pytest.importorskip("PyInstaller.depend.bindepend")
    try:
        bindepend.get_python_library_path()
    except Exception as error:  # noqa: BLE001 - PyInstaller says that Python has no shared library
        pytest.skip(f"PyInstaller cannot use this Python: {error}")
    assert "built in" in build("bundle", tree=tree)
    return tree / "dist/pi/pi"


def modules_inside(program):
    """(scripts of the executable, modules of its archive)."""
    readers = pytest.importorskip("PyInstaller.archive.readers")
    reader = readers.CArchiveReader(str(program))
    return set(reader.toc), reader.open_embedded_archive("PYZ.pyz")


@pytest.mark.slow
def test_the_bundle_has_all_of_pi_and_of_the_standard_library(program, tree):
    doing = ("antigravity", "this")  # importing these opens a browser, and prints
    standard = [name for name in bundle.standard_library() if name not in doing]
    wanted = standard + bundle.own_modules(tree)
    wanted = [name for name in wanted if not name.endswith("__main__")]
    seen = probed([program], {"modules": wanted, "data": list(data_files(tree))})
    script = "import json, sys, importlib, warnings\nwarnings.simplefilter('ignore')\nfailed = []\n"
    script += "for name in json.load(sys.stdin):\n    try:\n        importlib.import_module(name)\n"
    script += "    except Exception:\n        failed.append(name)\nprint(json.dumps(failed))"
    here = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        input=json.dumps(standard),
        capture_output=True,
        text=True,
        check=True,
    )
    missing_here = set(json.loads(here.stdout.splitlines()[-1]))
    assert len(wanted) > 500
    assert {k: v for k, v in seen["failed"].items() if k not in missing_here} == {}
    assert seen["data"] == data_files(tree)
    assert seen["frozen"]
    assert seen["command"] == [str(program)]


@pytest.mark.slow
def test_nothing_leaks_into_the_bundle(program, tree):
    scripts, archive = modules_inside(program)
    assert [name for name in scripts if name.startswith("pyi_rth_")] == []
    tops = {name.partition(".")[0] for name in archive.toc}
    assert tops & set(bundle.NEVER) == set()
    foreign = tops - set(sys.stdlib_module_names) - {"pi"}
    assert [name for name in foreign if not name.startswith("_sysconfigdata_")] == []
    files = [path.relative_to(program.parent).as_posix() for path in program.parent.rglob("*")]
    leaked = ("setuptools", "pip", "wheel", "pytest", "ruff", "dist-info", "egg-info")
    assert [name for name in files if any(word in name.split("/") for word in leaked)] == []
    assert [name for name in files if name.endswith("-info")] == []
    assert archive.extract("pi.runtime").co_filename == os.path.join("pi", "runtime.py")
    for path in program.parent.rglob("*"):
        if path.is_file():
            assert str(tree).encode() not in path.read_bytes(), path
    size = sum(path.stat().st_size for path in program.parent.rglob("*") if path.is_file())
    assert size < 35_000_000


@pytest.mark.slow
@pytest.mark.parametrize("before", [None, "/x:/y"])
def test_children_of_the_bundle_see_the_users_environment(program, before):
    env = {"KEPT": "1"} if before is None else {"KEPT": "1", "LD_LIBRARY_PATH": before}
    seen = probed([program], {}, env)
    assert seen["before"] != seen["environ"]  # what PyInstaller's starter adds
    assert seen["environ"] == {"PATH": os.environ["PATH"], **env}


@pytest.mark.slow
def test_the_bundle_starts_anywhere_and_speaks_utf8(program, tmp_path):
    assert pyz.version_of(ROOT) in version_line([program], {})
    bare = {"HOME": "/nonexistent", "TMPDIR": "/nonexistent", "PYTHONHOME": "/nonexistent"}
    assert version_line([program], bare) == version_line([program], {})
    seen = probed([program], {}, {"LC_ALL": "C", "TMPDIR": str(tmp_path)}, ["\U0001f388"])
    assert (seen["utf8"], seen["encoding"], seen["argv"]) == (1, "utf-8", ["\U0001f388"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("PI_TEST_LONG") != "1", reason="PI_TEST_LONG=1 switches it on")
def test_the_same_sources_make_the_same_bundle(program, tree, tmp_path):
    other = shutil.copytree(tree, tmp_path / "other", ignore=shutil.ignore_patterns("dist"))
    build("bundle", tree=other)
    made = other / "dist/pi"
    for path in program.parent.rglob("*"):
        twin = made / path.relative_to(program.parent)
        assert twin.exists()
        assert not path.is_file() or path.read_bytes() == twin.read_bytes()


# --- the scripts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["build/check.sh", ".ci/run"])
def test_scripts_are_plain_shell(name):
    for shell in ("sh", "dash", "bash"):
        if shutil.which(shell):
            subprocess.run([shell, "-n", ROOT / name], check=True)
    assert os.access(ROOT / name, os.X_OK)
    assert (ROOT / name).read_text().startswith("#!/bin/sh\n")


def test_check_wants_a_python_that_is_new_enough(tmp_path):
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    tools = [shutil.which(name) for name in ("sh", "dirname")]
    for tool in tools:
        (tmp_path / os.path.basename(tool)).symlink_to(tool)

    def check(**env):
        command = [tools[0], str(ROOT / "build/check.sh")]
        return subprocess.run(
            command, env={"PATH": str(tmp_path), **env}, capture_output=True, text=True, check=False
        )

    for done in (check(), check(PYTHON=str(old)), check(PYTHON="/nonexistent")):
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert "Python 3.10 or newer" in done.stderr
