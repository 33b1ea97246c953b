#!/usr/bin/env python3
"""Writes the JSON schemas in docs/ from the tables of the program.

python3 build/schema.py            write what is stale
python3 build/schema.py --check    change nothing; status 1 if one is stale
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pi.settings.schema import schema as settings_schema  # noqa: E402 - after the path
from pi.theme.schema import schema as theme_schema  # noqa: E402

FILES = {
    ROOT / "docs/settings.schema.json": settings_schema,
    ROOT / "docs/theme.schema.json": theme_schema,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    is_check = parser.parse_args().check
    stale = [path for path, schema in FILES.items() if not _is_fresh(path, schema())]
    for path in stale:
        if not is_check:
            path.write_text(_text(FILES[path]()), "utf-8")
        print(
            f"{path.relative_to(ROOT)}: {'stale; run build/schema.py' if is_check else 'written'}"
        )
    return 1 if is_check and stale else 0


def _is_fresh(path: Path, schema: dict[str, object]) -> bool:
    return path.is_file() and path.read_text("utf-8") == _text(schema)


def _text(schema: dict[str, object]) -> str:
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main())
