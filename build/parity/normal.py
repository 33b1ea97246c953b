"""Making two observations comparable: what must differ between two runs gets one name.

Ids, times, durations, ports and folders become placeholders, numbered in the order they appear, so
that a wrong reference still shows. Our own words (the system prompt, descriptions of tools, texts
of errors, what goes to stderr) become a placeholder too: that they are there is compared, not how
they read.

    normal(observed)    {"run 1": {"status": 0, "stdout": "Hello.\\n", "stderr": ""},
                         "requests": [...], "sessions": [...], "files": {}}
"""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from parity.scenario import Observed

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d[:-]\d\d[:-]\d\d[.-]\d{3}Z")
LOG = re.compile(r"<folder>/tmp/pi-bash-[0-9a-f]{16}\.log")
AGENT = re.compile(r"pi/\d[\w.]* \([^)]*\)")
ENTRY_ID = re.compile(r"[0-9a-f]{8}")
SKILLS = re.compile(r"(<skills>\n).*?(\n\n<available_skills>)", re.DOTALL)
TAG = re.compile(r"<(tools|rules|docs)>\n.*?\n</\1>", re.DOTALL)

ENTRY_ID_KEYS = ("id", "parentId", "targetId", "fromId", "firstKeptEntryId")
NUMBER_KEYS = ("timestamp", "durationMs", "delayMs", "wall_time_seconds")
WORD_KEYS = ("errorMessage", "finalError", "description")
OWN_SECTIONS = ("preamble", "tools", "rules", "docs")
HEADERS = (
    "authorization",
    "x-api-key",
    "api-key",
    "content-type",
    "accept",
    "user-agent",
    "anthropic-version",
    "anthropic-beta",
    "anthropic-dangerous-direct-browser-access",
)
PLUMBING = re.compile(
    r"host|connection|content-length|transfer-encoding|accept-encoding|accept-language|"
    r"sec-fetch-.*|x-stainless-.*|user-agent"
)
"""Headers that belong to the HTTP library or the vendor's client library, not to the program."""


def normal(observed: Observed) -> dict[str, Any]:
    """What was observed, ready to be compared; see the module's head."""
    names = _Names(observed)
    found: dict[str, Any] = {}
    for number, (status, stdout, stderr) in enumerate(observed.runs, 1):
        found[f"run {number}"] = {
            "status": status,
            "stdout": names.value(_events(stdout)),
            "stderr": names.words(stderr.strip("\n")),
        }
    found["requests"] = [_request(request, names) for request in observed.requests]
    found["sessions"] = [
        {"path": names.text(path), "entries": names.value(_lines(content))}
        for path, content in observed.sessions
    ]
    found["files"] = {name: names.text(content) for name, content in observed.files.items()}
    return found


class _Names:
    """Replaces what differs between runs; remembers which id got which number."""

    def __init__(self, observed: Observed) -> None:
        self._fixed = [
            (f"{observed.folder}/agent", f"{observed.folder}/home/.pi/agent"),
            (observed.folder.replace("/", "-").lstrip("-"), "<folder>"),
            (observed.folder, "<folder>"),
            (observed.server.removeprefix("http://"), "<server>"),
        ]
        self._known: dict[str, str] = {}

    def text(self, text: str) -> str:
        """A string with placeholders."""
        for given, name in self._fixed:
            text = text.replace(given, name)
        text = UUID.sub(lambda match: self._number("uuid", match[0]), text)
        text = LOG.sub("<log>", TIME.sub("<time>", text))
        text = SKILLS.sub(r"\1<words>\2", text)
        return AGENT.sub("pi/<version>", text)

    def words(self, text: str) -> str:
        """A placeholder for a text of the program's own; "" stays."""
        return "<words>" if text else ""

    def value(self, value: Any, key: str = "") -> Any:
        """Any JSON value with placeholders; `key` is where it stands."""
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return [self.value(item, key) for item in value]
        if isinstance(value, str):
            if key in WORD_KEYS:
                return self.words(value)
            if key in ENTRY_ID_KEYS and ENTRY_ID.fullmatch(value):
                return self._number("entry", value)
            return self.text(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return f"<{key}>" if key in NUMBER_KEYS else round(value, 12)
        return value

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        found = {key: self.value(item, key) for key, item in value.items()}
        sections = found.get("sections")
        if isinstance(sections, dict):
            found["sections"] = {
                name: self._section(name, text, "tools" in sections)
                for name, text in sections.items()
            }
        return found

    def _section(self, name: str, text: Any, is_own: bool) -> Any:
        """A section of the prompt; all but these are the user's own words."""
        if not is_own or name not in OWN_SECTIONS or text is None:
            return text
        return self.words(text)

    def system(self, text: str) -> str:
        """The rendered prompt with our own words left out."""
        if TAG.search(text):
            text = re.sub(r"\A.*?(?=<tools>)", "<words>\n\n", text, flags=re.DOTALL)
            text = TAG.sub(r"<\1/>", text)
        return self.text(text)

    def _number(self, kind: str, value: str) -> str:
        if value not in self._known:
            count = sum(name.startswith(f"<{kind} ") for name in self._known.values())
            self._known[value] = f"<{kind} {count + 1}>"
        return self._known[value]


def _events(stdout: str) -> Any:
    """Standard output as events, if that is what it is."""
    if not stdout.startswith('{"type":"session"'):
        return stdout
    return _lines(stdout)


def _lines(text: str) -> list[Any]:
    return [_parsed(line) for line in text.split("\n") if line]


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line


def _request(request: dict[str, Any], names: _Names) -> dict[str, Any]:
    headers = request["headers"]
    body = names.value(request["body"])
    if isinstance(body, dict):
        _shorten_prompt(body, request["body"], names)
    return {
        "path": request["path"],
        "query": request["query"],
        "headers": {name: names.text(headers[name]) for name in HEADERS if name in headers},
        "other headers": {
            name: names.text(value)
            for name, value in sorted(headers.items())
            if name not in HEADERS and not PLUMBING.fullmatch(name)
        },
        "body": body,
    }


def _shorten_prompt(body: dict[str, Any], raw: dict[str, Any], names: _Names) -> None:
    """Leave our own words out of the prompt, wherever the wire format has it."""
    for block, given in zip(body.get("system") or [], raw.get("system") or [], strict=True):
        block["text"] = names.system(given["text"])
    for message, given in zip(body["messages"], raw["messages"], strict=True):
        if given.get("role") in ("system", "developer") and isinstance(given["content"], str):
            message["content"] = names.system(given["content"])
