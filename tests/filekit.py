"""What the tests of the file tools share: running a tool as the loop does, and making pictures."""

from __future__ import annotations

import struct
import zlib

from pi import schema
from pi.cancel import CancelToken
from pi.errors import ToolError
from pi.tools.base import Call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.tools.base import Outcome, Tool


def run(tool: Tool, /, token: CancelToken | None = None, **arguments: Any) -> Outcome:
    """Prepare and check arguments, then run the tool. Raises ToolError like the tool does."""
    prepared = tool.prepare(arguments) if tool.prepare else arguments
    checked, problems = schema.check(tool.parameters, prepared)
    if problems:
        raise ToolError("; ".join(problems))
    return tool.run(checked, Call("call-1", token or CancelToken(), lambda partial: None))


def text_of(outcome: Outcome) -> str:
    """The text blocks of a result, joined."""
    return "".join(block["text"] for block in outcome.content if block["type"] == "text")


def failure(tool: Tool, /, **arguments: Any) -> str:
    """The text with which a call fails; the test fails if the call does not."""
    try:
        outcome = run(tool, **arguments)
    except ToolError as error:
        return str(error)
    raise AssertionError(f"no error, but {outcome!r}")


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """One PNG chunk, built apart from the product's code."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_file(
    width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 2, **more: Any
) -> bytes:
    """A PNG of rows that begin with their filter type. `extra` are chunks before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, more.get("interlace", 0))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", header),
            more.get("extra", b""),
            png_chunk(b"IDAT", zlib.compress(rows)),
            png_chunk(b"IEND", b""),
        )
    )


def plain_png(width: int, height: int, pixel: bytes = b"\x80\x20\x10") -> bytes:
    """A PNG of one colour."""
    return png_file(width, height, (b"\0" + pixel * width) * height)


def read_png(data: bytes) -> tuple[int, int, bytes]:
    """Width, height and rows (with filter types) of a PNG, read without the product's code."""
    at, body, header = 8, b"", b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        content = data[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + content) == struct.unpack(">I", data[at + 8 + length :][:4])[0]
        header = content if kind == b"IHDR" else header
        body += content if kind == b"IDAT" else b""
        at += 12 + length
    width, height = struct.unpack(">II", header[:8])
    return width, height, zlib.decompress(body)
