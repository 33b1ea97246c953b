"""OpenRouter's `reasoning_details`: gathered from an answer, kept as a signature, replayed whole.

    {"type": "reasoning.text", "text": "...", "signature": "...", "format": "...", "index": 0}
    {"type": "reasoning.summary", "summary": "...", ...}
    {"type": "reasoning.encrypted", "data": "...", "id": "...", ...}

They hold what the provider behind OpenRouter must get back unchanged: its own signatures, or
thinking that only it can read. A thinking block keeps them in its `thinkingSignature`, as the JSON
text of the list. Source: OpenRouter's guide on reasoning tokens, "Preserving reasoning".
"""

from __future__ import annotations

import json

from pi.text.jsontext import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SAID = {"reasoning.text": "text", "reasoning.summary": "summary"}
"""The type of a detail -> where its words are; the others hold none that can be read."""


class Details:
    """The details of one answer, put together from its chunks."""

    def __init__(self) -> None:
        self._items: list[dict[str, Any]] = []

    def __bool__(self) -> bool:
        return bool(self._items)

    @property
    def is_sealed(self) -> bool:
        """Whether there is something to replay beside words: a signature or sealed data."""
        return any(item.get("data") or item.get("signature") for item in self._items)

    def add(self, pieces: Any) -> str:
        """Add a chunk's `reasoning_details`; returns the words they bring.

        Pieces of one item (same type and index, one after the other) become one: words are joined,
        other fields are the latest that say something. Sealed items are never joined.
        """
        items = pieces if isinstance(pieces, list) else []
        return "".join([self._add(piece) for piece in items if isinstance(piece, dict)])

    def signature(self) -> str:
        """All details as the text a block keeps; `read_signature` reads it."""
        return dumps(self._items)

    def _add(self, piece: dict[str, Any]) -> str:
        field = _SAID.get(str(piece.get("type")))
        words = piece.get(field) if field else None
        words = words if isinstance(words, str) else ""
        last = self._items[-1] if self._items else {}
        if field and all(last.get(key) == piece.get(key) for key in ("type", "index")):
            joined = f"{last.get(field) or ''}{words}"
            last.update({key: value for key, value in piece.items() if value not in (None, "")})
            last[field] = joined
        else:
            self._items.append(dict(piece))
        return words


def read_signature(signature: object) -> list[dict[str, Any]]:
    """The details a signature holds; [] when it is none of that kind."""
    if not isinstance(signature, str) or not signature.startswith("["):
        return []
    try:
        value = json.loads(signature)
    except (ValueError, RecursionError):
        return []
    return [item for item in value if isinstance(item, dict)]
