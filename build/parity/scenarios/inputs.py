"""What a prompt is made of: messages, standard input, files, pictures."""

from __future__ import annotations

import base64
import struct
import zlib

from parity.scenario import Scenario, run

BOTH = ("chat", "claude")
SEES = {"input": ["text", "image"]}
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def png(width: int, height: int) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + b"\x80" * width for _ in range(height))
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _prompt(name: str, *words: str, **options: object) -> Scenario:
    """One run whose request is of interest."""
    stdin = options.pop("stdin", b"")
    return Scenario(f"input: {name}", [run("-p", *words, stdin=stdin)], **options)


SCENARIOS = (
    _prompt("stdin alone", stdin="  from stdin \n\n"),
    _prompt("stdin and a message", "hello", stdin="from stdin\n"),
    _prompt("stdin of white space", "hello", stdin=" \n\t\n"),
    _prompt("stdin of white space alone", stdin=" \n\t\n"),
    _prompt("stdin with a byte order mark", "hello", stdin=b"\xef\xbb\xbfmarked"),
    _prompt("stdin that is no UTF-8", "hello", stdin=b"a\xff\xfeb"),
    _prompt("stdin with NUL and CRLF", "hello", stdin=b"a\0b\r\nc"),
    _prompt("stdin with odd spaces around", "x", stdin="\u00a0\u2003\ufeff text \u3000\u0085"),
    _prompt("a file", "@a.txt", "hello", files={"project/a.txt": "alpha\n"}),
    _prompt("a file alone", "@a.txt", files={"project/a.txt": "alpha"}),
    _prompt(
        "files, stdin and messages",
        "@a.txt",
        "hello",
        "@b/c.txt",
        "next",
        stdin="piped\n",
        files={"project/a.txt": "alpha\n", "project/b/c.txt": "gamma\r\n"},
        replies=["1", "2"],
    ),
    _prompt(
        "a file with a byte order mark",
        "@a.txt",
        "x",
        files={"project/a.txt": b"\xef\xbb\xbfmarked\n"},
    ),
    _prompt("a file that is no UTF-8", "@a.txt", "x", files={"project/a.txt": b"a\xffb\xc3"}),
    _prompt("a file of zero bytes", "@a.txt", "x", files={"project/a.txt": b""}),
    _prompt("a file of zero bytes alone", "@a.txt", files={"project/a.txt": b""}),
    _prompt("a file of white space", "@a.txt", "x", files={"project/a.txt": b" \n"}),
    _prompt("a file with a space in its name", "@a b.txt", "x", files={"project/a b.txt": "y"}),
    _prompt("a file below home", "@~/a.txt", "x", files={"home/a.txt": "at home"}),
    _prompt(
        "a file by its whole path", "@{folder}/other/a.txt", "x", files={"other/a.txt": "elsewhere"}
    ),
    _prompt("a file through ..", "@../other/./a.txt", "x", files={"other/a.txt": "elsewhere"}),
    _prompt("the same file twice", "@a.txt", "@a.txt", "x", files={"project/a.txt": "alpha"}),
    _prompt("a missing file", "@nothere.txt", "x"),
    _prompt("a folder as a file", "@.", "x"),
    _prompt("a lone @", "@", "x"),
    _prompt("an @ inside a message", "mail me@example.org"),
    _prompt("a picture", "@p.txt", "look", files={"project/p.txt": PIXEL}, models=SEES, on=BOTH),
    _prompt("a picture alone", "@p.png", files={"project/p.png": PIXEL}, models=SEES, on=BOTH),
    _prompt("a gif", "@p.gif", "look", files={"project/p.gif": GIF}, models=SEES, on=BOTH),
    _prompt(
        "two pictures and a file",
        "@p.png",
        "@a.txt",
        "@q.png",
        "look",
        models=SEES,
        on=BOTH,
        files={"project/p.png": PIXEL, "project/q.png": png(3, 2), "project/a.txt": "alpha"},
    ),
    _prompt(
        "a picture for a blind model", "@p.png", "look", files={"project/p.png": PIXEL}, on=BOTH
    ),
    _prompt(
        "a text named like a picture",
        "@p.png",
        "look",
        files={"project/p.png": "no picture"},
        models=SEES,
    ),
    _prompt(
        "a picture and blockImages",
        "@p.png",
        "look",
        files={"project/p.png": PIXEL},
        models=SEES,
        settings={"images": {"blockImages": True}},
    ),
    _prompt(
        "a wide picture", "@p.png", "look", files={"project/p.png": png(2400, 10)}, models=SEES
    ),
    _prompt(
        "a wide picture kept",
        "@p.png",
        "look",
        files={"project/p.png": png(2400, 10)},
        models=SEES,
        settings={"images": {"autoResize": False}},
    ),
    _prompt(
        "a broken picture",
        "@p.png",
        "look",
        models=SEES,
        files={"project/p.png": b"\x89PNG\r\n\x1a\nand nothing more"},
    ),
    Scenario(
        "input: a picture for the first prompt only",
        [run("-p", "@p.png", "one", "two")],
        ["1", "2"],
        files={"project/p.png": PIXEL},
        models=SEES,
        on=BOTH,
    ),
    _prompt("a long message", "x" * 100_000),
    _prompt("a message of many lines", "one\ntwo\r\nthree\u2028four\n\n"),
    _prompt("a message with spaces around", "  spaced  "),
)
