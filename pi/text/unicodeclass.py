"""Unicode properties as the members of a bracketed class: `members("Lu")` is "A-Z\xc0-\xd6...".

Known are the general categories (short names, and the long ones below), a few binary properties,
and scripts by the first word of their characters' names, which is nearly always the script.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LONG_NAMES = {
    "any": "",
    "letter": "L",
    "uppercaseletter": "Lu",
    "uppercase": "Lu",
    "lowercaseletter": "Ll",
    "lowercase": "Ll",
    "titlecaseletter": "Lt",
    "modifierletter": "Lm",
    "otherletter": "Lo",
    "alphabetic": "L",
    "mark": "M",
    "number": "N",
    "decimalnumber": "Nd",
    "digit": "Nd",
    "letternumber": "Nl",
    "othernumber": "No",
    "punctuation": "P",
    "symbol": "S",
    "currencysymbol": "Sc",
    "mathsymbol": "Sm",
    "modifiersymbol": "Sk",
    "othersymbol": "So",
    "separator": "Z",
    "spaceseparator": "Zs",
    "whitespace": "Z",
    "other": "C",
    "control": "Cc",
    "format": "Cf",
    "unassigned": "Cn",
}
_MINORS = ("ultmo", "nce", "dlo", "cdseifo", "mcko", "slp", "cfson")
_CATEGORIES = frozenset(
    f"{major}{minor}"
    for major, minors in zip("LMNPSZC", _MINORS, strict=True)
    for minor in ("", *minors)
)
_SCRIPT_WORDS = {"han": "CJK", "hangul": "HANGUL", "latin": "LATIN"}
_LAST_SCRIPT_CHARACTER = 0x323AF


@lru_cache(maxsize=32)
def members(name: str) -> str:
    """What stands in brackets for a property; "" if it is unknown."""
    key, _, value = name.rpartition("=")
    key, folded = (re.sub(r"[\s_-]", "", part).lower() for part in (key, value))
    if key in ("", "gc", "generalcategory"):
        category = _LONG_NAMES.get(folded, folded[:1].upper() + folded[1:])
        if category in _CATEGORIES or not category:
            return _spans(lambda char: unicodedata.category(char).startswith(category), 0x10FFFF)
    if folded.isalpha() and folded.isascii():
        word = _SCRIPT_WORDS.get(folded, folded.upper()) + " "
        start = f"{word}UNIFIED" if word == "CJK " else word
        return _spans(
            lambda char: unicodedata.name(char, "").startswith(start), _LAST_SCRIPT_CHARACTER
        )
    return ""


def _spans(holds: Callable[[str], bool], last: int) -> str:
    return "".join(
        re.escape(chr(low)) if low == high else f"{re.escape(chr(low))}-{re.escape(chr(high))}"
        for low, high in _ranges(holds, last)
    )


def _ranges(holds: Callable[[str], bool], last: int) -> Iterator[tuple[int, int]]:
    low = -1
    for code in range(last + 2):
        inside = code <= last and code != 0x0A and holds(chr(code))
        if inside and low < 0:
            low = code
        elif not inside and low >= 0:
            yield low, code - 1
            low = -1
