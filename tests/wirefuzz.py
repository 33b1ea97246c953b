"""Ways to cut up and to damage what the wire brings: bytes of a stream, nodes of a JSON value."""

from __future__ import annotations

import json
import random
from copy import deepcopy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

JUNK: list[Any] = [None, 0, -1.5, True, "x", "", [], {}, [1], [None], {"type": "x"}]
"""What a node is replaced with: every kind of JSON value."""


def splits(data: bytes, seed: int, rounds: int = 5) -> Iterator[list[bytes]]:
    """The same bytes cut up: one by one, then at random places (seeded)."""
    yield [data[at : at + 1] for at in range(len(data))]
    chance = random.Random(seed)
    for _ in range(rounds):
        places = sorted(chance.sample(range(len(data) + 1), min(40, len(data))))
        yield [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def boundaries(framing: str, data: bytes) -> list[int]:
    """Where records end: byte offsets, the last one being the whole length."""
    found: list[int] = []
    at = 0
    if framing == "aws-event-stream":  # a record begins with its length
        while at < len(data):
            at += max(1, int.from_bytes(data[at : at + 4], "big"))
            found.append(min(at, len(data)))
        return found
    if framing != "sse":
        return [len(data)]
    for line in data.splitlines(keepends=True):
        at += len(line)
        if not line.strip(b"\r\n") and at not in found:
            found.append(at)
    return found if found and found[-1] == len(data) else [*found, len(data)]


def damaged(value: Any, junk: Iterable[Any] = JUNK) -> Iterator[Any]:
    """Copies of a JSON value in which one node is another type of thing, or missing."""
    yield from (deepcopy(item) for item in junk)
    if isinstance(value, dict):
        for key in value:
            yield {name: item for name, item in value.items() if name != key}
            for item in damaged(value[key], junk):
                yield {**value, key: item}
    elif isinstance(value, list):
        for at, old in enumerate(value):
            for item in damaged(old, junk):
                yield [*value[:at], item, *value[at + 1 :]]


def sampled(variants: Iterable[Any], most: int, seed: int) -> list[Any]:
    """At most `most` of the variants, always the same ones for a seed."""
    found = list(variants)
    return found if len(found) <= most else random.Random(seed).sample(found, most)


def damaged_records(found: list[Any], most: int) -> Iterator[list[Any]]:
    """Copies of a stream's (head, JSON text) records with one node of one text damaged."""
    for at, (head, text) in enumerate(found):
        try:
            value = json.loads(text)
        except ValueError:
            continue
        for variant in sampled(damaged(value), most // len(found) + 1, seed=at):
            records = [*found[:at], (head, json.dumps(variant)), *found[at + 1 :]]
            yield [(name, _text(data)) for name, data in records]


def _text(data: bytes | str) -> str:
    return data if isinstance(data, str) else data.decode()
