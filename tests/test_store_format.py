from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest

from pi.errors import UsageError
from pi.store import format as form
from tests.sessionkit import START, START_MS, header, host


def test_session_ids_are_uuids_of_version_7_in_order_of_time():
    ids = [form.new_session_id(host(seed=seed)) for seed in range(50)]
    pattern = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert all(re.fullmatch(pattern, found) for found in ids)
    assert {int(found.replace("-", "")[:12], 16) for found in ids} == {START_MS}
    assert len(set(ids)) == 50
    clock = host()
    assert form.new_session_id(clock)[:13] <= form.new_session_id(clock)[:13]


def test_entry_ids_avoid_those_in_use():
    first = form.new_entry_id((), host())
    assert re.fullmatch("[0-9a-f]{8}", first)
    assert form.new_entry_id({first}, host()) not in ("", first)


def test_when_no_entry_id_is_free_a_uuid_is_taken():
    class Everything:
        def __contains__(self, entry_id):
            return True

    assert len(form.new_entry_id(Everything(), host())) == 36


@pytest.mark.parametrize("text", ["a", "my.id-1", "A_b", "0", "a--b", "x" * 200])
def test_good_session_ids(text):
    assert form.check_session_id(text) == text


@pytest.mark.parametrize("text", ["", " ", "-a", "a-", ".", "a b", "a/b", "ä", "a\n", "..", "_a"])
def test_bad_session_ids(text):
    with pytest.raises(UsageError, match="Invalid session id"):
        form.check_session_id(text)


@pytest.mark.parametrize("ms", [0, 1, 999, START_MS, 951_826_154_007, 4_102_444_800_000])
def test_times_go_both_ways_and_agree_with_the_calendar(ms):
    found = form.iso_time(ms)
    moment = datetime.fromtimestamp(ms / 1000, timezone.utc)
    assert found[:19] == moment.strftime("%Y-%m-%dT%H:%M:%S")
    assert form.time_ms(found) == ms


@pytest.mark.parametrize(
    ("value", "ms"),
    [
        (START, START_MS),
        ("2026-01-02T03:04:05Z", START_MS - 678),
        ("2026-01-02T05:04:05.678+02:00", START_MS),
        ("2026-01-01T21:34:05.6789-0530", START_MS),
        ("1970-01-02", 86_400_000),
        (12345, 12345),
        (12345.6, 12345),
        (True, 0),
        (None, 0),
        ("2026", 0),
        ("yesterday", 0),
        (float("inf"), 0),
        ("\uff12026-01-02", 0),
    ],
)
def test_foreign_times_are_read_or_are_nought(value, ms):
    assert form.time_ms(value) == ms


def test_every_day_of_four_centuries_is_counted_right():
    days = [form.time_ms(form.iso_time(day * 86_400_000)) for day in range(0, 146_097, 31)]
    assert days == [day * 86_400_000 for day in range(0, 146_097, 31)]


def test_the_header_and_the_name_of_its_file():
    made = form.new_header("01a2", START, "/p", "/s/old.jsonl")
    assert list(made) == ["type", "version", "id", "timestamp", "cwd", "parentSession"]
    assert form.file_name(made) == "2026-01-02T03-04-05-678Z_01a2.jsonl"
    assert "parentSession" not in form.new_header("01a2", START, "/p")


@pytest.mark.parametrize(
    "value", [None, 5, [], {}, {"type": "session"}, header(id=""), header(id=5), header(type="x")]
)
def test_what_is_no_header(value):
    assert not form.is_header(value)
    assert form.is_header(header(version=...))


@pytest.mark.parametrize(
    ("name", "clean"), [(" a\r\n\nb ", "a b"), ("a\tb", "a\tb"), ("\n", ""), ("x", "x")]
)
def test_names_are_one_line(name, clean):
    assert form.clean_name(name) == clean


@pytest.mark.parametrize(
    ("entry", "role"),
    [
        ({"type": "message", "message": {"role": "user"}}, "user"),
        ({"type": "message", "message": {"role": 5}}, None),
        ({"type": "message", "message": "x"}, None),
        ({"type": "message"}, None),
        ({"type": "custom", "message": {"role": "user"}}, None),
    ],
)
def test_roles(entry, role):
    assert form.role_of(entry) == role
    assert form.opens_file(entry) is (role == "user")
