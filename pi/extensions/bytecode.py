"""Compiled source of extensions, kept in a folder of pi's own.

    cache = Bytecode("/home/ann/.pi/agent/cache/bytecode")
    code = cache.compiled("/x/guard.py", b"def extend(pi): ...")

Compiling is most of what loading costs, above all where dependencies come along. A kept file counts
only for the very source it was made of, by this version of Python, and only if it is whole; else
the source is compiled, and the result kept. Nothing is ever written next to an extension. What
cannot be read or written costs time and nothing else. The folder may be removed at any time.

Format of a file: 16 bytes of version, 8 of the source's hash, 8 of the code's, the code (marshal).
The hashes find damage and changes; they are no defence against who may write into the folder.
"""

from __future__ import annotations

import marshal
import os
import sys
import warnings
from _imp import source_hash

from pi.files import make_folder, read_bounded, replace_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

_KEY = 0x70692E657874  # any constant
_LIMIT = 40_000_000  # bytes of a kept file
_VERSION = f"{sys.implementation.cache_tag} {sys.hexversion:x}".encode()[:16].ljust(16)
_HEAD = 32
_SMALL = 1000  # bytes of source that are compiled as quickly as something is read


class Bytecode:
    """Compiled files, kept in `folder`; "" keeps none. See the module's head."""

    def __init__(self, folder: str = "") -> None:
        self._folder = folder

    def compiled(self, path: str, source: bytes) -> CodeType:
        """The code of a source file. Raises SyntaxError, and what else compiling raises."""
        if not self._folder or len(source) < _SMALL:
            return _compiled(path, source)
        head = _VERSION + source_hash(_KEY, source)
        place = os.path.join(self._folder, source_hash(_KEY, os.fsencode(path)).hex())
        code = _read(place, head)
        if code is None:
            code = _compiled(path, source)
            self._keep(place, head, marshal.dumps(code))
        return code

    def _keep(self, place: str, head: bytes, data: bytes) -> None:
        try:
            make_folder(self._folder, 0o700)
            replace_atomically(place, head + source_hash(_KEY, data) + data, mode=0o600)
        except OSError:  # it is compiled again the next time
            return


def _read(place: str, head: bytes) -> CodeType | None:
    try:
        kept = read_bounded(place, _LIMIT)
    except OSError:
        return None
    data = kept[_HEAD:]
    if kept[:_HEAD] != head + source_hash(_KEY, data):
        return None
    return marshal.loads(data)


def _compiled(path: str, source: bytes) -> CodeType:
    with warnings.catch_warnings():  # of the compiler: they would come at every start
        warnings.simplefilter("ignore")
        return compile(source, path, "exec", dont_inherit=True)
