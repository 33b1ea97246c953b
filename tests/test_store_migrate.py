from __future__ import annotations

import pytest

from pi.store.load import load
from pi.store.migrate import version_of
from tests.sessionkit import START, header, host, line

OLD = {"type": "session", "id": "old", "timestamp": START, "cwd": "/p"}


def said(role, text, **fields):
    return {
        "type": "message",
        "timestamp": START,
        "message": {"role": role, "content": text, **fields},
    }


def condensed(**fields):
    return {"type": "compaction", "timestamp": START, "summary": "S", "tokensBefore": 5, **fields}


def migrated(*values, path="/s/old.jsonl"):
    data = b"".join(v if isinstance(v, bytes) else line(v) for v in values)
    loaded = load(data, path, host())
    again = load(loaded.rewritten, path, host())
    assert (again.header, again.entries, again.rewritten) == (loaded.header, loaded.entries, None)
    return loaded


def test_version_1_gets_ids_parents_and_the_mark_of_a_compaction():
    loaded = migrated(
        {**OLD, "provider": "pp"},
        said("user", "a"),
        said("assistant", "b"),
        condensed(firstKeptEntryIndex=2),
        {"type": "mystery", "q": 1},
        said("hookMessage", "h", customType="k"),
    )
    entries = loaded.entries
    assert loaded.is_old
    assert loaded.header == {**OLD, "provider": "pp", "version": 3}
    assert len({entry["id"] for entry in entries}) == 5
    assert [entry["parentId"] for entry in entries] == [None, *(e["id"] for e in entries[:-1])]
    assert entries[2]["firstKeptEntryId"] == entries[1]["id"]
    assert "firstKeptEntryIndex" not in entries[2]
    assert entries[3]["q"] == 1
    assert entries[4]["message"] == {"role": "custom", "content": "h", "customType": "k"}


@pytest.mark.parametrize(
    ("index", "kept"), [(0, None), (1, 0), (2, 1), (3, None), (99, None), (-1, None)]
)
def test_an_index_counts_from_the_header_and_may_be_wrong(index, kept):
    loaded = migrated(
        OLD, said("user", "a"), condensed(firstKeptEntryIndex=index), said("user", "c")
    )
    entries = loaded.entries
    assert "firstKeptEntryIndex" not in entries[1]
    assert entries[1].get("firstKeptEntryId") == (None if kept is None else entries[kept]["id"])


def test_an_index_that_is_no_number_stays_as_it_is():
    entry = migrated(OLD, said("user", "a"), condensed(firstKeptEntryIndex="1")).entries[1]
    assert (entry["firstKeptEntryIndex"], "firstKeptEntryId" in entry) == ("1", False)


def test_broken_lines_are_not_counted_and_are_kept_in_place():
    loaded = migrated(
        OLD, said("user", "a"), b"{bad\n", condensed(firstKeptEntryIndex=1), b'{"torn'
    )
    assert loaded.entries[1]["firstKeptEntryId"] == loaded.entries[0]["id"]
    assert b"\n{bad\n" in loaded.rewritten
    assert loaded.rewritten.endswith(b'\n{"torn\n')


def test_ids_of_a_version_1_file_are_given_anew():
    loaded = migrated(
        OLD, {**said("user", "a"), "id": "x", "parentId": "y"}, {"type": "q", "id": "x"}
    )
    first, second = loaded.entries
    assert "x" not in (first["id"], second["id"])
    assert second["parentId"] == first["id"]


def test_a_tree_whose_header_lost_its_version_stays_a_tree():
    entries = [
        {**said("user", "a"), "id": "1", "parentId": None},
        {**said("user", "b"), "id": "2", "parentId": "1"},
        {**said("user", "c"), "id": "3", "parentId": "1"},
    ]
    assert migrated({**OLD, "verzion": 3}, *entries).entries == entries


def test_version_2_only_renames_a_role():
    entries = [
        {
            "type": "message",
            "id": "1",
            "parentId": None,
            "message": {"role": "hookMessage", "x": 1},
        },
        {"type": "hook_message", "id": "2", "parentId": "1", "message": "no dict"},
        condensed(id="3", parentId="2", firstKeptEntryIndex=1),
    ]
    loaded = migrated({**OLD, "version": 2}, *entries)
    assert loaded.entries[0]["message"] == {"role": "custom", "x": 1}
    assert loaded.entries[1:] == entries[1:]
    assert loaded.header == {**OLD, "version": 3}


@pytest.mark.parametrize(
    ("version", "number"),
    [
        (..., 1),
        (None, 1),
        (0, 1),
        (-3, 1),
        ("2", 2),
        ("x", 1),
        (True, 1),
        (2.9, 2),
        (3, 3),
        ([], 1),
    ],
)
def test_which_version_a_header_names(version, number):
    assert version_of(header(version=version)) == number


def test_a_current_file_is_left_alone():
    loaded = load(line(header()) + line({**said("hookMessage", "h"), "id": "1"}), "/s", host())
    assert (loaded.is_old, loaded.rewritten) == (False, None)
    assert loaded.entries[0]["message"]["role"] == "hookMessage"
