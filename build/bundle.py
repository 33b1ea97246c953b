"""Build `dist/pi/`: a native program with its own Python inside, made by PyInstaller.

    python3 build/bundle.py             dist/pi/pi, for systems like this one
    python3 build/bundle.py --out DIR   DIR/pi/pi

A folder, not one file: nothing is unpacked at start, there is one process, and it runs where
temporary folders are full or not executable. What differs from PyInstaller's defaults:

    the whole standard library is inside, because extensions import what they like
    PyInstaller's start-up hooks (`pyi_rth_*`) are left out; they import half of it at every start
    UTF-8 mode is on, whatever the locale says
    debug symbols are stripped
    nothing of the building environment comes along: no setuptools, no pip, no caches

It uses the PyInstaller of the interpreter that runs it, works in a temporary folder, and replaces
the old bundle only when the new one starts. Two builds give the same bytes, where the builder's npm
and pip name the same registries (`origins.py`). `build/README.md` has figures and known limits.
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from importlib.util import find_spec
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent

NOT_BUNDLED = (
    "ensurepip",
    "idlelib",
    "lib2to3",
    "test",
    "tkinter",
    "turtle",
    "turtledemo",
    "_tkinter",
)
"""Parts of the standard library that no extension of a terminal program needs: windows, an editor,
tests, a converter from Python 2, and what installs pip."""

NEVER = (
    "setuptools",
    "pkg_resources",
    "_distutils_hack",
    "pip",
    "wheel",
    "sitecustomize",
    "usercustomize",
    *NOT_BUNDLED,
)
"""What must not be inside; `tests/test_packaging.py` looks for the names."""

OF_THE_SYSTEM = (
    "libcom_err.",
    "libgssapi_krb5.",
    "libk5crypto.",
    "libkeyutils.",
    "libkrb5.",
    "libkrb5support.",
    "libnsl.",
    "libtirpc.",
)
"""Libraries only the module `nis` needs. Systems with NIS have them; others are spared 2 MB."""

SPEC = """\
a = Analysis(
    [{script!r}],
    pathex=[{tree!r}],
    datas={datas!r},
    hiddenimports={hidden!r},
    excludes={excludes!r},
    noarchive=False,
)
a.scripts = [row for row in a.scripts if not row[0].startswith("pyi_rth_")]
a.binaries = [row for row in a.binaries if not row[0].startswith({spared!r})]
pyz = PYZ(a.pure)
exe = EXE(
    pyz,
    a.scripts,
    [("X utf8", None, "OPTION")],
    exclude_binaries=True,
    name="pi",
    strip={strip!r},
    upx=False,
    console=True,
)
COLLECT(exe, a.binaries, a.datas, strip={strip!r}, upx=False, name="pi")
"""


def standard_library() -> list[str]:
    """Every module of the standard library that this Python has and a bundle should have.

    Nothing is imported to find out: importing some of them has effects.
    """
    found = set()
    for name in sys.stdlib_module_names:
        if name in NOT_BUNDLED or name.startswith(("_test", "__hello", "__phello")):
            continue
        if BuiltinImporter.find_spec(name) or FrozenImporter.find_spec(name):
            found.add(name)
        spec = PathFinder.find_spec(name)
        if spec is not None:
            found.add(name)
            found.update(_submodules(name, spec.submodule_search_locations or ()))
    return sorted(found)


def _submodules(package: str, folders: object) -> Iterator[str]:
    for _, name, is_package in pkgutil.iter_modules(list(folders)):
        full = f"{package}.{name}"
        if name in ("__main__", "test", "tests", "idle_test") or name.startswith("_test"):
            continue
        yield full
        if is_package:
            inner = [os.path.join(folder, name) for folder in folders]
            yield from _submodules(full, inner)


def own_modules(tree: Path) -> list[str]:
    """Every module of the package."""
    names = []
    for path in sorted((tree / "pi").rglob("*.py")):
        parts = path.relative_to(tree).with_suffix("").parts
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def own_data(tree: Path) -> list[tuple[str, str]]:
    """(file, folder in the bundle) for everything in the package that is no module."""
    return [
        (str(path), path.parent.relative_to(tree).as_posix())
        for path in sorted((tree / "pi").rglob("*"))
        if path.is_file() and path.suffix not in (".py", ".pyc")
    ]


def spec_text(tree: Path, more: list[tuple[str, str]] | None = None) -> str:
    """What PyInstaller is told; `more` are (file, folder in the bundle) from outside the tree."""
    return SPEC.format(
        script=str(tree / "pi.py"),
        tree=str(tree),
        datas=[*own_data(tree), *(more or [])],
        hidden=[*own_modules(tree), *standard_library()],
        excludes=list(NEVER),
        spared=OF_THE_SYSTEM,
        strip=shutil.which("strip") is not None,
    )


def environment(work: Path) -> dict[str, str]:
    """What PyInstaller may see: nothing of the user's settings, and a fixed date and hash seed."""
    kept = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(work),
        "PYINSTALLER_CONFIG_DIR": str(work / "cache"),
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", "315532800"),
    }


def build(tree: Path, work: Path, addresses: bytes) -> Path:
    """Build below `work`; returns the bundle's folder. `addresses` are the registries' as data."""
    data = work / "origins.json"
    data.write_bytes(addresses)
    spec = work / "pi.spec"
    spec.write_text(spec_text(tree, [(str(data), "pi/data")]), "utf-8")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level=WARN"]
    folders = ["--distpath", str(work / "dist"), "--workpath", str(work / "work")]
    done = subprocess.run(
        [*command, *folders, str(spec)],
        cwd=work,
        env=environment(work),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"bundle: PyInstaller failed:\n{done.stdout[-4000:]}")
    return work / "dist/pi"


def try_out(program: Path) -> str:
    """Start the new program once, in an empty environment; returns the version it tells."""
    done = subprocess.run(
        [program, "--version"], env={}, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode != 0 or not done.stdout.strip():
        raise SystemExit(
            f"bundle: the new program does not start (status {done.returncode}):\n{done.stderr}"
        )
    return done.stdout.strip()


def put_in_place(made: Path, out: Path) -> None:
    """Move the new bundle to `out`, which may hold an older one."""
    old = made.parent / "old"
    if out.exists():
        out.rename(old)
    made.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def main() -> int:
    import origins  # noqa: PLC0415 - beside this script, and only when it is one

    parser = argparse.ArgumentParser(description="Build pi as a folder with its own Python.")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the sources; default: this tree")
    parser.add_argument("--out", type=Path, help="where pi/ goes; default: dist/ in the tree")
    origins.add_options(parser)
    options = parser.parse_args()
    if find_spec("PyInstaller") is None:
        command = f"{sys.executable} -m pip install 'pyinstaller>=6.10'"
        raise SystemExit(f"bundle: this Python has no PyInstaller; get it with: {command}")
    started = time.monotonic()
    tree = options.tree.resolve()
    out = (options.out or tree / "dist").resolve()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=out) as work:
        made = build(tree, Path(work), origins.chosen(options))
        version = try_out(made / "pi")
        put_in_place(made, out / "pi")
    size = sum(path.stat().st_size for path in (out / "pi").rglob("*") if not path.is_symlink())
    seconds = time.monotonic() - started
    print(f"{out / 'pi'}: {version}, {size / 1e6:.1f} MB, built in {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
