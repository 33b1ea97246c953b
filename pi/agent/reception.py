"""What a user's text means: a command of an extension, something one handles, or a prompt.

    said = prepared("look at this", images, pictures)     Said("look at this", [{"type": "image"...
    command_of(hooks, "/hello you")                       (Command("hello", ...), "you")
    heard(hooks, said, "rpc", None, token, pictures)      what is left to send; None: handled
    content_of(said, expand)                              the content blocks of a user message

Every face goes this way, in this order: a command of an extension runs and nothing is sent; `input`
handlers change or take what was said; skills and prompt templates are expanded at last.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64

from pi.errors import PiError
from pi.messages import text
from pi.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pi.assembly.assembly import Pictures
    from pi.cancel import CancelToken
    from pi.extensions.extension import Command
    from pi.extensions.nohooks import NoHooks

INTERACTIVE = "interactive"
RPC = "rpc"
EXTENSION = "extension"
"""Where something was said, as `input` handlers are told."""


class Said(Value):
    """What was said: the text as it was given, image blocks that can be sent, and one line for
    each picture that had to be changed."""

    text: str
    images: Sequence[Any] = ()
    notes: Sequence[str] = ()


def prepared(message: str, images: Sequence[dict[str, Any]], pictures: Pictures) -> Said:
    """What was said, with its pictures made ready. Each of `images` has `data`, base64, and
    `mimeType`. Raises PiError for data that is no base64."""
    blocks: list[Any] = []
    notes: list[str] = []
    for at, picture in enumerate(images):
        try:
            data = a2b_base64(picture["data"])
        except (Base64Error, ValueError) as error:
            raise PiError(f"images[{at}].data is not base64: {error}") from None
        made, told = pictures.prepared(data, picture["mimeType"])
        blocks += made
        notes += told
    return Said(message, blocks, notes)


def command_of(hooks: NoHooks, message: str) -> tuple[Command, str] | None:
    """The command of an extension that a text calls, and what follows its name."""
    if not message.startswith("/") or not hooks.extensions:
        return None
    name = message[1:].split(None, 1)[0] if message[1:2].strip() else ""
    command = hooks.command(name)
    return None if command is None else (command, message[len(name) + 2 :])


def heard(
    hooks: NoHooks,
    said: Said,
    source: str,
    behaviour: str | None,
    token: CancelToken,
    pictures: Pictures,
) -> Said | None:
    """What handlers of `input` left of it; None if one of them took it.

    `behaviour` is how it will be queued, steer or followUp; None if it is not. Raises PiError for
    pictures of a handler that cannot be read, and if the token fired meanwhile.
    """
    event = hooks.fire(
        "input",
        token,
        text=said.text,
        images=list(said.images) or None,
        source=source,
        streaming_behavior=behaviour,
    )
    if event.action == "handled":
        return None
    if token.cancelled:
        raise PiError(f"not sent: {token.reason}")
    if event.action != "transform":
        return said
    if "images" not in event.answered:
        return Said(event.text, said.images, said.notes)
    return prepared(event.text, _pictures(event.images), pictures)


def content_of(said: Said, expand: Callable[[str], str]) -> list[dict[str, Any]]:
    """The content blocks of a user message. Raises PiError for a skill that cannot be read."""
    words = "\n\n".join(part for part in (expand(said.text), *said.notes) if part)
    return [*([text(words)] if words or not said.images else []), *said.images]


def _pictures(images: Sequence[Any]) -> list[dict[str, Any]]:
    for at, picture in enumerate(images):
        if not all(isinstance(picture.get(key), str) for key in ("data", "mimeType")):
            raise PiError(f"images[{at}] of an extension has no data (base64) or no mimeType")
    return list(images)
