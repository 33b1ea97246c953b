"""Compiled extensions are kept in a folder of pi's own, for the very source they were made of."""

from __future__ import annotations

import os

import pytest

from pi.extensions.bytecode import Bytecode
from tests.hookkit import FakeHost, found, loaded, write

SOURCE = b"WORD = 'a'\n" + b"# words of a comment\n" * 100


def words(code):
    names = {}
    exec(code, names)
    return names["WORD"]


def test_what_was_compiled_is_kept_and_read(tmp_path):
    cache = Bytecode(str(tmp_path / "new" / "cache"))
    assert words(cache.compiled("/x/e.py", SOURCE)) == "a"
    (kept,) = (tmp_path / "new" / "cache").iterdir()
    made = kept.stat()
    assert made.st_mode & 0o777 == 0o600
    code = cache.compiled("/x/e.py", SOURCE)
    assert (words(code), code.co_filename) == ("a", "/x/e.py")
    assert kept.stat().st_mtime_ns == made.st_mtime_ns, "it was read, not written again"


def test_another_source_and_another_path_are_compiled(tmp_path):
    cache = Bytecode(str(tmp_path))
    cache.compiled("/x/e.py", SOURCE)
    assert words(cache.compiled("/x/e.py", SOURCE.replace(b"'a'", b"'b'"))) == "b"
    assert len(list(tmp_path.iterdir())) == 1
    assert cache.compiled("/y/e.py", SOURCE).co_filename == "/y/e.py"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("place", [0, 5, 17, 25, 33, 60, -1])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_damage_is_found(tmp_path, place, damage):
    cache = Bytecode(str(tmp_path))
    cache.compiled("/x/e.py", SOURCE)
    (kept,) = tmp_path.iterdir()
    data = bytearray(kept.read_bytes())
    if damage == "flip":
        data[place] ^= 0x41
    kept.write_bytes({"flip": data, "cut": data[:place], "empty": b""}[damage])
    assert words(cache.compiled("/x/e.py", SOURCE)) == "a"


def test_a_folder_that_cannot_be_used_costs_nothing(tmp_path):
    path = write(tmp_path, "file", "x")
    assert words(Bytecode(path).compiled("/x/e.py", SOURCE)) == "a"
    assert words(Bytecode(os.path.join(path, "below")).compiled("/x/e.py", SOURCE)) == "a"
    os.mkfifo(tmp_path / "pipe")
    assert words(Bytecode("").compiled("/x/e.py", SOURCE)) == "a"


def test_small_files_are_not_kept(tmp_path):
    Bytecode(str(tmp_path)).compiled("/x/e.py", b"WORD = 1\n")
    assert list(tmp_path.iterdir()) == []


def test_errors_of_the_compiler_come_through(tmp_path):
    cache = Bytecode(str(tmp_path))
    for _ in range(2):
        with pytest.raises(SyntaxError):
            cache.compiled("/x/e.py", SOURCE + b"def (")
    assert list(tmp_path.iterdir()) == []


def test_loading_uses_it(tmp_path):
    text = SOURCE.decode() + "def extend(pi):\n    pi.register_flag(WORD)\n    1 / {0}\n"
    cache = tmp_path / "cache"
    for divisor, count in ((1, 1), (1, 1), (0, 0)):
        result, _ = loaded(
            tmp_path / "code", text.replace("{0}", str(divisor)), host=FakeHost(), cache=str(cache)
        )
        assert len(result.extensions) == count
    assert result.problems[0].endswith("ZeroDivisionError: division by zero (e0.py:104)")
    assert len(list(cache.iterdir())) == 1
    assert found(tmp_path).path == str(tmp_path)
