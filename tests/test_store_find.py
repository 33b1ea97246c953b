from __future__ import annotations

import io
import os

import pytest

from pi.errors import SessionError
from pi.store import find
from tests.sessionkit import START, header, line, user


@pytest.fixture
def home(tmp_path):
    """Two projects in the default place, files written one second apart."""
    agent = tmp_path / "agent"
    put(agent, "/p", "abc123", 1)
    put(agent, "/p", "abc456", 3)
    put(agent, "/p", "abc", 2)
    put(agent, "/q", "zzz789", 5)
    put(agent, "/q", "abc999", 4)
    return agent


def write(folder, session_id, cwd, written_s, name=None, data=None):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (name or f"2026-01-02T03-04-05-678Z_{session_id}.jsonl")
    if data is None:
        data = line(header(id=session_id, cwd=cwd)) + line(user("1", None, "x" * 5000))
    path.write_bytes(data)
    os.utime(path, (written_s, written_s))
    return str(path)


def put(agent, cwd, session_id, written_s, **how):
    from pathlib import Path  # noqa: PLC0415 - only to turn the folder's name into a path

    return write(Path(find.default_folder(str(agent), cwd)), session_id, cwd, written_s, **how)


def ids(found) -> list:
    return [one.id for one in found]


@pytest.mark.parametrize(
    ("cwd", "name"),
    [
        ("/home/u/app", "--home-u-app--"),
        ("/", "----"),
        ("/a b/ü.x", "--a b-ü.x--"),
        ("/a\\b:c", "--a-b-c--"),
        ("//x/", "--x--"),
        ("/a/./b/../c/", "--a-c--"),
    ],
)
def test_a_project_has_a_folder_named_after_it(cwd, name):
    assert find.default_folder("/agent", cwd) == f"/agent/sessions/{name}"


def test_a_name_too_long_for_a_file_system_is_shortened(tmp_path):
    names = {find.default_folder(str(tmp_path), f"/{'ü' * 200}{end}") for end in "ab"}
    assert len(names) == 2
    for name in names:
        os.makedirs(name)


def test_sessions_of_a_project_newest_first(home):
    place = find.project_place(str(home), "/p")
    assert ids(find.sessions(place)) == ["abc456", "abc", "abc123"]
    assert find.latest(place).endswith("_abc456.jsonl")
    others = list(find.other_sessions(place))
    assert [(one.id, one.cwd, one.is_elsewhere) for one in others] == [
        ("zzz789", "/q", True),
        ("abc999", "/q", True),
    ]
    assert find.latest(find.project_place(str(home), "/none")) is None


def test_the_latest_is_sought_by_time_of_writing_among_sessions_only(home, tmp_path):
    put(home, "/p", "junk", 90, data=b"junk\n")
    put(home, "/p", "empty", 91, data=b"")
    put(home, "/p", "text", 92, name="x.txt")
    put(home, "/p", "long", 93, data=b"x" * 3_000_000)
    folder = find.default_folder(str(home), "/p")
    os.mkdir(f"{folder}/folder.jsonl")
    os.symlink(tmp_path / "nowhere", f"{folder}/dangling.jsonl")
    os.mkfifo(f"{folder}/pipe.jsonl")
    place = find.project_place(str(home), "/p")
    assert find.latest(place).endswith("_abc456.jsonl")
    put(home, "/elsewhere", "moved", 94)
    put(home, "/p", "moved", 95, data=line(header(id="moved", cwd="/elsewhere")))
    assert find.latest(place).endswith("_moved.jsonl"), "the folder decides, not the header"


@pytest.mark.parametrize(
    "data",
    [
        b'{"type":"session","ver\n' + line(user("1", None, "x" * 9000)) + line(user("2", "1")),
        b"\0" * 120 + b"\n" + line(user("1", None, "x" * 9000)),
        line({"type": "session", "id": "hurt", "timestamp": START}),
        line(header(id="hurt", cwd="/" + "x" * 9000)),
        b"\n\n" + line(header(id="hurt")),
    ],
)
def test_damaged_and_odd_headers_are_found_too(home, data):
    put(home, "/p", "hurt", 99, data=data)
    place = find.project_place(str(home), "/p")
    assert next(find.sessions(place)).id == "hurt"
    assert find.with_id(place, "hurt").endswith("_hurt.jsonl")


def test_a_shared_folder_is_told_apart_by_the_headers(tmp_path):
    flat = tmp_path / "flat"
    write(flat, "mine", "/p", 1)
    write(flat, "theirs", "/q", 2)
    write(flat, "nobodys", ..., 3)
    place = find.shared_place(str(flat), "/p")
    assert ids(find.sessions(place)) == ["mine"]
    assert ids(find.other_sessions(place)) == ["nobodys", "theirs"]
    assert find.latest(place).endswith("_mine.jsonl")
    assert find.with_id(place, "theirs") is None
    assert find.resolve(place, "the").is_elsewhere
    assert find.shared_place("rel", "/p").folder == "/p/rel"


@pytest.mark.parametrize(
    ("reference", "session_id", "is_elsewhere"),
    [
        ("abc123", "abc123", False),
        ("abc", "abc", False),
        ("abc1", "abc123", False),
        ("ab", "abc456", False),
        ("abc9", "abc999", True),
        ("zzz789", "zzz789", True),
        ("z", "zzz789", True),
    ],
)
def test_a_reference_is_an_id_or_the_beginning_of_one(home, reference, session_id, is_elsewhere):
    found = find.resolve(find.project_place(str(home), "/p"), reference)
    assert (found.id, found.is_elsewhere) == (session_id, is_elsewhere)
    assert found.cwd == ("/q" if is_elsewhere else "/p")
    assert found.path.endswith(f"_{session_id}.jsonl")
    assert found.size > 5000


@pytest.mark.parametrize("reference", ["", "nope", "ABC123", "bc123", "2026"])
def test_a_reference_that_fits_nothing(home, reference):
    with pytest.raises(SessionError, match=f"^No session found matching '{reference}'$"):
        find.resolve(find.project_place(str(home), "/p"), reference)


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("x.jsonl", "/p/x.jsonl"),
        ("sub/x", "/p/sub/x"),
        ("/abs/x", "/abs/x"),
        ("../x.jsonl", "/x.jsonl"),
        ("a\\b", "/p/a\\b"),
    ],
)
def test_a_reference_that_is_a_path_needs_no_file(home, reference, path):
    found = find.resolve(find.project_place(str(home), "/p"), reference)
    assert (found.path, found.is_elsewhere) == (path, False)


def test_an_id_may_be_taken(home):
    place = find.project_place(str(home), "/p")
    find.check_id_is_free(place, "abc1")
    find.check_id_is_free(place, "zzz789")
    with pytest.raises(SessionError, match=r"^Session already exists with id 'abc123'$"):
        find.check_id_is_free(place, "abc123")


def test_a_working_directory_may_be_gone(tmp_path):
    find.check_cwd(None, str(tmp_path))
    with pytest.raises(SessionError, match=r"no longer exists: .*gone \(session file: /s\)"):
        find.check_cwd("/s", str(tmp_path / "gone"))


def test_only_the_beginning_of_a_file_is_read(home, monkeypatch):
    put(home, "/p", "huge", 99, data=line(header(id="huge")) + b"x" * 50_000_000)
    sizes = []

    class Counted(io.FileIO):
        def read(self, size=-1):
            data = super().read(size)
            sizes.append(len(data))
            return data

    monkeypatch.setattr(find, "open_regular", Counted)
    assert find.latest(find.project_place(str(home), "/p")).endswith("_huge.jsonl")
    assert sizes == [4096]
