"""Names in the order people expect: case and accents count only between names otherwise equal.

    sorted(["b", "A", "_x", "10", "é", "f"], key=sort_key)      ["_x", "10", "A", "b", "é", "f"]

Punctuation comes before digits, digits before letters, as in the root collation of Unicode (UTS
#10, CLDR). Known limit: letters outside ASCII that have no base letter sort by their code points.
"""

from __future__ import annotations

_ORDER = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"
_RANKS = {ord(letter): chr(rank) for rank, letter in enumerate(_ORDER, start=0x20)}
_AFTER_PUNCTUATION = _ORDER.index("0") + 0x20
_SYMBOL = chr(_AFTER_PUNCTUATION - 1)  # what is no ASCII shares the rank of "$", after it


def sort_key(name: str) -> tuple[str, str, str]:
    """The key under which a name sorts."""
    folded = name.casefold()
    if folded.isascii():
        return folded.translate(_RANKS), "", name
    import unicodedata  # noqa: PLC0415 - 1 MB of tables, for other names only

    split = unicodedata.normalize("NFD", folded)
    ranks = []
    for letter in split:
        kind = unicodedata.category(letter)
        if letter > "~" and kind[0] in "SP":
            ranks.append(_SYMBOL + letter)
        elif kind != "Mn":  # accents count later
            ranks.append(letter.translate(_RANKS))
    return "".join(ranks), split, name
