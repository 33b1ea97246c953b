#!/usr/bin/env python3
"""Writes docs/settings.schema.json from the settings table.

python3 build/schema.py            write it if it is stale
python3 build/schema.py --check    change nothing; status 1 if it is stale
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pi.settings.schema import schema  # noqa: E402 - after the path

FILE = ROOT / "docs/settings.schema.json"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only say whether it is stale")
    is_check = parser.parse_args().check
    wanted = json.dumps(schema(), indent=2) + "\n"
    if FILE.is_file() and FILE.read_text("utf-8") == wanted:
        return 0
    if not is_check:
        FILE.write_text(wanted, "utf-8")
    print(f"{FILE.relative_to(ROOT)}: {'stale; run build/schema.py' if is_check else 'written'}")
    return 1 if is_check else 0


if __name__ == "__main__":
    sys.exit(main())
