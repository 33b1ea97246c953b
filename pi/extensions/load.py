"""Loading extensions: every entry is a package of its own, and its `extend(pi)` is called.

    loaded = load(found, host)
    loaded.extensions       those that could be loaded, in order
    loaded.problems         a line for each that could not, and for what is odd

Whatever is wrong with an entry costs one line that names its file, and nothing else: it is left out
as a whole, with everything that it registered before it failed. Loading runs on a worker thread
(`pi.extensions.pool`), so that a file that hangs is named, and given up when the token fires.

Entries in TypeScript and JavaScript are told once for each package. `unload` makes room for loading
again. Which files there are to load is found by `pi.resources.discover`.
"""

from __future__ import annotations

import os
from itertools import count

from pi.errors import Cancelled
from pi.extensions.api import Api
from pi.extensions.blame import blame
from pi.extensions.bus import Bus
from pi.extensions.bytecode import Bytecode
from pi.extensions.context import Context
from pi.extensions.extension import ENTRIES, Extension
from pi.extensions.host import ExtensionError, Line
from pi.extensions.module import SIZE_LIMIT, Source, forget, open_module
from pi.extensions.pool import GRACE_S, SLOW_S, Pool
from pi.extensions.stray import release, watch
from pi.extensions.takes import checked, positional
from pi.files import read_bounded
from pi.paths import upwards
from pi.text.unicode import shown
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from pi.cancel import CancelToken
    from pi.extensions.host import Host
    from pi.extensions.pool import Job

SCRIPTS = (".ts", ".js", ".mts", ".mjs", ".cts", ".cjs", ".tsx", ".jsx")
"""Endings of files that the reference loads, and that cannot be loaded here."""

VENDOR = "vendor"
"""The folder of dependencies that come with an extension."""

_MANIFEST = "package.json"
_numbers = count(1)


class Loaded(Value):
    """What loading came to."""

    extensions: tuple[Extension, ...]
    problems: list[str]


def load(  # noqa: PLR0913 - all but the first two have names and defaults
    found: Iterable[Any],
    host: Host,
    *,
    token: CancelToken | None = None,
    bus: Bus | None = None,
    cache: str = "",
    slow_s: float = SLOW_S,
    grace_s: float = GRACE_S,
) -> Loaded:
    """Load the entries in order. Never raises for what is wrong with one.

    `found` are records with path, scope and base (`pi.resources.discover.Found`). A path may be a
    file, or a folder with one of ENTRIES. `bus` is shared by all that is loaded; by default it is
    a new one. `cache` is a folder for what is compiled; "": none is kept.
    """

    def tell_slow(extension: Extension) -> None:
        host.notice(
            "warning",
            f"{extension.name} is slow to load ({shown(extension.path)}); aborting ends the wait",
        )

    pool = Pool(tell_slow, slow_s=slow_s, grace_s=grace_s)
    loading = _Loading(host, pool, token, bus or Bus(host), Bytecode(cache))
    for each in found:
        loading.take(each)
    pool.close()
    problems = [*loading.problems, *_scripts(loading.scripts)]
    return Loaded(tuple(loading.extensions), problems)


def unload(extensions: Iterable[Extension]) -> None:
    """Forget the modules of extensions; to be called when they were retired."""
    for extension in extensions:
        release(extension)
        forget(extension.module)


