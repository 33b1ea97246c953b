"""Python modules of extensions: each extension has its own, and none reaches another's.

    source = Source("pi_extension_1", "/x/g/__init__.py", "/x/g", ("/x/vendor",), Bytecode())
    module = open_module(source)

An extension is a package of a name that nothing else has; the folder of its entry file is the
package's path, so that `from . import tools` works. A plain `import tools` in its files looks

    1  in the standard library and in pi
    2  in the extension's folder
    3  in the folders of dependencies that came with it (`vendor`)
    4  in whatever is installed

What is found in 2 or 3 is a module of this extension alone, however many extensions have a file of
that name. Nothing is written next to them, and byte code that lies there is not read
(`pi.extensions.bytecode`).

`print` in such a module writes to standard error, and `input` is refused: standard output and input
belong to the mode.

Known limits: `importlib.import_module("tools")` looks only where Python does; use ".tools" and
`__package__`. Modules of a dependency are not in `sys.modules` under their plain names. Compiled
extension modules of dependencies are not loaded.
"""

from __future__ import annotations

import builtins
import os
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader

from pi.extensions.host import ExtensionError
from pi.files import read_bounded
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Any

    from pi.extensions.bytecode import Bytecode

SIZE_LIMIT = 4_000_000
"""A source file of more bytes is refused."""

_VENDORED = "_vendor"
_KEPT = frozenset({*sys.stdlib_module_names, "pi"})
_WHOLE = ("__name__",)  # a name every module has: asks for the module itself, not for its top


class Source(Value):
    """Where the modules of an extension come from.

    `name` is the package's, unique in this process; `entry` its file; `folder` where its other
    modules are; `vendor` are folders of dependencies; `bytecode` compiles.
    """

    name: str
    entry: str
    folder: str
    vendor: tuple[str, ...]
    bytecode: Bytecode


_sources: dict[str, Source] = {}


def open_module(source: Source) -> ModuleType:
    """Run the entry file as a package, and return it. Raises whatever the file raises."""
    _sources[source.name] = source
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    return import_module(source.name)


def forget(name: str) -> None:
    """Remove the package of an extension and everything that came with it."""
    _sources.pop(name, None)
    _prepared.pop(name, None)
    tops = (name, name + _VENDORED)
    for each in [each for each in sys.modules if each.partition(".")[0] in tops]:
        del sys.modules[each]


class _Finder:
    """Finds the modules of packages in `_sources`, and nothing else."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        top, _, rest = name.partition(".")
        is_vendored = top.endswith(_VENDORED)
        source = _sources.get(top.removesuffix(_VENDORED))
        if source is None:
            return None
        if rest:
            return _spec(name, rest.rpartition(".")[2], path or (), source)
        if is_vendored:
            return _package(name, None, list(source.vendor))
        return _package(name, _Loader(name, source.entry, source), [source.folder])

    def invalidate_caches(self) -> None:
        """Nothing is cached."""


_FINDER = _Finder()


class _Loader(SourceFileLoader):
    """Compiles a source file, without byte code on the disk, for one extension."""

    def __init__(self, name: str, path: str, source: Source) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> Any:
        path = self.get_filename(fullname)
        return self._source.bytecode.compiled(path, read_bounded(path, SIZE_LIMIT))

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = _builtins(self._source)
        exec(self.get_code(module.__name__), module.__dict__)  # this is what loading is


def _spec(name: str, last: str, folders: Sequence[str], source: Source) -> ModuleSpec | None:
    for folder in folders:
        base = os.path.join(folder, last)
        entry = os.path.join(base, "__init__.py")
        if os.path.isfile(entry):
            return _package(name, _Loader(name, entry, source), [base])
        if os.path.isfile(f"{base}.py"):
            loader = _Loader(name, f"{base}.py", source)
            spec = ModuleSpec(name, loader, origin=loader.path)
            spec.has_location = True
            return spec
    namespace = [
        each for each in (os.path.join(folder, last) for folder in folders) if _has_py(each)
    ]
    return _package(name, None, namespace) if namespace else None


def _package(name: str, loader: _Loader | None, folders: list[str]) -> ModuleSpec:
    spec = ModuleSpec(name, loader, origin=loader.path if loader else None, is_package=True)
    spec.submodule_search_locations = folders
    spec.has_location = loader is not None
    return spec


def _has_py(folder: str, depth: int = 3) -> bool:
    """Whether a folder without __init__.py may be meant as a package."""
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    if any(name.endswith(".py") for name in names):
        return True
    inner = (os.path.join(folder, name) for name in names if name.isidentifier())
    return depth > 1 and any(_has_py(each, depth - 1) for each in inner)


def _builtins(source: Source) -> dict[str, Any]:
    """What the modules of an extension have for built-in names."""
    own = _prepared.get(source.name)
    if own is None:
        own = _prepared[source.name] = {
            **builtins.__dict__,
            "__import__": _importer(source, builtins.__import__),
            "input": _input,
            "print": _print,
        }
    return own


_prepared: dict[str, dict[str, Any]] = {}


def _print(*values: object, **options: Any) -> None:
    """`print`, to standard error unless told otherwise."""
    if options.get("file") is None:
        options["file"] = sys.stderr
    builtins.print(*values, **options)  # noqa: T201 - for the extension that calls it


def _input(prompt: object = "") -> str:
    """`input` would take what is said to pi."""
    raise ExtensionError("input() reads what is meant for pi: use ctx.ui.input")


def _importer(source: Source, plain: Callable[..., Any]) -> Callable[..., Any]:
    homes: dict[str, str] = {}

    def own_import(
        name: str,
        globals: Any = None,  # noqa: A002 - the names of the built-in function
        locals: Any = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        """`import`, looking into the extension's own folders too."""
        top = name.partition(".")[0]
        if level or top in _KEPT:
            return plain(name, globals, locals, fromlist, level)
        home = homes.get(top)
        if home is None:
            home = homes[top] = _home(source, top)
        if not home:
            return plain(name, globals, locals, fromlist, level)
        whole = plain(f"{home}.{name}", globals, locals, fromlist or _WHOLE, 0)
        return whole if fromlist else sys.modules[f"{home}.{top}"]

    return own_import


def _home(source: Source, top: str) -> str:
    """The package that a module of this name is in; "" if it is none of the extension's."""
    for folders, package in (
        ((source.folder,), source.name),
        (source.vendor, source.name + _VENDORED),
    ):
        if _spec(top, top, folders, source) is not None:
            return package
    return ""
