from __future__ import annotations

import gc
import io
import json
import os
import random

import pytest

from pi.errors import SessionError
from pi.store import load as loading
from pi.store.load import load
from tests.sessionkit import SESSION_ID, START, answer, content, entry, header, host, line, user

LONG = os.environ.get("PI_TEST_LONG") == "1"
PATH = f"/s/2026-01-02T03-04-05-678Z_{SESSION_ID}.jsonl"
A, B, C = user("1", None, "one"), answer("2", "1", "two"), user("3", "2", "three")


def ids(loaded) -> list:
    return [found["id"] for found in loaded.entries]


@pytest.mark.parametrize(
    ("data", "expected", "warning"),
    [
        (content(A, B), ["1", "2"], None),
        (content(A, B)[:-1], ["1", "2"], None),
        (content(A, B).replace(b"\n", b"\r\n"), ["1", "2"], None),
        (content(A, line(B)[:50]), ["1"], "skipped 1 unfinished last line (line 3)"),
        (content(A, b"{x\n", B), ["1", "2"], "skipped 1 damaged line (line 3)"),
        (content(b"{x\n", A, b"{y\n", B), ["1", "2"], "skipped 2 damaged lines (first: line 2)"),
        (content(A, b"\n\n", B), ["1", "2"], "skipped 2 blank lines (first: line 3)"),
        (content(A, b"5\n", b"[1]\n"), ["1"], "skipped 2 foreign lines (first: line 3)"),
        (content(A, line(B)[:40] + line(C)), ["1", "3"], "partly read 1 damaged line (line 3)"),
        (content(A, b"\0" * 5000), ["1"], "skipped 1 unfinished last line (line 3)"),
        (content(A, b"\0" * 50 + line(B)), ["1", "2"], "partly read 1 damaged line (line 3)"),
        (content(A, {**B, "id": ""}, {"type": "x"}), ["1"], "skipped entries without an id: 2"),
        (content(A, header(id="other"), B), ["1", "2"], None),
        (b"junk\n\n" + content(A), ["1"], "skipped 1 damaged line (line 1)"),
        (b"\xef\xbb\xbf" + content(A), ["1"], None),
        (content(), [], None),
    ],
)
def test_whatever_was_left_is_loaded_and_reported(data, expected, warning):
    loaded = load(data, PATH, host())
    assert ids(loaded) == expected
    assert loaded.header == header()
    assert loaded.rewritten is None
    assert loaded.ends_whole is data.endswith(b"\n")
    if warning is None:
        assert loaded.warnings == []
    else:
        assert f"{PATH}: {warning}" in loaded.warnings


def test_unknown_types_and_keys_survive_in_place():
    odd = entry("mystery", "2", "1", deep={"x": [1.50, None, "ü"]}, z=1)
    loaded = load(content(A, odd, {"id": 7, "type": None}), PATH, host())
    assert loaded.entries == [A, odd, {"id": 7, "type": None}]
    assert list(loaded.entries[1]) == list(odd)


@pytest.mark.parametrize("version", [4, 99, 3.5, "12"])
def test_a_later_version_is_read_and_mentioned(version):
    data = content(A).replace(b'"version":3', b'"version":' + json.dumps(version).encode())
    loaded = load(data, PATH, host())
    assert ids(loaded) == ["1"]
    assert loaded.header["version"] == version
    assert loaded.rewritten is None
    assert any("later than 3" in text for text in loaded.warnings) is (version != 3.5)


@pytest.mark.parametrize(
    "data",
    [
        b"hello\nworld\n",
        b"\n\n",
        b"5\n",
        b"\x89PNG\r\n\x1a\n\0\0",
        line({"role": "user", "content": "x"}),
        line(A) + line(B),
        line(header(id=...)) + line({"x": 1}),
        line({"id": "x", "type": "table", "cwd": "/", "version": 1}),
        b"[" * 100_000,
    ],
)
def test_what_is_no_session_is_refused(data):
    with pytest.raises(SessionError, match=f"not a valid pi session: {PATH}"):
        load(data, PATH, host())


