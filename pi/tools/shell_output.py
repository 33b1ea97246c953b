"""The output of a shell command, however much it is, in memory of bounded size.

    output = ShellOutput("/tmp")
    output.feed(b"...")            the text of it, characters joined that were cut in two
    output.finish()                what was still missing of the last character
    output.cut()                   the end that is shown: a `truncate.Cut`
    output.whole()                 nearly all of it, for programs: text, and whether it is cut
    output.log_path                "/tmp/pi-bash-3f9c....log" once more came than is shown

Beyond the limits of what is shown, every byte from the first on goes to the log as it came; what
children in the background write later goes there too (`late`). A log that cannot be written is
given up with a reason; the command goes on.
"""

from __future__ import annotations

import codecs
import os

from pi.files import reason
from pi.text import truncate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.text.ansi import Stripper

WHOLE_BYTES = 1 << 20
"""How much `whole` gives at most: half of it from the beginning, half from the end."""

LATE_BYTES = 64 << 20
"""How much is logged of what comes after the end."""

_HALF = WHOLE_BYTES // 2
_WINDOW = 2 * truncate.MAX_BYTES
_OPEN_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


class ShellOutput:
    """Takes bytes, keeps the beginning and the end as text. `plain` strips terminal control."""

    def __init__(self, folder: str, *, plain: bool = False) -> None:
        self.log_path: str | None = None
        self.log_problem = ""
        self._folder = folder
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stripper = _stripper() if plain else None
        self._raw: list[bytes] = []  # what came, until there is a log
        self._log: int | None = None
        self._late_room = LATE_BYTES
        self._head = b""
        self._tail = bytearray()  # all text until there is a head, then the end of it
        self._size = 0  # of all text, in UTF-8
        self._line_ends = 0
        self._open_line = 0  # the size of the line in progress
        self._last_line = 0  # and of the last one that ended

    def feed(self, data: bytes) -> str:
        """Take what came; returns its text."""
        if self.log_path is None:
            self._raw.append(data)
        else:
            self._write(data)
        return self._take(self._decoder.decode(data))

    def finish(self) -> str:
        """The output is complete; returns the rest of its text."""
        rest = self._take(self._decoder.decode(b"", final=True))
        return rest + self._keep(self._stripper.flush()) if self._stripper else rest

    def late(self, data: bytes) -> None:
        """Take what came after the end: for the log only. b"" closes it."""
        if self._log is None:
            return
        if data:
            self._write(data[: self._late_room])
            self._late_room -= len(data[: self._late_room])
        else:
            os.close(self._log)
            self._log = None

    @property
    def lines(self) -> int:
        """How many lines came so far, an unended one included."""
        return self._line_ends + (self._open_line > 0)

    @property
    def line_size(self) -> int:
        """The bytes of the last line."""
        return self._open_line or self._last_line

    def cut(self) -> truncate.Cut:
        """The end of the text, within the limits of what is shown."""
        window = self._end(_WINDOW)
        return truncate.tail(
            window.decode(),
            less_lines=self._line_ends - window.count(b"\n"),
            less_bytes=self._size - len(window),
        )

    def whole(self) -> tuple[str, bool]:
        """The text, its middle left out if it is very long, and whether that is so."""
        if self._size <= WHOLE_BYTES:
            return self._tail.decode(), False
        end = self._end(_HALF)
        left_out = self._size - len(self._head) - len(end)
        mark = f"\n\n[... {left_out} bytes left out ...]\n\n"
        return self._head.decode() + mark + end.decode(), True

    def _take(self, text: str) -> str:
        return self._keep(self._stripper.feed(text) if self._stripper else text)

    def _keep(self, text: str) -> str:
        data = text.encode()
        self._tail += data
        self._size += len(data)
        self._count_lines(data)
        if len(self._tail) > WHOLE_BYTES:
            if not self._head:
                self._head = bytes(self._tail[: _start_of_character(self._tail, _HALF)])
            del self._tail[: _start_of_character(self._tail, len(self._tail) - _HALF)]
        if self.log_path is None and not self.log_problem and self._is_over():
            self._open_log()
        return text

    def _count_lines(self, data: bytes) -> None:
        last = data.rfind(b"\n")
        if last < 0:
            self._open_line += len(data)
            return
        before = data.rfind(b"\n", 0, last)
        self._last_line = self._open_line + last if before < 0 else last - before - 1
        self._open_line = len(data) - last - 1
        self._line_ends += data.count(b"\n")

    def _is_over(self) -> bool:
        return self._size > truncate.MAX_BYTES or self.lines > truncate.MAX_LINES

    def _end(self, size: int) -> bytes:
        return bytes(self._tail[_start_of_character(self._tail, len(self._tail) - size) :])

    # --- the log ---

    def _open_log(self) -> None:
        path = os.path.join(self._folder, f"pi-bash-{os.urandom(8).hex()}.log")
        try:
            self._log = os.open(path, _OPEN_FLAGS, 0o600)
        except OSError as error:
            self.log_problem = reason(error)
            self._raw = []
            return
        self.log_path = path
        self._write(b"".join(self._raw))
        self._raw = []

    def _write(self, data: bytes) -> None:
        if self._log is None or self.log_problem:
            return
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._log, view) :]
        except OSError as error:
            self.log_problem = reason(error)


def _stripper() -> Stripper:
    from pi.text.ansi import Stripper  # noqa: PLC0415 - for what the user runs only

    return Stripper()


def log_folder(environ: Mapping[str, str]) -> str:
    """Where logs go: the folder for temporary files."""
    for name in ("TMPDIR", "TMP", "TEMP"):
        if environ.get(name):
            return environ[name]
    return "/tmp"


def _start_of_character(data: bytes | bytearray, at: int) -> int:
    """The first place from `at` on where a UTF-8 character begins."""
    at = max(0, at)
    while at < len(data) and data[at] & 0xC0 == 0x80:
        at += 1
    return at
