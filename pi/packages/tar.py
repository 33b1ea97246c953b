"""Reading tar archives: one entry after the other, from untrusted bytes.

    for entry in entries(pieces):            # pieces: the uncompressed archive, in any portions
        entry.name, entry.kind, entry.mode, entry.link, entry.size
        for chunk in entry.chunks(): ...     # what is not read is passed over

The standard library's `tarfile` reads what nobody packs (sparse files in four dialects, headers in
any charset) and has had endless loops and quadratic parsing in it up to versions that are in use;
its safe filters do not exist in all of ours. This reads what programs write today: ustar, pax
headers, GNU long names; anything else is refused. Nothing is held in memory but one block and
headers of bounded size.

Source: POSIX.1-2017 pax, "ustar Interchange Format"; the GNU tar manual for base-256 numbers and
long names. Known limit: names must be UTF-8 or ASCII.
"""

from __future__ import annotations

from pi.errors import PackageError
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BLOCK = 512
HEADER_LIMIT = 64 * 1024  # bytes of one extended header

KINDS = {b"0": "file", b"\0": "file", b"7": "file", b"1": "hard link", b"2": "link",
         b"3": "device", b"4": "device", b"5": "folder", b"6": "pipe"}  # fmt: skip
_EXTENDED = {b"x": "pax", b"g": "global", b"L": "name", b"K": "link"}


class Entry:
    """A member of an archive. `kind`: "file", "folder", "link", "hard link", "device", "pipe"."""

    def __init__(self, name: str, kind: str, mode: int, size: int, link: str) -> None:
        self.name = name
        self.kind = kind
        self.mode = mode
        self.size = size
        self.link = link
        self._source: _Source | None = None

    def chunks(self) -> Iterator[bytes]:
        """The content. To be called once, before the next entry is asked for."""
        return self._source.take_file()


class _Names(Value):
    """What extended headers say about the next entry; "" where they say nothing."""

    name: str = ""
    link: str = ""
    size: int | None = None


class _Source:
    """The archive's bytes, and where in them we are."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._piece = b""
        self._at = 0
        self._left = 0  # bytes of the current file that were not read
        self._padding = 0

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, or fewer at the end of everything."""
        parts, missing = [], size
        while missing and (chunk := self._some(missing)):
            parts.append(chunk)
            missing -= len(chunk)
        return b"".join(parts)

    def drain(self) -> None:
        """Pass over what follows the archive's end, so that a cut of it is noticed."""
        for _ in self._pieces:
            pass

    def begin_file(self, size: int) -> None:
        self._left, self._padding = size, -size % BLOCK

    def take_file(self) -> Iterator[bytes]:
        while self._left:
            chunk = self._some(self._left)
            if not chunk:
                raise _cut()
            self._left -= len(chunk)
            yield chunk

    def end_file(self) -> None:
        for _ in self.take_file():
            pass
        if len(self.read(self._padding)) < self._padding:
            raise _cut()

    def _some(self, limit: int) -> bytes:
        """At least a byte and at most `limit`; none at the end."""
        while self._at == len(self._piece):
            self._piece, self._at = next(self._pieces, None) or b"", 0
            if not self._piece:
                return b""
        chunk = self._piece[self._at : self._at + limit]
        self._at += len(chunk)
        return chunk


def entries(pieces: Iterable[bytes]) -> Iterator[Entry]:
    """The members of an archive, in its order. Raises PackageError for what is no archive."""
    source = _Source(pieces)
    names, is_empty = _Names(), True
    while (block := source.read(BLOCK)).strip(b"\0"):
        is_empty = False
        if len(block) < BLOCK or not _is_header(block):
            raise PackageError("the archive is damaged: there is no tar header where one must be")
        flag, size = block[156:157], _number(block[124:136])
        if flag in _EXTENDED:
            names = _extended(source, _EXTENDED[flag], size, names)
            continue
        yield _entry(source, block, flag, names if names.size is not None else _sized(names, size))
        source.end_file()
        names = _Names()
    if is_empty:
        raise PackageError("the archive is empty")
    source.drain()


