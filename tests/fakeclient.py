"""A client of the fake provider for tests: plain HTTP, and a reader that follows the formats.

It is no part of pi on purpose: what it understands does not depend on what is tested.
"""

from __future__ import annotations

import http.client
import json
import socket

CHAT, CLAUDE = "openai-completions", "anthropic-messages"
PATHS = {CHAT: "/v1/chat/completions", CLAUDE: "/v1/messages"}


class Client:
    """One connection to a fake provider."""

    def __init__(self, fake, api):
        self.api = api
        self.http = http.client.HTTPConnection("127.0.0.1", fake.port, timeout=10)
        self._response = None

    def __enter__(self):
        return self

    def __exit__(self, *details):
        if self._response is not None:
            self._response.close()
        self.http.close()

    def post(self, body, **headers):
        given = {"content-type": "application/json", "anthropic-version": "2023-06-01", **headers}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.http.request("POST", PATHS[self.api], data, given)
        self._response = self.http.getresponse()
        return self._response

    def ask(self, text="hi", messages=None, **more):
        """(status, body text); raises what http.client raises."""
        response = self.post(request_body(text, messages, **more))
        return response.status, response.read().decode("utf-8", "replace")


class RawClient:
    """A socket that has sent one request; for reading every byte that comes."""

    def __init__(self, fake, api, **more):
        data = json.dumps(request_body(**more)).encode()
        head = [
            f"POST {PATHS[api]} HTTP/1.1",
            "content-type: application/json",
            "anthropic-version: 2023-06-01",
            "connection: close",
            f"content-length: {len(data)}",
        ]
        self.socket = socket.create_connection(("127.0.0.1", fake.port), 10)
        self.socket.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + data)

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self.socket.close()

    def read(self, silence_s=10):
        """What comes until the end, or until nothing has come for `silence_s`."""
        self.socket.settimeout(silence_s)
        got = b""
        try:
            while part := self.socket.recv(65536):
                got += part
        except TimeoutError:
            return got
        return got


def request_body(text="hi", messages=None, **more):
    """A streaming request for any format; an argument of None leaves its key out."""
    messages = messages or [{"role": "user", "content": text}]
    body = {"model": "m", "stream": True, "max_tokens": 4000, "messages": messages, **more}
    return {key: value for key, value in body.items() if value is not None}


def ask(fake, api, *arguments, **more):
    """(status, body text) of one request on a connection of its own."""
    with Client(fake, api) as client:
        return client.ask(*arguments, **more)


def records(text):
    """The JSON of every event, by the rules of the event stream format."""
    found = []
    for event in text.replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        lines = [line[5:].removeprefix(" ") for line in event.split("\n") if line[:5] == "data:"]
        if lines and lines != ["[DONE]"]:
            found.append(json.loads("\n".join(lines)))
    return found


def heard(api, text):
    """What a plain client understands: (text, thinking, calls, usage, whether it ended)."""
    return _heard_chat(text) if api == CHAT else _heard_claude(text)


def _heard_chat(text):
    said, thought, calls, usage, ended = "", "", {}, None, False
    for chunk in records(text):
        usage = chunk.get("usage") or usage
        for choice in chunk.get("choices", ()):
            delta = choice["delta"]
            said += delta.get("content") or ""
            thought += delta.get("reasoning_content") or ""
            ended = ended or choice["finish_reason"] is not None
            for call in delta.get("tool_calls", ()):
                row = calls.setdefault(call["index"], {"arguments": ""})
                row.update({key: call[key] for key in ("id",) if key in call})
                row["name"] = call["function"].get("name", row.get("name"))
                row["arguments"] += call["function"]["arguments"]
    return said, thought, list(calls.values()), usage, ended


def _heard_claude(text):
    blocks, usage, ended = {}, {}, False
    for event in records(text):
        kind = event["type"]
        if kind == "content_block_start":
            blocks[event["index"]] = {**event["content_block"], "parts": ""}
        elif kind == "content_block_delta":
            delta = event["delta"]
            part = delta.get("text") or delta.get("thinking") or delta.get("partial_json") or ""
            blocks[event["index"]]["parts"] += part
        elif kind == "message_start":
            usage.update(event["message"].get("usage") or {})
        elif kind == "message_delta":
            usage.update(event.get("usage") or {})
        ended = ended or kind == "message_stop"
    rows = list(blocks.values())
    said = "".join(row["parts"] for row in rows if row["type"] == "text")
    thought = "".join(row["parts"] for row in rows if row["type"] == "thinking")
    calls = [
        {"arguments": row["parts"], "id": row["id"], "name": row["name"]}
        for row in rows
        if row["type"] == "tool_use"
    ]
    return said, thought, calls, usage or None, ended
