#!/usr/bin/env python3
"""What decoding a streamed answer costs, for every wire format; beside a bare `json.loads` loop.

    python3 build/bench/decode.py
    python3 build/bench/decode.py --deltas 20000 --only anthropic-messages

The fake provider renders one long answer a format; its bytes are then decoded in this process, a
record a chunk, from framing to events. Printed are microseconds of CPU per small delta, the best of
five runs, the same for a loop that only parses the records' JSON, and the ratio of the two.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pi import sse  # noqa: E402 - after the path to it
from pi.messages import user_message  # noqa: E402
from pi.providers import registry  # noqa: E402
from pi.providers.draft import Draft  # noqa: E402
from pi.providers.handover import prepare  # noqa: E402
from pi.request import Options  # noqa: E402
from tests.fakeprovider import FakeProvider, models_config  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

RUNS = 5
SECRET = {"bearer": ("Authorization", "Bearer k"), "x-goog-api-key": ("x-goog-api-key", "k")}


def main() -> int:
    options = _options()
    print(f"{'format':<26}{'us/delta':>10}{'json.loads':>12}{'ratio':>8}")
    for model in _models():
        if options.only and model["api"] not in options.only.split(","):
            continue
        body = _body(model, options.deltas)
        records = [record + b"\n\n" for record in body.split(b"\n\n") if record]
        ours = _best(lambda: _decode(model, records)) / options.deltas  # noqa: B023 - called at once
        bare = _best(lambda: _parse(records)) / options.deltas  # noqa: B023
        row = f"{model['api']:<26}{ours * 1e6:>10.1f}{bare * 1e6:>12.1f}{ours / bare:>8.1f}"
        print(row, flush=True)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Cost of decoding a stream, per wire format.")
    parser.add_argument("--deltas", type=int, default=20_000)
    parser.add_argument("--only", default="", help="comma-separated wire formats")
    return parser.parse_args()


def _models() -> list[dict[str, Any]]:
    """The first model the fake provider has of every format framed as server-sent events."""
    with FakeProvider() as fake:
        config = models_config(fake)["providers"]
    found: dict[str, dict[str, Any]] = {}
    for provider, entry in config.items():
        for model in entry["models"]:
            api = model.get("api") or entry["api"]
            if api in registry.FORMATS and "bedrock" not in api:
                plain = {"name": model["id"], "reasoning": False, "input": ["text"], **model}
                found.setdefault(api, {"baseUrl": "", **entry, **plain, "provider": provider})
                found[api]["api"] = api
    return list(found.values())


def _body(model: dict[str, Any], deltas: int) -> bytes:
    """The bytes of an answer with so many deltas, as the fake provider sends them."""
    with FakeProvider([{"text": "word " * deltas, "split": "words"}], strict=False) as fake:
        entry = models_config(fake)["providers"][model["provider"]]
        model = {**model, "baseUrl": model["baseUrl"] and entry["baseUrl"]}
        context = prepare([user_message("hi", 0)], model)
        request = registry.load(model["api"]).encode(model, context, Options())
        headers = dict([*request.headers.items(), SECRET.get(request.auth, ("x-api-key", "k"))])
        asked = urllib.request.Request(request.url, request.body, headers, method="POST")
        with urllib.request.urlopen(asked) as response:
            return response.read()


def _decode(model: dict[str, Any], records: list[bytes]) -> None:
    draft = Draft(model, 0, lambda usage: usage)
    for event in registry.load(model["api"]).decode(sse.parse(iter(records)), draft):
        last = event
    if type(last).__name__ != "Done":
        raise SystemExit(f"{model['api']}: the answer did not end as it should: {last!r:.200}")


def _parse(records: list[bytes]) -> None:
    for record in records:
        data = record.partition(b"data: ")[2]
        if data.startswith(b"{"):
            json.loads(data)


def _best(work: Callable[[], None]) -> float:
    """CPU seconds of the quickest of a few runs."""
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    sys.exit(main())
