"""`pi --export SESSION [OUTPUT]`: a session as a page, or as lines if OUTPUT ends in `.jsonl`."""

from __future__ import annotations

import os
import sys

from pi import paths
from pi.errors import EXIT_OK, PiError, UsageError
from pi.export import html, jsonl, target
from pi.export.look import look_for
from pi.session import Session
from pi.text.secret import Mask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pi.flags import Arguments


def export(arguments: Arguments, environ: Mapping[str, str], cwd: str) -> int:
    """Export the session file that --export names; a message is the output. Raises PiError."""
    words = [arguments.get("export"), *arguments.messages]
    if len(words) > 2:
        raise UsageError(f'--export takes a session and one output; "{words[2]}" is one too many')
    home = paths.home_dir(environ)
    source = paths.absolute(words[0], cwd, home)
    if not os.path.isfile(source):
        raise PiError(f"File not found: {source}")
    session = Session.open(source, is_read_only=True)
    mask = Mask(target.known_secrets(environ, paths.agent_dir(environ, cwd)))
    output, warnings = _output(words, cwd, home), session.warnings
    if output.endswith(".jsonl"):
        written = jsonl.export(session, output, mask)
    else:
        look, problems = look_for(arguments, environ, cwd)
        written = html.export(session, output, mask, look)
        warnings = [*warnings, *problems]
    for line in warnings:
        sys.stderr.write(f"Warning: {line}\n")
    if mask.count:
        sys.stderr.write(
            f"Masked {mask.count} that look like secrets; read it before you share it.\n"
        )
    shown = os.path.relpath(written, cwd) if len(words) == 1 else words[1]
    sys.stdout.write(f"Exported to: {shown}\n")
    return EXIT_OK


def _output(words: list[str], cwd: str, home: str) -> str:
    if len(words) == 2:
        return paths.absolute(words[1], cwd, home)
    return os.path.join(cwd, target.default_name(words[0], ""))
