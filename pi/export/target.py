"""Where an export goes, and writing it there."""

from __future__ import annotations

import os

from pi import paths
from pi.auth import store
from pi.errors import PiError
from pi.files import reason, replace_atomically
from pi.models import config
from pi.text.secret import Mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pi.store.view import View

_IMAGE_DATA = "data"


def default_name(session_path: str | None, session_id: str) -> str:
    """The name of a page when none was given: after the session's file."""
    name = os.path.basename(session_path) if session_path else session_id
    return f"pi-session-{name.removesuffix('.jsonl')}.html"


def masked(view: View, mask: Mask | None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Header and entries of a whole session, ready to leave the machine."""
    mask = mask or Mask()
    return _clean(mask, view.header), [_clean(mask, entry) for entry in view.entries()]


def _clean(mask: Mask, value: Any) -> Any:
    """A value with its secrets masked; the bytes of images cannot hold one and may be many."""
    if isinstance(value, dict):
        is_image = value.get("type") == "image"
        return {
            key: item if is_image and key == _IMAGE_DATA else _clean(mask, item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_clean(mask, item) for item in value]
    return mask.value(value)


def write(path: str, data: bytes, session_path: str | None) -> str:
    """Put an export at `path`, readable by its owner only; returns the path. Raises PiError."""
    if session_path and os.path.exists(path) and os.path.samefile(path, session_path):
        raise PiError(f"{path} is the session itself: export it to another file")
    try:
        replace_atomically(path, data, mode=0o600)
    except OSError as error:  # its own file name may be that of the part that was written first
        bare = OSError(error.errno, error.strerror)
        raise PiError(reason(bare, f"write '{path}'")) from None
    return path


def known_secrets(environ: Mapping[str, str], agent_dir: str) -> list[str]:
    """What is known to be secret, as far as can be told without running anything: stored keys and
    logins, keys of `models.json`, variables that are named like secrets."""
    stored, _ = store.load(paths.auth_file(agent_dir))
    values = [entry.get(name) for entry in stored.values() for name in ("key", "access", "refresh")]
    entries = config.load(paths.models_file(agent_dir)).entries.values()
    values += [entry.get("apiKey") for entry in entries]
    return [*secrets_of(environ), *(value for value in values if isinstance(value, str))]


def secrets_of(environ: Mapping[str, str]) -> list[str]:
    """The values of variables that are named like secrets."""
    marks = ("KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL")
    return [value for name, value in environ.items() if any(mark in name for mark in marks)]
