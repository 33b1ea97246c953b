from __future__ import annotations

import json

import pytest

from pi.store.load import read_piece
from pi.store.share import share
from tests.sessionkit import answer, entry, line, user


def test_equal_strings_become_one_object():
    made_by = {"api": "an-api", "provider": "somebody", "model": "a-model", "stopReason": "stop"}
    replies = [answer("e2", "e1", "y", **made_by), answer("e3", "e2", "z", **made_by)]
    data = b"".join(map(line, [user("e1", None, "x"), *replies]))
    (first, second, third), _ = read_piece(data, "s", 5)
    assert second["parentId"] is first["id"]
    assert third["parentId"] is second["id"]
    assert first["type"] is second["type"] is third["type"]
    for name in ("role", "api", "provider", "model", "stopReason"):
        assert second["message"][name] is third["message"][name]


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"type": 1, "id": True, "parentId": 1.0},
        {"type": [], "id": {}, "parentId": None, "message": []},
        {"message": {"role": 1, "api": True, "model": {}, "stopReason": None, "toolName": "t"}},
        entry("mystery", "message", "message", message="user"),
    ],
)
def test_nothing_changes_but_the_objects(value):
    before = json.dumps(value)
    known = {"message": "message", "1": "1"}
    share(value, known)
    share(value, known)
    assert json.dumps(value) == before
