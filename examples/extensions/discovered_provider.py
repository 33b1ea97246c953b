"""A server that speaks a format pi knows, whose models are asked for when they are needed.

`refresh_models` is called when models are listed or chosen, and has a few seconds; where it fails,
what is wrong is told and everything else works. With PI_OFFLINE=1 only a server on this machine is
asked.

    export GATEWAY_URL=http://localhost:8000/v1 GATEWAY_KEY=...
    pi -e examples/extensions/discovered_provider.py --list-models gateway
"""

import json
import os
import urllib.request


def extend(pi):
    url = os.environ.get("GATEWAY_URL")
    if url is None:
        return
    pi.register_provider(
        "gateway",
        {
            "name": "Gateway",
            "base_url": url,
            "api_key": "$GATEWAY_KEY",
            "api": "openai-completions",
            "headers": {"X-Team": "tools"},
            "refresh_models": refresh,
        },
    )


def refresh(context):
    request = urllib.request.Request(f"{context.base_url}/models")
    request.add_header("Authorization", f"Bearer {context.api_key}")
    with urllib.request.urlopen(request, timeout=3) as response:
        rows = json.load(response)["data"]
    return [
        {
            "id": row["id"],
            "name": row.get("name", row["id"]),
            "context_window": row.get("context_length", 128_000),
        }
        for row in rows
    ]
