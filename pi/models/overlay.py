"""A newer catalogue over the one that ships, as `pi update --models` leaves it in the agent folder.

    save(agent_dir, {"openai": [{...model...}, ...]})     writes catalog/openai.json
    read = reader(agent_dir)
    read("models/openai.json")                            the newer file, else the one that ships

A file counts only for the version of pi that made it: a newer pi ships newer data. The format is
that of the data that ships (`catalog.py`), with the version before `defaults`.
"""

from __future__ import annotations

import json
import os

from pi import __version__, runtime
from pi.files import make_folder, read_bounded, replace_atomically

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pi.request import Model

MAX_BYTES = 32 * 1024 * 1024
_FOLDER = "catalog"
_PREFIX = "models/"
_START = f'{{"madeBy":{json.dumps(__version__)},"defaults":'.encode()
_END = b"\n]}\n"


def reader(
    agent_dir: str, ships: Callable[[str], bytes] = runtime.read_data
) -> Callable[[str], bytes]:
    """A function that gives the bytes of a data file: the newer one where there is a good one."""

    def read(name: str) -> bytes:
        if name.startswith(_PREFIX):
            newer = _newer(os.path.join(agent_dir, _FOLDER, name.removeprefix(_PREFIX)))
            if newer is not None:
                return newer
        return ships(name)

    return read


def save(agent_dir: str, models: Mapping[str, list[Model]]) -> None:
    """Write the files of some providers. Raises OSError."""
    folder = os.path.join(agent_dir, _FOLDER)
    make_folder(folder, 0o700)
    for provider, rows in models.items():
        replace_atomically(os.path.join(folder, f"{provider}.json"), _encoded(rows), mode=0o600)


def _newer(path: str) -> bytes | None:
    try:
        data = read_bounded(path, MAX_BYTES)
    except OSError:  # none, as for most users; what ships is always there
        return None
    return data if data.startswith(_START) and data.endswith(_END) else None


def _encoded(rows: list[Model]) -> bytes:
    lines = ",\n".join(
        json.dumps(
            {"id": row["id"], **{name: row[name] for name in row if name != "provider"}},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for row in rows
    )
    return _START + b'{},"models":[\n' + lines.encode() + _END