def _sized(names: _Names, size: int) -> _Names:
    return _Names(names.name, names.link, size)


def _entry(source: _Source, block: bytes, flag: bytes, names: _Names) -> Entry:
    kind = KINDS.get(flag)
    if kind is None:
        raise PackageError(f"the archive holds an entry of an unknown kind ({flag!r})")
    size = names.size if kind == "file" else 0
    name = names.name or _ustar_name(block)
    if kind == "file" and name.endswith("/"):
        kind = "folder"  # as old archives write them
    entry = Entry(name, kind, _number(block[100:108]), size, names.link or _text(block[157:257]))
    entry._source = source  # noqa: SLF001 - the two are one
    source.begin_file(size)
    return entry


def _is_header(block: bytes) -> bool:
    try:
        told = _number(block[148:156])
    except PackageError:
        return False
    return told == sum(block) - sum(block[148:156]) + 8 * 0x20


def _number(field: bytes) -> int:
    """An octal number, or a binary one where its first bit is set."""
    if field[0] == 0x80:
        value = int.from_bytes(field[1:], "big")
    else:
        digits = field.split(b"\0", 1)[0].strip()
        if digits.strip(b"01234567"):
            raise PackageError("the archive is damaged: a header has a number that is none")
        value = int(digits or b"0", 8)
    if value >= 2**62:
        raise PackageError("the archive is damaged: a header has a number that cannot be")
    return value


def _ustar_name(block: bytes) -> str:
    prefix = block[345:500] if block[257:263] == b"ustar\0" else b""
    start = _text(prefix)
    return f"{start}/{_text(block[:100])}" if start else _text(block[:100])


def _text(field: bytes) -> str:
    try:
        return field.split(b"\0", 1)[0].decode()
    except UnicodeDecodeError:
        raise PackageError("the archive holds a name that is not UTF-8") from None


def _extended(source: _Source, what: str, size: int, names: _Names) -> _Names:
    if size > HEADER_LIMIT:
        raise PackageError("the archive has a header that is too long")
    data = source.read(size)
    if len(data) < size or len(source.read(-size % BLOCK)) < -size % BLOCK:
        raise _cut()
    if what == "global":
        return names
    if what == "pax":
        return _from_pax(data, names)
    text = _text(data)
    return _Names(*((text, names.link) if what == "name" else (names.name, text)), names.size)


def _from_pax(data: bytes, names: _Names) -> _Names:
    """Records are "<length> <key>=<value>\\n", the length counting all of it."""
    found: dict[bytes, bytes] = {}
    while data:
        digits, space, _ = data.partition(b" ")
        length = int(digits) if space and digits.isdigit() and len(digits) < 8 else 0
        record = data[len(digits) + 1 : length]
        if length > len(data) or not record.endswith(b"\n") or b"=" not in record:
            raise PackageError("the archive is damaged: it has an extended header that is none")
        key, _, value = record[:-1].partition(b"=")
        found[key] = value
        data = data[length:]
    if any(key.startswith(b"GNU.sparse") for key in found):
        raise PackageError("the archive holds a sparse file, which is not read")
    size = found.get(b"size")
    if size is not None and not (size.isdigit() and len(size) < 19):
        raise PackageError("the archive is damaged: a header has a number that is none")
    path, link = found.get(b"path"), found.get(b"linkpath")
    return _Names(
        names.name if path is None else _whole_text(path),
        names.link if link is None else _whole_text(link),
        names.size if size is None else int(size),
    )


def _whole_text(value: bytes) -> str:
    if b"\0" in value:
        raise PackageError("the archive holds a name with a NUL in it")
    return _text(value)


def _cut() -> PackageError:
    return PackageError("the archive is cut: it ends within an entry")
