"""`pi --export SESSION [OUTPUT]`: a session as a page, or as lines if OUTPUT ends in `.jsonl`."""

from __future__ import annotations

import os
import sys

from pi import paths
from pi.auth import store
from pi.errors import EXIT_OK, PiError, UsageError
from pi.export import html, jsonl, target
from pi.models import config
from pi.session import Session
from pi.text.secret import Mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def export(words: list[str], environ: Mapping[str, str], cwd: str) -> int:
    """Export the session file that `words` begin with. Raises PiError."""
    if len(words) > 2:
        raise UsageError(f'--export takes a session and one output; "{words[2]}" is one too many')
    home = paths.home_dir(environ)
    source = paths.absolute(words[0], cwd, home)
    if not os.path.isfile(source):
        raise PiError(f"File not found: {source}")
    session = Session.open(source, is_read_only=True)
    mask = Mask(_known(environ, cwd))
    written = _writer(words)(session, _output(words, cwd, home), mask)
    for line in session.warnings:
        sys.stderr.write(f"Warning: {line}\n")
    if mask.count:
        sys.stderr.write(
            f"Masked {mask.count} that look like secrets; read it before you share it.\n"
        )
    shown = os.path.relpath(written, cwd) if len(words) == 1 else words[1]
    sys.stdout.write(f"Exported to: {shown}\n")
    return EXIT_OK


def _writer(words: list[str]) -> Callable[[Session, str, Mask], str]:
    is_lines = len(words) == 2 and words[1].endswith(".jsonl")
    return jsonl.export if is_lines else html.export


def _output(words: list[str], cwd: str, home: str) -> str:
    if len(words) == 2:
        return paths.absolute(words[1], cwd, home)
    return os.path.join(cwd, target.default_name(words[0], ""))


def _known(environ: Mapping[str, str], cwd: str) -> list[str]:
    """Secrets that can be found out without running anything."""
    agent_dir = paths.agent_dir(environ, cwd)
    stored, _ = store.load(paths.auth_file(agent_dir))
    values = [entry.get(name) for entry in stored.values() for name in ("key", "access", "refresh")]
    entries = config.load(paths.models_file(agent_dir)).entries.values()
    values += [entry.get("apiKey") for entry in entries]
    return [*target.secrets_of(environ), *(value for value in values if isinstance(value, str))]
