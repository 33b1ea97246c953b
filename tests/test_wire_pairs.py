"""A conversation that changes engines: every wire format after every other, over real HTTP.

The fake provider checks each request as a strict vendor would, so an answer means that the request
was valid for its format. A format joins with its row in the fake provider's `models.json`.
"""

from __future__ import annotations

import base64
import copy
import itertools
import json
import os
import re

import pytest

from pi.auth.apply import authoriser
from pi.cancel import CancelToken
from pi.client import Client
from pi.messages import (
    image,
    is_failed,
    system_message,
    text,
    tool_calls,
    tool_result,
    user_message,
)
from pi.models.opening import open_models
from pi.request import Options
from pi.transport import Transport
from tests.fakeprovider import FakeProvider, models_config
from tests.fakeprovider.client_config import PROVIDERS

NAMES = tuple(PROVIDERS)
PIXEL = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
        "rkJggg=="
    )
).decode()
PICTURE = image(PIXEL, "image/png")
READ = {
    "name": "read",
    "description": "Read a file",
    "parameters": {
        "type": "object",
        "properties": {"path": {"type": "string"}},
        "required": ["path"],
    },
}
CALLS = [
    {"name": "read", "arguments": {"path": "näch\u2028ster.txt"}},
    {"name": "read", "arguments": {"path": 'b"\\.txt'}},
]
WORK = {"thinking": "first this, then that", "text": "I read both.", "calls": CALLS}

LONG_CALL = {"calls": [{"name": "read", "arguments": {"path": "x" * 2000}}], "split": 20}


class Engines:
    """All fake models, and one client to ask them."""

    def __init__(self, fake, folder):
        with open(os.path.join(folder, "models.json"), "w", encoding="utf-8") as stream:
            json.dump(models_config(fake, input=["text", "image"]), stream)
        self.fake = fake
        self.models = open_models(str(folder), {})
        self.transport = Transport(environ={})
        self.client = Client(self.transport, authoriser(self.models.keys, self.transport))

    def ask(self, name, messages, thinking="medium"):
        """What a provider's thinking model answers. The history stays as it is."""
        before = copy.deepcopy(messages)
        model = self.models.book.find(name, "fake-think")
        options = Options(thinking=thinking, session_id="s-1")
        *_, last = self.client.stream(model, messages, options, CancelToken())
        assert messages == before
        return last.message


@pytest.fixture
def engines(tmp_path):
    with FakeProvider() as fake:
        found = Engines(fake, tmp_path)
        yield found
        found.transport.close()


def opening():
    return [
        system_message({"preamble": "Be brief."}, 1, [READ]),
        user_message([text("what is this?"), PICTURE], 2),
    ]


def results(answer, count=2):
    """Results of an answer's calls; the first one with a picture."""
    made = tool_calls(answer)[:count]
    contents = [[text("it says A"), PICTURE], [text("it says B \ud83d")]]
    return [tool_result(call, contents[at], 4 + at) for at, call in enumerate(made)]


def said(request):
    """(what the user said, calls with their arguments, result texts, pictures) of a request."""
    turns = request.conversation.turns
    calls = [(name, as_object(given)) for turn in turns for _, name, given in turn.calls]
    texts = [words for _, words in request.conversation.results]
    return (
        " ".join(request.conversation.user_texts),
        calls,
        texts,
        request.raw.count(PIXEL.encode()),
    )


def as_object(arguments):
    """A call's arguments; some formats carry them as JSON text."""
    return json.loads(arguments) if isinstance(arguments, str) else arguments


def ids_match(request):
    """Whether every call has exactly one result, under ids of its own."""
    turns = request.conversation.turns
    calls = [call_id for turn in turns for call_id, _, _ in turn.calls]
    given = [call_id for call_id, _ in request.conversation.results]
    return sorted(calls) == sorted(given) and len(set(calls)) == len(calls)


# How the first engine's answer and what came after it were cut: fault of the answer, results kept.
CUTS = {
    "whole": (None, 2),
    "in thinking": ({"end": "cut", "after_records": 3}, 0),
    "in the middle": ("cut-mid-stream", 0),
    "in the arguments": ("cut-mid-stream", 0),
    "before the end mark": ({"edits": [["drop-end"]]}, 0),
    "no results": (None, 0),
    "one result": (None, 1),
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(("first", "second"), list(itertools.product(NAMES, NAMES)))
def test_any_engine_goes_on_from_any_other(engines, first, second, cut):
    fault, kept = CUTS[cut]
    work = LONG_CALL if cut == "in the arguments" else WORK
    engines.fake.reply({**work, **({"fault": fault} if fault else {})}, "done")
    answer = engines.ask(first, opening())
    assert is_failed(answer) == (fault is not None), answer.get("errorMessage")
    history = [*opening(), answer, *results(answer, kept), user_message("go on", 9)]
    final = engines.ask(second, history)
    assert final["stopReason"] == "stop", final.get("errorMessage")
    request = engines.fake.model_requests[-1]
    words, calls, texts, pictures = said(request)
    assert "what is this?" in words
    assert "go on" in words
    assert ids_match(request)
    assert calls == ([] if fault else [(call["name"], call["arguments"]) for call in CALLS])
    assert len(texts) == len(calls)
    for at, words in enumerate(("it says A", "it says B")[:kept]):
        assert words in texts[at]
    assert pictures == 1 + bool(kept)
    if not fault:
        assert "I read both." in "".join(turn.text for turn in request.conversation.turns)


def test_once_around_all_engines(engines):
    history = opening()
    for at, name in enumerate([*NAMES, NAMES[0]]):
        engines.fake.reply(WORK)
        answer = engines.ask(name, history)
        assert answer["stopReason"] == "toolUse", (name, answer.get("errorMessage"))
        assert [block["type"] for block in answer["content"]].count("toolCall") == 2
        history += [answer, *results(answer), user_message(f"round {at}", 20 + at)]
    engines.fake.reply("home")
    assert engines.ask(NAMES[0], history)["stopReason"] == "stop"
    request = engines.fake.model_requests[-1]
    words, calls, texts, pictures = said(request)
    rounds = len(NAMES) + 1
    assert all(f"round {at}" in words for at in range(rounds))
    assert len(calls) == len(texts) == 2 * rounds
    assert pictures == 1 + rounds
    assert ids_match(request)


# --- prompt caches -------------------------------------------------------------------------------

_MARKS = re.compile(rb',?"cache_?(?:control|Point)":\{[^{}]*\}')


def without_marks(raw):
    """A body without cache markers, which move on with the conversation."""
    return re.sub(rb",?\{\}(?=\])", b"", _MARKS.sub(b"", raw))


@pytest.mark.parametrize("name", NAMES)
def test_each_request_begins_as_the_one_before(engines, name):
    history = opening()
    for at in range(12):
        engines.fake.reply(WORK if at % 3 else {"text": "So far, so good."})
        answer = engines.ask(name, history)
        assert not is_failed(answer), answer.get("errorMessage")
        history += [answer, *results(answer)]
        if at % 3 == 0:
            history.append(user_message(f"next {at}", 10 + at))
    bodies = [without_marks(request.raw) for request in engines.fake.model_requests]
    assert len(bodies) == 12
    for before, after in itertools.pairwise(bodies):
        same = os.path.commonprefix([before, after])  # noqa: RUF071 - of bytes, not of paths
        assert before[len(same) :][:1] == b"]", before[len(same) - 80 :][:160]
        assert after[len(same) :][:1] == b","
