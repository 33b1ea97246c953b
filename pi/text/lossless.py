"""Bytes as text and back without loss, whatever they are.

    text = decode(b"caf\\xe9\\n")     # "caf" + one surrogate + "\\n"
    encode(text)                    # b"caf\\xe9\\n"
    seen(text)                      # "caf\\ufffd\\n": what a reader of the file was shown

Every invalid sequence becomes one lone surrogate, where decoding with "replace" gives one U+FFFD,
so positions are the same in both. A surrogate stands for the same bytes in the whole process.
"""

from __future__ import annotations

import codecs
import re
import threading

from pi.text.unicode import REPLACEMENT

_HANDLER = "pi-lossless"
_SINGLE = 0xDC00  # + the byte: as "surrogateescape" has it
_FIRST, _LAST = 0xD800, 0xDBFF  # given out to longer sequences as they come

_SURROGATE = re.compile("[\ud800-\udfff]")
_sequences: dict[bytes, str] = {}
_bytes: dict[str, bytes] = {}
_guard = threading.Lock()


def decode(data: bytes) -> str:
    """Bytes as text; invalid sequences as surrogates."""
    return data.decode("utf-8", _HANDLER)


def encode(text: str) -> bytes:
    """The bytes that `decode` was given. A surrogate of any other origin becomes U+FFFD."""
    return text.encode("utf-8", _HANDLER)


def seen(text: str) -> str:
    """The text with U+FFFD for each surrogate; same length."""
    return text if text.isascii() else _SURROGATE.sub(REPLACEMENT, text)


def _handle(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeDecodeError):
        return _stand_in(error.object[error.start : error.end], error.start)
    if isinstance(error, UnicodeEncodeError):
        lost = error.object[error.start : error.end]
        return b"".join(map(_bytes_of, lost)), error.end
    raise error


def _stand_in(sequence: bytes, start: int) -> tuple[str, int]:
    """The surrogate for a sequence, and where decoding goes on."""
    if len(sequence) > 1:
        with _guard:
            found = _sequences.get(sequence)
            if found is None and _FIRST + len(_sequences) <= _LAST:
                found = chr(_FIRST + len(_sequences))
                _bytes[found] = sequence
                _sequences[sequence] = found
        if found is not None:
            return found, start + len(sequence)
    return chr(_SINGLE + sequence[0]), start + 1  # all are given out: byte by byte


def _bytes_of(surrogate: str) -> bytes:
    code = ord(surrogate) - _SINGLE
    return bytes((code,)) if 0x80 <= code <= 0xFF else _bytes.get(surrogate, REPLACEMENT.encode())


codecs.register_error(_HANDLER, _handle)
