"""A session as one HTML page that needs nothing else: no network, no server.

    export(session, None)          writes pi-session-<file>.html here; "pi-session-..."

The page holds the session as JSON and a script that shows it. Whatever the session contains, only
that script runs: the JSON cannot end its element, the script makes nodes and text, never markup,
and the page's own content security policy allows no script, style or address but its own.

The parts of the page are in `pi/data/export/`; its colours come from themes (`pi.export.look`).
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from hashlib import sha256

from pi import __version__, runtime
from pi.export import target
from pi.export.look import css, look_of
from pi.text.jsontext import dump_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pi.export.look import Look
    from pi.session import Session
    from pi.text.secret import Mask

_PARTS = ("page.html", "page.css", "node.js", "markdown.js", "page.js")

_UNSAFE = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))
"""What could end a script element or begin another; in JSON all of it is inside of strings."""


def export(
    session: Session, path: str | None, mask: Mask | None = None, look: Look | None = None
) -> str:
    """Write the page of a whole session; returns its path. `mask` counts what it masked, `look` has
    the colours.

    Raises PiError.
    """
    path = path or target.default_name(session.path, session.id)
    header, entries = target.masked(session, mask)
    page = render(header, entries, session.leaf_id, session.name(), look)
    return target.write(path, page, session.path)


def render(
    header: dict[str, Any],
    entries: list[dict[str, Any]],
    leaf_id: str | None,
    name: str | None,
    look: Look | None = None,
) -> bytes:
    """The page of a session; `leaf_id` is the end of the branch that it shows first."""
    page, style, *scripts = (runtime.read_data(f"export/{part}") for part in _PARTS)
    style = css(look or look_of()[0]) + b"\n" + style
    script = b"\n".join(scripts)
    title = name or os.path.basename(str(header.get("cwd") or "")) or "session"
    session = {
        "header": header,
        "entries": entries,
        "leafId": leaf_id,
        "name": name,
        "madeBy": f"pi {__version__}",
    }
    parts = {
        b"POLICY": _policy(style, script).encode(),
        b"TITLE": _escaped(title),
        b"STYLE": style,
        b"SESSION": _json(session),
        b"SCRIPT": script,
    }
    # In one pass: what a part contains is not looked at again.
    return re.sub(rb"@(%s)@" % b"|".join(parts), lambda found: parts[found[1]], page)


def _policy(style: bytes, script: bytes) -> str:
    allowed = f"style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(part: bytes) -> str:
    return f"sha256-{b64encode(sha256(part).digest()).decode()}"


def _escaped(title: str) -> bytes:
    text = title.encode("utf-8", "replace")
    for sign, code in ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;")):
        text = text.replace(sign, code)
    return text


def _json(value: Any) -> bytes:
    data = dump_bytes(value)
    for sign, code in _UNSAFE:
        data = data.replace(sign, code)
    return data
