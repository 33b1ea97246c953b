"""What a user's text means; extensions are played by a small stand-in."""

from __future__ import annotations

import pytest

from pi.agent.reception import Said, command_of, content_of, heard, prepared
from pi.assembly.assembly import Pictures
from pi.cancel import CancelToken
from pi.errors import PiError
from pi.extensions.nohooks import NO_HOOKS, Untouched
from pi.messages import text

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
PICTURES = Pictures(dict)


class Hooks:
    """Extensions with these commands, whose `input` handlers answer so."""

    def __init__(self, commands=(), **answer):
        self.extensions = ("one",)
        self.commands = commands
        self.answer = answer
        self.fields = None

    def command(self, name):
        return name if name in self.commands else None

    def fire(self, name, token, **fields):
        self.fields = {"event": name, **fields}
        event = Untouched(name, {**fields, **self.answer})
        event.answered = frozenset(self.answer)
        return event


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("/go", ("go", "")),
        ("/go  far  away ", ("go", " far  away ")),
        ("/go\nfar", ("go", "far")),
        ("/go:2 x", ("go:2", "x")),
        ("/gone", None),
        ("/ go", None),
        ("/", None),
        ("go", None),
        (" /go", None),
        ("", None),
    ],
)
def test_commands(message, expected):
    assert command_of(Hooks(("go", "go:2")), message) == expected
    assert command_of(NO_HOOKS, message) is None


def listen(hooks, said=Said("hi"), behaviour=None, token=None):  # noqa: B008 - immutable
    return heard(hooks, said, "rpc", behaviour, token or CancelToken(), PICTURES)


def test_what_handlers_are_told():
    hooks, picture = Hooks(), {"type": "image", "data": PNG, "mimeType": "image/png"}
    said = Said("look", [picture], ["smaller"])
    assert listen(hooks, said, "steer") is said
    assert hooks.fields == {
        "event": "input",
        "text": "look",
        "images": [picture],
        "source": "rpc",
        "streaming_behavior": "steer",
    }


def test_what_handlers_make_of_it():
    picture = {"type": "image", "data": PNG, "mimeType": "image/png"}
    said = Said("look", [picture], ["smaller"])
    assert listen(Hooks(action="handled"), said) is None
    assert listen(Hooks(action="continue", text="other"), said) is said
    changed = listen(Hooks(action="transform", text="LOOK"), said)
    assert (changed.text, changed.images, changed.notes) == ("LOOK", [picture], ["smaller"])
    other = listen(Hooks(action="transform", text="LOOK", images=[picture]), said)
    assert other.images[0]["mimeType"] == "image/png"
    assert listen(Hooks(action="transform", images=[]), said).images == []


def test_pictures_of_a_handler_that_are_none():
    for images, why in (([{"data": 1}], "no data"), ([{"data": "abc", "mimeType": "x"}], "base64")):
        with pytest.raises(PiError, match=why):
            listen(Hooks(action="transform", images=images))


def test_nothing_is_sent_after_an_abort():
    token = CancelToken()
    token.cancel("aborted")
    with pytest.raises(PiError, match="aborted"):
        listen(Hooks(), token=token)
    assert listen(Hooks(action="handled"), token=token) is None


def test_content():
    picture = {"type": "image", "data": PNG, "mimeType": "image/png"}
    assert content_of(Said("hi"), str.upper) == [text("HI")]
    assert content_of(Said("", [picture]), str) == [picture]
    assert content_of(Said(""), str) == [text("")]  # as it was given
    assert content_of(Said("a", [picture], ["b", "c"]), str) == [text("a\n\nb\n\nc"), picture]


def test_pictures_are_made_ready():
    said = prepared("hi", [{"data": PNG, "mimeType": "image/png"}], PICTURES)
    assert said.images[0]["type"] == "image"
    with pytest.raises(PiError, match=r"images\[0\].data is not base64"):
        prepared("hi", [{"data": "abc", "mimeType": "image/png"}], PICTURES)
