"""The read tool, compared with what the reference answers."""

from __future__ import annotations

import base64
import os

import pytest

from pi.cancel import CancelToken
from pi.errors import Cancelled
from pi.tools.read import tool
from pi.tools.workspace import Workspace
from tests.filekit import failure, plain_png, read_png, run, text_of

ABC = b"one\n2\nthree\n"
BIG = b"".join(b"line %d\n" % n for n in range(1, 2501))
WIDE = (b"x" * 99 + b"\n") * 1000


@pytest.fixture
def read(tmp_path):
    return tool(Workspace(str(tmp_path)))


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"", ""),
        (b"\n", "\n"),
        (b"a\r\nb\rc\r\n", "a\r\nb\rc\r\n"),
        (b"\xef\xbb\xbfhi\n", "\ufeffhi\n"),
        (b"a\xff\xfeb\xe9\n\xf0\x9f", "a\ufffd\ufffdb\ufffd\n\ufffd"),
        (b"\xff\xfea\0b\0", "\ufffd\ufffda\0b\0"),
        ("a\u2028b\x85c\n".encode(), "a\u2028b\x85c\n"),
        (b"a\n" * 2000, "a\n" * 2000),
        (WIDE[:51200], WIDE[:51200].decode()),
        (b"BMW cars are nice\n" * 5, "BMW cars are nice\n" * 5),
    ],
)
def test_text_comes_as_it_is(read, tmp_path, data, shown):
    (tmp_path / "a").write_bytes(data)
    outcome = run(read, path="a")
    assert outcome.content == [{"type": "text", "text": shown}]
    assert outcome.structured == shown
    assert outcome.details is None


WINDOWS = [
    ({"limit": 2}, "one\n2\n\n[2 more lines in file. Use offset=3 to continue.]"),
    ({"offset": 2, "limit": 1}, "2\n\n[2 more lines in file. Use offset=3 to continue.]"),
    ({"limit": 3}, "one\n2\nthree\n\n[1 more lines in file. Use offset=4 to continue.]"),
    ({"limit": 4}, "one\n2\nthree\n"),
    ({"limit": 400}, "one\n2\nthree\n"),
    ({"offset": 2}, "2\nthree\n"),
    ({"offset": "2"}, "2\nthree\n"),
    ({"offset": 4}, ""),
    ({"offset": 0}, "one\n2\nthree\n"),
    ({"offset": -2}, "one\n2\nthree\n"),
    ({"offset": None}, "one\n2\nthree\n"),
    ({"offset": 1.9}, "one\n2\nthree\n"),
    ({"limit": 0}, "\n\n[4 more lines in file. Use offset=1 to continue.]"),
    ({"offset": 2, "limit": 0}, "\n\n[3 more lines in file. Use offset=2 to continue.]"),
    # where the reference shows fractions of lines or loses one:
    ({"limit": 1.5}, "one\n\n[3 more lines in file. Use offset=2 to continue.]"),
    ({"limit": -1}, "one\n2\nthree\n"),
]


@pytest.mark.parametrize(("arguments", "shown"), WINDOWS)
def test_offset_and_limit(read, tmp_path, arguments, shown):
    (tmp_path / "a").write_bytes(ABC)
    outcome = run(read, path="a", **arguments)
    assert text_of(outcome) == shown
    assert outcome.structured == shown


def test_beyond_the_end(read, tmp_path):
    (tmp_path / "a").write_bytes(b"1\n2\n3")
    assert failure(read, path="a", offset=50) == ("Offset 50 is beyond end of file (3 lines total)")
    (tmp_path / "empty").write_bytes(b"")
    assert failure(read, path="empty", offset=2) == (
        "Offset 2 is beyond end of file (1 lines total)"
    )