class _Loading:
    """One call of `load`."""

    def __init__(
        self,
        host: Host,
        pool: Pool,
        token: CancelToken | None,
        bus: Bus,
        bytecode: Bytecode,
    ) -> None:
        self._host = host
        self._pool = pool
        self._token = token
        self._bus = bus
        self._bytecode = bytecode
        self._seen: set[str] = set()
        self.extensions: list[Extension] = []
        self.problems: list[str] = []
        self.scripts: list[Any] = []

    def take(self, found: Any) -> None:
        """Load one entry."""
        if found.path.endswith(SCRIPTS):
            self.scripts.append(found)
            return
        extension = Extension(_entry(found.path), Line(self._host), found=found)
        real = os.path.realpath(extension.path)
        if real in self._seen:
            return
        self._seen.add(real)
        problem = self._loaded(extension, found)
        self.problems += (f"{shown(extension.path)}: {line}" for line in extension.problems)
        if problem:
            self._drop(extension, problem)
        else:
            extension.line.is_loading = False
            watch(extension)
            self.extensions.append(extension)

    def _loaded(self, extension: Extension, found: Any) -> str:
        """Run an extension; returns what went wrong, or ""."""
        if self._token is not None and self._token.cancelled:
            return "loading was aborted"
        problem = [""]
        folder = os.path.dirname(extension.path)
        extension.root = folder
        extension.module = f"pi_extension_{next(_numbers)}"
        vendor = tuple(_vendors(folder, found))
        source = Source(extension.module, extension.path, folder, vendor, self._bytecode)

        def work(job: Job) -> None:
            job.begin(extension)
            problem[0] = _run(extension, source, self._bus)

        done = self._pool.run(work, self._token)
        return problem[0] if done else "it did not come to an end before loading was aborted"

    def _drop(self, extension: Extension, problem: str) -> None:
        extension.line.cut(f"{extension.name} could not be loaded: {problem}")
        for undo in extension.listening:
            undo()
        forget(extension.module)
        self.problems.append(f"{shown(extension.path)}: the extension is not loaded: {problem}")


def _run(extension: Extension, source: Source, bus: Bus) -> str:
    """Import the entry and call its `extend`; returns what went wrong, or ""."""
    try:
        read_bounded(extension.path, SIZE_LIMIT)
    except IsADirectoryError:
        return f"it is a folder without {' or '.join(ENTRIES)}"
    except OSError as error:
        return error.strerror or str(error)
    try:
        extend = getattr(open_module(source), "extend", None)
        _extend(extension, extend, bus)
    except Cancelled:
        return "loading was aborted"
    except BaseException as error:  # noqa: BLE001 - an extension: one of the three named places
        return blame(error, extension)
    return ""


def _extend(extension: Extension, extend: Any, bus: Bus) -> None:
    """Let an extension register. Raises ExtensionError, and whatever it raises."""
    if extend is None:
        raise ExtensionError("it has no function extend(pi)")
    if positional(checked(extend, "extend")) < 1:
        raise ExtensionError("extend must take one argument: def extend(pi)")
    extension.context = Context(extension)
    extend(Api(extension, bus))


def _entry(path: str) -> str:
    """The file of an entry; of a folder, the one that makes it an extension."""
    if os.path.isdir(path):
        names = (os.path.join(path, name) for name in ENTRIES)
        return next((name for name in names if os.path.isfile(name)), path)
    return path


def _vendors(folder: str, found: Any) -> Iterator[str]:
    """The folders of dependencies: what the package manager says, then VENDOR next to the entry,
    and above it up to its package's folder."""
    named = getattr(found, "python_path", "")
    if named:
        yield named
    top = found.base if getattr(found, "origin", "") == "package" else None
    above: list[str] = []
    for each in upwards(folder):
        above.append(os.path.join(each, VENDOR))
        if each == top or os.path.isfile(os.path.join(each, _MANIFEST)):
            break
    else:
        del above[1:]  # it is in no package
    yield from filter(os.path.isdir, above)


def _scripts(found: Sequence[Any]) -> Iterator[str]:
    """A line for each package, or folder, with entries that cannot be loaded here."""
    groups: dict[str, list[str]] = {}
    for each in found:
        is_packed = getattr(each, "origin", "") == "package" and each.base
        folder = each.base if is_packed else os.path.dirname(each.path)
        groups.setdefault(folder, []).append(os.path.relpath(each.path, folder))
    for folder, names in groups.items():
        listed = shown(", ".join(names))
        yield f"{shown(folder)}: not loadable here, for pi's extensions are in Python: {listed}"
