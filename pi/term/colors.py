"""Asking a terminal for its colours: the question, and what it answers.

    QUERY                       text and background colour, the sixteen, then who it is
    is_complete(data)           the last answer is there: nothing more will come
    parse(data)                 Reported((229, 229, 229), (30, 30, 30), [...])

A terminal answers in order and always says who it is (DA1), so one that knows nothing of colours is
known at once. What else arrives meanwhile, keys for one, is passed over. Source: xterm's control
sequences, OSC 4, 10 and 11, and DA1. Pure.
"""

from __future__ import annotations

import re

from pi.theme.swatch import Reported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pi.theme.color import Rgb

SIXTEEN = 16
QUERY = (
    b"\x1b]10;?\x1b\\\x1b]11;?\x1b\\"
    + b"".join(b"\x1b]4;%d;?\x1b\\" % index for index in range(SIXTEEN))
    + b"\x1b[c"
)

_ANSWER = re.compile(
    rb"\x1b\](?:(10|11)|4;([0-9]{1,2}));"
    rb"rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})(?:/[0-9a-fA-F]{1,4})?"
    rb"(?:\x07|\x1b\\)"
)
_WHO = re.compile(rb"\x1b\[\?[0-9;]*c")


def is_complete(data: bytes) -> bool:
    """Whether the answer to the last question is in what has arrived."""
    return _WHO.search(data) is not None


def parse(data: bytes) -> Reported:
    """What the answers say; the sixteen only if all of them are there."""
    own: dict[bytes, Rgb] = {}
    palette: dict[int, Rgb] = {}
    for found in _ANSWER.finditer(data):
        rgb = tuple(_channel(found[at]) for at in (3, 4, 5))
        if found[1]:
            own[found[1]] = rgb
        else:
            palette[int(found[2])] = rgb
    sixteen = [palette[at] for at in range(SIXTEEN) if at in palette]
    return Reported(
        own.get(b"10"), own.get(b"11"), tuple(sixteen) if len(sixteen) == SIXTEEN else ()
    )


def _channel(digits: bytes) -> int:
    """One to four hexadecimal digits, all of which are a share of what so many can say."""
    return round(255 * int(digits, 16) / (16 ** len(digits) - 1))
