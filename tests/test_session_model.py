"""Random sessions of 1,000 operations against a naive reading of the format.

The model keeps the lines of the file as they were said and derives everything anew at each look, in
the plainest way the format's page allows.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from pi.messages import user_message
from pi.session import Session
from pi.store import tail
from pi.value import replace
from tests.sessionkit import host, lines_of

LONG = os.environ.get("PI_TEST_LONG") == "1"
CONTENT = ("user", "assistant", "toolResult")


class Model:
    """Lines and a leaf."""

    def __init__(self) -> None:
        self.lines: list[dict] = []
        self.leaf: str | None = None

    def add(self, line: dict) -> None:
        self.lines.append(line)
        self.leaf = line["id"]

    def branch(self) -> list[dict]:
        by_id = {line["id"]: line for line in self.lines}
        found = []
        at = self.leaf
        while at is not None:
            found.insert(0, by_id[at])
            at = by_id[at]["parentId"]
        return found

    def selected(self) -> list[dict]:
        branch = self.branch()
        places = [n for n, line in enumerate(branch) if line["type"] == "compaction"]
        if not places:
            return branch
        last = places[-1]
        first = branch[last]["firstKeptEntryId"]
        starts = [n for n in range(last) if branch[n]["id"] == first]
        kept = branch[starts[0] : last] if starts else []
        return [branch[last], *[e for e in kept if e["type"] != "compaction"], *branch[last + 1 :]]

    def context(self) -> list[str]:
        lines = self.selected()
        found = []
        for line in lines:
            edits = [
                e for e in lines if e["type"] == "context_edit" and e["targetId"] == line["id"]
            ]
            words = self._words(line)
            if words and edits:
                change = edits[-1]["replacement"]
                words = None if change is None else _flat(change["content"])
            if words:
                found.append(words)
        return found

    @staticmethod
    def _words(line: dict) -> str | None:
        if line["type"] == "message" and line["message"]["role"] in CONTENT:
            return _flat(line["message"]["content"])
        if line["type"] == "custom_message":
            return _flat(line["content"])
        return line.get("summary")

    def labels(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self.lines:
            if line["type"] == "label":
                found.pop(line["targetId"], None)
                if line.get("label"):
                    found[line["targetId"]] = line["label"]
        return found

    def name(self) -> str | None:
        names = [line["name"] for line in self.lines if line["type"] == "session_info"]
        return names[-1] if names else None

    def cloned(self, entries: list[dict]) -> None:
        """Go on with a clone, whose entries these are: the branch without label entries, then the
        labels in force on it, under ids of their own."""
        chain: list[dict] = []
        for line in self.branch():
            if line["type"] != "label":
                chain.append({**line, "parentId": chain[-1]["id"] if chain else None})
        labels = self.labels()
        wanted = [(line["id"], labels[line["id"]]) for line in chain if line["id"] in labels]
        added = entries[len(chain) :]
        assert entries[: len(chain)] == chain
        assert [(line["targetId"], line["label"]) for line in added] == wanted
        assert [line["parentId"] for line in added] == [
            line["id"] for line in entries[len(chain) - 1 : -1]
        ]
        self.lines = list(entries)
        self.leaf = entries[-1]["id"]

    def is_worth_cloning(self) -> bool:
        return any(
            line["type"] == "message" and line["message"]["role"] in ("user", "assistant")
            for line in self.branch()
        )

    def roots(self) -> list[str]:
        return [line["id"] for line in self.lines if line["parentId"] is None]


def _flat(content) -> str:
    return content if isinstance(content, str) else "".join(b.get("text", "") for b in content)


def seen(session) -> list[str]:
    """The context of a session in short; summaries without what introduces them."""
    found = []
    for message in session.context():
        words = _flat(message["content"])
        if "<summary>\n" in words:
            words = words.partition("<summary>\n")[2].removesuffix("\n</summary>")
        found.append(words)
    return found


def speak(session, chance, number):
    role = chance.choice(CONTENT)
    message = {**user_message(f"{role} {number}", number), "role": role}
    return session.append_message(message)


def edit(session, chance, number):
    targets = [
        line["id"]
        for line in session.branch()
        if line["type"] == "custom_message"
        or (line["type"] == "message" and line["message"]["role"] in CONTENT)
    ]
    content = chance.choice([None, f"edit {number}"])
    return session.edit(chance.choice(targets), content) if targets else None


def compact(session, chance, number):
    branch = session.branch()
    first = chance.choice([None, *(line["id"] for line in branch[-8:])])
    return session.append_compaction(f"compaction {number}", first, 1)


def move(session, chance, number):
    target = chance.choice([None, *(line["id"] for line in session.entries()[-30:])])
    return session.move_to(target, f"left {number}" if chance.random() < 0.5 else None)


def label(session, chance, number):
    known = session.entries()
    return session.set_label(chance.choice(known)["id"], chance.choice([f"l{number}", None]))


def forked(session, model, chance):
    """A fork of the whole session or a clone of its branch, to go on with; the old one is closed
    and stays as it is."""
    before = lines_of(Path(session.path))
    if chance.random() < 0.5 or not model.is_worth_cloning():
        new = Session.fork(session.path, "/p", os.path.dirname(session.path), host=session._host)
        model.leaf = model.lines[-1]["id"]
    else:
        new = session.clone()
        model.cloned(new.entries())
    assert new.header["parentSession"] == session.path
    session.close()
    assert lines_of(Path(session.path)) == before
    return new


OPERATIONS = (
    (speak, 60),
    (edit, 6),
    (compact, 2),
    (move, 6),
    (label, 5),
    (lambda session, chance, number: session.set_name(f"name {number}"), 2),
    (lambda session, chance, number: session.append_custom("c", {"n": number}), 3),
    (lambda session, chance, number: session.append_custom_message("c", f"custom {number}"), 4),
    (lambda session, chance, number: session.append("mystery", n=number), 2),
)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20 if LONG else 3))
def test_random_sessions_agree_with_the_model(tmp_path, seed, monkeypatch):
    monkeypatch.setattr(tail, "_HEAD_BYTES", 300)
    monkeypatch.setattr(tail, "_FIRST_PIECE", 2000)
    chance = random.Random(seed)
    machine = replace(host(seed=seed), whole_bytes=seed % 2 * (1 << 40))
    session = Session.create("/p", str(tmp_path), host=machine)
    model = Model()
    model.add(session.append_message(user_message("begin", 1)))
    operations, weights = zip(*OPERATIONS, strict=True)
    for number in range(1000):
        (operation,) = chance.choices(operations, weights)
        added = operation(session, chance, number)
        if added is not None:
            model.add(added)
        model.leaf = session.leaf_id
        if chance.random() < 0.01:
            session = forked(session, model, chance)
        if chance.random() < 0.02:
            session.close()
            session = Session.open(session.path, host=machine)
            model.leaf = model.lines[-1]["id"]
            assert session.warnings == []
        assert session.leaf_id == model.leaf
        if number % 7 == 0:
            assert seen(session) == model.context(), (seed, number)
            assert session.name() == model.name()
        if number % 50 == 0:
            assert session.branch() == model.branch()
            labels = session.tree.labels()
            assert {key: line["label"] for key, line in labels.items()} == model.labels()
            assert [node["entry"]["id"] for node in session.nested()] == model.roots()
    assert session.entries() == model.lines
    session.close()
    assert lines_of(Path(session.path))[1:] == model.lines
    assert len(list(tmp_path.iterdir())) > 1, "some were forks"