# --- a lost header -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first",
    [
        b'{"type":"session","vers\n',
        line(header()).replace(b"{", b"\xff", 1),
        b"\0" * 150 + b"\n",
        b'{"type":"sess' + line(A),
    ],
)
def test_a_damaged_first_line_is_rebuilt_from_the_name(first):
    data = first + (b"" if line(A) in first else line(A)) + line(B)
    loaded = load(data, PATH, host())
    assert loaded.header == header(cwd="")
    assert ids(loaded) == ["1", "2"]
    assert "first line is damaged" in loaded.warnings[0]
    assert loaded.rewritten == line(header(cwd="")) + data, "nothing may be taken away"
    again = load(loaded.rewritten, PATH, host())
    assert (again.header, again.entries) == (loaded.header, loaded.entries)


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"id": ...}, {"cwd": "/p"}),
        ({"id": 5, "cwd": 5}, {"cwd": ""}),
        ({"type": "sessiom"}, {"cwd": "/p"}),
        ({"type": "s", "id": "mine"}, {"id": "mine", "cwd": "/p"}),
    ],
)
def test_what_is_left_of_a_header_is_kept(changes, kept):
    data = line(header(**changes)) + line(A)
    loaded = load(data, PATH, host())
    assert loaded.header == header(**kept)
    assert ids(loaded) == ["1"]


def test_without_a_telling_name_the_id_is_new():
    loaded = load(b"{\n" + line(A), "/s/.jsonl", host())
    assert len(loaded.header["id"]) == 36
    assert loaded.header["timestamp"] == START


@pytest.mark.parametrize("size", range(1, len(line(header())) - 1))
def test_a_file_cut_off_within_its_header_is_an_empty_session(size):
    loaded = load(line(header())[:size], PATH, host())
    assert (loaded.header["id"], loaded.entries, loaded.is_old) == (SESSION_ID, [], False)
    again = load(loaded.rewritten, PATH, host())
    assert (again.header, again.rewritten) == (loaded.header, None)


# --- damage at random ----------------------------------------------------------------------------


def damaged(data: bytes, chance: random.Random) -> bytes:
    """`data` with one to three injuries of the kinds disks, crashes and other programs inflict."""
    for _ in range(chance.randint(1, 3)):
        at, size = chance.randrange(len(data) + 1), chance.choice((1, 2, 17, 300))
        data = chance.choice(
            (
                lambda d, at=at, size=size: d[:at],
                lambda d, at=at, size=size: d[:at] + d[at + size :],
                lambda d, at=at, size=size: d[:at] + b"\0" * size + d[at + size :],
                lambda d, at=at, size=size: d[:at] + chance.randbytes(size) + d[at + size :],
                lambda d, at=at, size=size: d[:at] + d[max(0, at - size) :],
                lambda d, at=at, size=size: d[:at] + b"\n" + d[at:],
            )
        )(data)
        if not data:
            return b"\n"
    return data


def test_random_damage_never_raises_and_spares_the_lines_it_did_not_touch():
    whole = content(*(user(f"{n:08x}", f"{n - 1:08x}" if n else None, "ü" * n) for n in range(12)))
    known = {raw: json.loads(raw) for raw in whole.splitlines(keepends=True)[1:]}
    chance = random.Random(7)
    refused = 0
    rounds = 100_000 if LONG else 2000
    for _ in range(rounds):
        data = damaged(whole, chance)
        loaded = load_or_none(data)
        if loaded is None:
            refused += 1
            assert not data.startswith(line(header()))
            continue
        intact = [known[raw] for raw in io.BytesIO(data) if raw in known]
        found = iter(loaded.entries)  # damage may have doubled entries, but loses and moves none
        assert all(any(entry == other for other in found) for entry in intact)
        if loaded.rewritten is not None:
            again = load(loaded.rewritten, PATH, host())
            assert (again.header, again.entries) == (loaded.header, loaded.entries)
            assert again.rewritten is None
        others = [raw for raw in io.BytesIO(data) if not raw.startswith(b'{"type":"session"')]
        if len(loaded.entries) < len(others):
            assert loaded.warnings, "a line that gave no entry must be reported"
    assert refused < rounds / 50, "only a file whose beginning is gone altogether is no session"


def load_or_none(data):
    try:
        return load(data, PATH, host())
    except SessionError:
        return None


# --- cost ----------------------------------------------------------------------------------------


def test_the_collector_rests_while_parsing_and_is_as_before_afterwards(monkeypatch):
    seen = []
    original = loading.records

    def watched(data):
        seen.append(gc.isenabled())
        return original(data)

    monkeypatch.setattr(loading, "records", watched)
    assert gc.isenabled()
    load(content(A), PATH, host())
    assert (seen, gc.isenabled()) == ([False], True)
    gc.disable()
    try:
        load(content(A), PATH, host())
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_large_session_is_kept_out_of_later_collections():
    data = content(*(user(str(n), str(n - 1) if n else None) for n in range(20_001)))
    before = gc.get_freeze_count()
    try:
        loaded = load(data, PATH, host())
        assert len(loaded.entries) == 20_001
        assert gc.get_freeze_count() > before + 20_001
    finally:
        gc.unfreeze()
