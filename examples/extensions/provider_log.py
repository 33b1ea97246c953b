"""Writes what goes to the provider and what comes back to a file, one JSON object a line.

Headers that carry keys are masked; prompts and answers are not, so keep the file to yourself.

    pi -e examples/extensions/provider_log.py --provider-log requests.jsonl -p "hi"
"""

import json
import time
from pathlib import Path

SECRET = ("authorization", "key", "token", "cookie", "secret")


def extend(pi):
    pi.register_flag("provider-log", type="string", description="Write requests to this file")

    def log(ctx, kind, **fields):
        path = pi.get_flag("provider-log")
        if path:
            line = json.dumps({"time": time.time(), "kind": kind, **fields}, ensure_ascii=False)
            with Path(ctx.cwd, path).open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    @pi.on("before_provider_headers")
    def headers(event, ctx):
        log(ctx, "headers", headers=masked(event.headers))

    @pi.on("before_provider_request")
    def payload(event, ctx):
        log(ctx, "request", payload=event.payload)  # nothing is returned: nothing changes

    @pi.on("after_provider_response")
    def response(event, ctx):
        log(ctx, "response", status=event.status, headers=masked(event.headers))

    @pi.on("provider_stream_event")
    def record(event, ctx):
        log(ctx, "record", model=event.model, data=event.data)


def masked(headers):
    return {
        name: "***" if any(sign in name.lower() for sign in SECRET) else value
        for name, value in headers.items()
    }