# content, arguments, kept lines, notice, some of details.truncation
LONG = [
    (BIG, {}, 2000, "[Showing lines 1-2000 of 2501. Use offset=2001 to continue.]",
     ("lines", 2500, 23893, 2000, 18892)),
    (BIG, {"offset": 100, "limit": 2200}, 2000,
     "[Showing lines 100-2099 of 2501. Use offset=2100 to continue.]",
     ("lines", 2200, 21099, 2000, 19099)),
    (WIDE, {}, 512, "[Showing lines 1-512 of 1001 (50.0KB limit). Use offset=513 to continue.]",
     ("bytes", 1000, 100_000, 512, 51199)),
    (b"a\n" * 2000 + b"\n", {}, 2000,
     "[Showing lines 1-2000 of 2002. Use offset=2001 to continue.]",
     ("lines", 2001, 4001, 2000, 3999)),
    (b"x" * 51200 + b"\n", {}, 1, "[Showing lines 1-1 of 2. Use offset=2 to continue.]",
     ("lines", 1, 51201, 1, 51200)),
    ("a\n{}\nb".format("é" * 30000).encode(), {}, 1,
     "[Showing lines 1-1 of 3 (50.0KB limit). Use offset=2 to continue.]",
     ("bytes", 3, 60004, 1, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("data", "arguments", "kept", "notice", "figures"), LONG)
def test_long_files(read, tmp_path, data, arguments, kept, notice, figures):
    (tmp_path / "a").write_bytes(data)
    outcome = run(read, path="a", **arguments)
    lines = data.decode().split("\n")[arguments.get("offset", 1) - 1 :][:kept]
    assert text_of(outcome) == "\n".join(lines) + "\n\n" + notice
    details = outcome.details["truncation"]
    keys = ("truncatedBy", "totalLines", "totalBytes", "outputLines", "outputBytes")
    assert tuple(details[key] for key in keys) == figures
    assert details["content"] == "\n".join(lines)


def test_a_limit_that_ends_where_the_line_limit_does(read, tmp_path):
    (tmp_path / "a").write_bytes(BIG)
    outcome = run(read, path="a", offset=100, limit=2000)
    assert text_of(outcome).endswith("\n\n[402 more lines in file. Use offset=2100 to continue.]")
    assert outcome.details is None


@pytest.mark.parametrize(
    ("data", "offset", "number", "size"),
    [
        (b"y" * 60000 + b"\nb\n", 1, 1, "58.6KB"),
        ("a\n{}\nb".format("é" * 30000).encode(), 2, 2, "58.6KB"),
        (b"z" * 3_000_000, 1, 1, "2.9MB"),
    ],
)
def test_a_first_line_that_is_too_long(read, tmp_path, data, offset, number, size):
    (tmp_path / "a.txt").write_bytes(data)
    outcome = run(read, path="a.txt", offset=offset)
    assert text_of(outcome) == (
        f"[Line {number} is {size}, exceeds 50.0KB limit."
        f" Use bash: sed -n '{number}p' a.txt | head -c 51200]"
    )
    truncation = outcome.details["truncation"]
    assert (truncation["firstLineExceedsLimit"], truncation["outputLines"]) == (True, 0)


@pytest.mark.parametrize(
    ("name", "given", "word"),
    [
        ("with blank", "with blank", "'with blank'"),
        ("it's", "it's", "'it'\\''s'"),
        ("a", "@a", None),
        ("a", "./a", "./a"),
    ],
)
def test_the_suggested_command_names_the_file_for_a_shell(read, tmp_path, name, given, word):
    (tmp_path / name).write_bytes(b"y" * 60000)
    word = word or str(tmp_path / name)
    assert f"sed -n '1p' {word} | head" in text_of(run(read, path=given))


def test_what_cannot_be_read(read, tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for path, start in [("none", "ENOENT: "), ("folder", "EISDIR: "), ("pipe", "EINVAL: not a ")]:
        message = failure(read, path=path)
        assert message.startswith(start)
        assert message.endswith(f"read '{tmp_path / path}'")
    assert failure(read, path="/dev/zero").startswith("EINVAL: not a regular file but a device")
    assert "NUL" in failure(read, path="a\0b")


def test_files_of_the_kernel(read):
    assert text_of(run(read, path="/proc/self/status", limit=1)).startswith("Name:")


def test_a_name_as_people_type_it(read, tmp_path):
    (tmp_path / "Shot 9.41\u202fAM.txt").write_text("found")
    assert text_of(run(read, path="Shot 9.41 AM.txt")) == "found"


def test_cancelling(read, tmp_path):
    (tmp_path / "a").write_bytes(ABC)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        run(read, token, path="a")


# --- pictures ------------------------------------------------------------------------------------


def test_a_small_picture_passes_byte_for_byte(read, tmp_path):
    data = plain_png(20, 10)
    (tmp_path / "picture.txt").write_bytes(data)
    outcome = run(read, path="picture.txt", offset=5, limit=1)
    encoded = base64.b64encode(data).decode()
    block = {"type": "image", "data": encoded, "mimeType": "image/png"}
    note = "Read image file [image/png]"
    assert outcome.content == [{"type": "text", "text": note}, block]
    assert outcome.structured == {**block, "note": note}
    assert outcome.details is None


def test_a_large_picture_is_scaled_and_both_sizes_are_told(read, tmp_path):
    (tmp_path / "a.png").write_bytes(plain_png(2500, 1000))
    outcome = run(read, path="a.png")
    assert text_of(outcome).startswith("Read image file [image/png]\n[Scaled from 2500x1000 to ")
    assert "2000x800" in text_of(outcome)
    assert read_png(base64.b64decode(outcome.content[1]["data"]))[:2] == (2000, 800)


def test_the_limits_are_those_of_the_model(tmp_path):
    (tmp_path / "a.png").write_bytes(plain_png(300, 100))
    space = Workspace(str(tmp_path), image_limits=lambda: {"maxWidth": 150})
    assert "300x100 to 150x50" in text_of(run(tool(space), path="a.png"))
    space = Workspace(
        str(tmp_path), image_limits=lambda: {"maxWidth": 150}, auto_resize=lambda: False
    )
    assert text_of(run(tool(space), path="a.png")) == "Read image file [image/png]"


def test_a_model_without_eyes_is_told(tmp_path):
    (tmp_path / "a.png").write_bytes(plain_png(2, 2))
    outcome = run(tool(Workspace(str(tmp_path), can_see_images=lambda: False)), path="a.png")
    first, second = text_of(outcome).split("\n")
    assert first == "Read image file [image/png]"
    assert "does not support images" in second
    assert outcome.content[1]["type"] == "image"  # left out when the request is made


def test_a_broken_picture_is_left_out(read, tmp_path):
    (tmp_path / "a.png").write_bytes(plain_png(20, 10)[:50])
    outcome = run(read, path="a.png")
    assert [block["type"] for block in outcome.content] == ["text"]
    assert text_of(outcome) == (
        "Read image file [image/png]\n[Image left out: the file is a PNG that ends too early.]"
    )
    assert outcome.structured == text_of(outcome)


def test_declaration(read):
    assert read.name == "read"
    assert list(read.parameters["properties"]) == ["path", "offset", "limit"]
    assert read.parameters["required"] == ["path"]
    assert read.snippet
    assert read.guidelines
